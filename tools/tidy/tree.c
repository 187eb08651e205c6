#include "tidy.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    TREE_MEMORY = 256 * 1024 * 1024,
    TREE_FILES = 20000,
    TREE_DEPTH = 16,
    FILE_MOST = 4 * 1024 * 1024,
};

bool path_is_c(str path) { return str_ends(path, S(".c")) || str_ends(path, S(".h")); }

bool path_is_below(str path, str folder) {
    return path.n > folder.n && str_starts(path, folder) && path.p[folder.n] == '/';
}

str path_folder_of_src(str path) {
    if (!path_is_below(path, S("src")))
        return S("");
    str folder, rest = str_skip(path, 4);
    str_cut(&rest, '/', &folder);
    return rest.p ? folder : S("");
}

/* Not ours to judge: hidden files, what a build leaves, inputs of tests. */
static bool skipped(str path, str name) {
    static const char *const data[] = {"test/fuzz/corpus", "test/data", "node_modules", "demo", "__pycache__"};
    if (str_starts(name, S(".")) || str_starts(path, S("build")))
        return true;
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        if (str_eq(path, str_c(data[i])) || str_eq(name, str_c(data[i])))
            return true;
    return false;
}

static err read_file(tree *t, int folder, const char *name, size_t size, str *text) {
    SCOPED_FD fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(name);
    char *p = arena_alloc(&t->memory, size + 1);
    if (!p)
        return err_make(ERR_PERM, ERR_LIMIT, "tree too large", "%s: tree too large", name);
    ssize_t n = read(fd, p, size);
    if (n < 0)
        return err_errno(name);
    *text = (str){p, (size_t)n};
    return OK;
}

static err add_file(tree *t, int folder, str path, const char *name, size_t size) {
    if (t->n == TREE_FILES)
        return err_make(ERR_PERM, ERR_LIMIT, "too many files", "more than %d files", TREE_FILES);
    source *file = &t->files[t->n++];
    file->path = path;
    TRY(read_file(t, folder, name, size < FILE_MOST ? size : FILE_MOST, &file->text));
    if (path_is_c(path)) {
        file->code = code_mask(&t->memory, file->text, false);
        file->plain = code_mask(&t->memory, file->text, true);
    }
    return OK;
}

static err load_folder(tree *t, int parent, const char *name, str path, int depth);

static err load_entry(tree *t, int folder, str path, const char *name, int depth) {
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return OK; /* gone meanwhile */
    str below = path.n ? arena_strf(&t->memory, "%.*s/%s", STR_ARG(path), name) : arena_str(&t->memory, str_c(name));
    if (!below.p)
        return err_make(ERR_PERM, ERR_LIMIT, "tree too large", "%s: tree too large", name);
    if (skipped(below, str_c(name)))
        return OK;
    if (S_ISDIR(st.st_mode))
        return load_folder(t, folder, name, below, depth + 1);
    return S_ISREG(st.st_mode) ? add_file(t, folder, below, name, (size_t)st.st_size) : OK;
}

static err load_folder(tree *t, int parent, const char *name, str path, int depth) {
    if (depth > TREE_DEPTH)
        return err_make(ERR_PERM, ERR_LIMIT, "folders too deep", "%s: folders too deep", name);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(name);
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return err_errno(name);
    }
    err e = OK;
    for (struct dirent *entry; !failed(e) && (entry = readdir(folder));)
        e = load_entry(t, fd, path, entry->d_name, depth);
    closedir(folder);
    return e;
}

static int by_path(const void *a, const void *b) {
    return str_cmp(((const source *)a)->path, ((const source *)b)->path);
}

err tree_load(tree *t, const char *root) {
    *t = (tree){0};
    arena_init(&t->memory, TREE_MEMORY);
    t->files = mem_array(TREE_FILES, sizeof *t->files);
    TRY(load_folder(t, AT_FDCWD, root, S(""), 0));
    qsort(t->files, t->n, sizeof *t->files, by_path);
    return OK;
}

void tree_free(tree *t) {
    free(t->files);
    arena_free(&t->memory);
}

const source *tree_find(const tree *t, str path) {
    const source wanted = {.path = path};
    return bsearch(&wanted, t->files, t->n, sizeof *t->files, by_path);
}
