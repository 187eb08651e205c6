#include "app/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

static err about(str path, err e) {
    str said = str_sub(path, 0, 60);
    str why = str_c(e.log);
    size_t colon = str_rfind(why, ':');
    return err_make(e.kind, e.what, e.text, "%.*s:%.*s", STR_ARG(said),
                    STR_ARG(colon == STR_NONE ? why : str_skip(why, colon + 1)));
}

static err read_all(int fd, size_t max, arena *a, str *out) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_errno("stat");
    if (S_ISDIR(info.st_mode))
        return err_make(ERR_PERM, ERR_UNSUPPORTED, "not a file", "read: is a directory");
    SCOPED_BUF bytes;
    buf_init(&bytes, max);
    for (;;) {
        char *to = buf_reserve(&bytes, bytes.n + 4096 <= max ? 4096 : max - bytes.n);
        ssize_t n = to ? read(fd, to, bytes.n + 4096 <= max ? 4096 : max - bytes.n) : 0;
        if (n < 0)
            return err_errno("read");
        if (n == 0)
            break;
        buf_commit(&bytes, (size_t)n);
        if (bytes.n == max)
            return err_make(ERR_PERM, ERR_LIMIT, "too large", "read: not smaller than %zu bytes", max);
    }
    *out = arena_str(a, buf_str(&bytes));
    return out->p ? OK : err_make(ERR_TEMP, ERR_LIMIT, "too large", "read: no room");
}

err file_read(str path, size_t max, arena *a, str *out) {
    SCOPED_FREE char *name = mem_strdup(path);
    SCOPED_FD fd = open(name, O_RDONLY | O_CLOEXEC);
    err e = fd < 0 ? err_errno("open") : read_all(fd, max, a, out);
    return failed(e) ? about(path, e) : OK;
}

static err write_all(int fd, str content) {
    while (content.n) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno("write");
        content = str_skip(content, (size_t)n);
    }
    return fsync(fd) == 0 ? OK : err_errno("sync");
}

err file_write(str path, str content, unsigned mode) {
    SCOPED_FREE char *name = mem_strdup(path);
    SCOPED_BUF fresh;
    buf_init(&fresh, path.n + 16);
    buf_addf(&fresh, "%s.new", name);
    buf_add_byte(&fresh, '\0');
    SCOPED_FD fd = open(fresh.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    err e = fd < 0 ? err_errno("create") : write_all(fd, content);
    if (!failed(e) && rename(fresh.p, name) != 0)
        e = err_errno("rename");
    if (failed(e) && fd >= 0)
        unlink(fresh.p);
    return failed(e) ? about(path, e) : OK;
}

err directory_make(str path, unsigned mode, arena *a) {
    char *name = arena_cstr(a, path);
    if (!name)
        return err_make(ERR_PERM, ERR_LIMIT, "path too long", "path too long");
    for (size_t i = 1; i < path.n; i++) {
        if (name[i] != '/')
            continue;
        name[i] = '\0';
        bool bad = mkdir(name, 0755) != 0 && errno != EEXIST;
        name[i] = '/';
        if (bad)
            return about(path, err_errno("mkdir"));
    }
    if (mkdir(name, mode) != 0 && errno != EEXIST)
        return about(path, err_errno("mkdir"));
    return OK;
}
