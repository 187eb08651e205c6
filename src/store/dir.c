#include "store/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static str parent_of(str path) {
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t slash = str_rfind(path, '/');
    return slash == STR_NONE ? S(".") : slash == 0 ? S("/") : str_sub(path, 0, slash);
}

err dir_make(str path) {
    SCOPED_FREE char *z = mem_strdup(path), *above = mem_strdup(parent_of(path));
    if (mkdir(z, 0700) != 0)
        return errno == EEXIST ? OK : err_errno("make a directory");
    SCOPED_FD parent = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return parent >= 0 && fsync(parent) == 0 ? OK : err_errno("make a directory durable");
}
