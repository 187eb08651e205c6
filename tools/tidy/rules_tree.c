/* Rules about the shape of the tree: layers, shadows, what every folder has. */
#include "tidy.h"

/* The floors of the house: a folder includes itself and what lies on a lower floor. */
static const struct {
    const char *folder;
    int layer;
} layers[] = {
    {"base", 0}, {"net", 1},   {"mime", 1},  {"store", 2}, {"trust", 2}, {"auth", 3},
    {"hook", 3}, {"queue", 3}, {"mail", 4},  {"smtp", 5},  {"imap", 5},  {"pop3", 5},
    {"http", 5}, {"api", 6},   {"relay", 6}, {"app", 7},   {"ctl", 7},
};

static int layer_of(str folder) {
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (str_eq(folder, str_c(layers[i].folder)))
            return layers[i].layer;
    return -1;
}

static bool may_include(str from, str to) {
    if (str_eq(from, to) || (str_eq(from, S("ctl")) && str_eq(to, S("app"))))
        return true;
    return layer_of(to) >= 0 && layer_of(to) < layer_of(from);
}

static void check_includes(const tree *t, const source *file, findings *f) {
    str from = path_folder_of_src(file->path), rest = file->plain, line, path;
    while (str_cut_line(&rest, &line)) {
        if (!code_include(line, &path) || path.p[0] != '"')
            continue;
        path = str_sub(path, 1, path.n - 2);
        size_t at = (size_t)(line.p - file->plain.p), slash = str_find(path, '/');
        str to = str_sub(path, 0, slash == STR_NONE ? 0 : slash);
        SCOPED_BUF full;
        buf_init(&full, 1000);
        buf_addf(&full, "src/%.*s", STR_ARG(path));
        if (!tree_find(t, buf_str(&full)))
            finding_add(f, file, at, "includes \"%.*s\", which is not below src/", STR_ARG(path));
        else if (!may_include(from, to))
            finding_add(f, file, at, "%.*s may not include %.*s", STR_ARG(from), STR_ARG(to));
    }
}

void rule_layers(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!path_is_below(file->path, S("src")) || !path_is_c(file->path))
            continue;
        str folder = path_folder_of_src(file->path);
        if (layer_of(folder) < 0)
            finding_add(f, file, 0, "the folder has no layer: give it one in tools/tidy/rules_tree.c");
        else
            check_includes(t, file, f);
    }
}

/* Sources that neither have a test of their own name nor are rooms of a tested file: what covers them (a file, or a
 * folder with something in it), and why. A star at the end of a source stands for anything. */
static const struct {
    const char *path, *test, *reason;
} covered_elsewhere[] = {
    {"src/store/sqlite/*", "test/store/conformance.c", "one suite runs against every backend"},
    {"src/imap/cmd*", "test/chat/imap/", "a command is its dialogue: transcripts, in process and over TLS"},
    {"src/ctl/*", "test/system/", "whole commands, run as the operator runs them"},
    {"src/app/control.c", "test/system/test_processes.py", "a process with its walls, asked from outside"},
    {"src/app/supervise.c", "test/system/test_processes.py", "a parent whose child dies"},
    {"src/app/outbound.c", "test/system/test_relay.py", "queue and relay put together"},
    {"src/app/server.c", "test/chat/", "every transcript starts one"},
    {"src/app/services.c", "test/chat/", "every transcript speaks with one"},
};

static bool matches(str path, str pattern) {
    bool open = str_ends(pattern, S("*"));
    return open ? str_starts(path, str_sub(pattern, 0, pattern.n - 1)) : str_eq(path, pattern);
}

/* Whether there is a file for this path below `top` ("src" or "test") with this end. */
static bool exists(const tree *t, const char *top, str below, const char *end) {
    SCOPED_BUF path;
    buf_init(&path, 1000);
    buf_addf(&path, "%s/%.*s%s", top, STR_ARG(below), end);
    return tree_find(t, buf_str(&path)) != NULL;
}

static bool has_below(const tree *t, str path) {
    for (size_t i = 0; i < t->n; i++)
        if (str_starts(t->files[i].path, path))
            return true;
    return false;
}

/* "net/conn_event" is a room of "net/conn" when that is a source of ours, and then may be tested with it. */
static bool is_tested(const tree *t, str path) {
    str whole = str_sub(path, strlen("src/"), path.n - strlen("src/.c")), unit = whole;
    if (exists(t, "test", whole, ".c"))
        return true;
    for (size_t at; (at = str_rfind(unit, '_')) != STR_NONE && !str_has_byte(str_skip(unit, at), '/');) {
        unit = str_sub(unit, 0, at);
        if ((exists(t, "src", unit, ".h") || exists(t, "src", unit, ".c")) && exists(t, "test", unit, ".c"))
            return true;
    }
    for (size_t i = 0; i < sizeof covered_elsewhere / sizeof *covered_elsewhere; i++)
        if (matches(path, str_c(covered_elsewhere[i].path)))
            return has_below(t, str_c(covered_elsewhere[i].test));
    return false;
}

void rule_shadows(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (path_is_below(file->path, S("src")) && str_ends(file->path, S(".c")) && !is_tested(t, file->path))
            finding_add(f, file, 0, "has no test: test%.*s", STR_ARG(str_skip(file->path, strlen("src"))));
    }
}

/* Calls `each` once for every folder of src/, with one of its files. */
static void each_folder(const tree *t, findings *f,
                        void (*each)(const tree *t, findings *f, const source *any, str folder)) {
    str last = S("");
    for (size_t i = 0; i < t->n; i++) {
        str folder = path_folder_of_src(t->files[i].path);
        if (folder.n && !str_eq(folder, last))
            each(t, f, &t->files[i], folder);
        last = folder;
    }
}

static void check_readme(const tree *t, findings *f, const source *any, str folder) {
    SCOPED_BUF path;
    buf_init(&path, 1000);
    buf_addf(&path, "src/%.*s/README.md", STR_ARG(folder));
    if (!tree_find(t, buf_str(&path)))
        finding_add(f, any, 0, "the folder has no README.md");
}

void rule_readmes(const tree *t, findings *f) { each_folder(t, f, check_readme); }

/* Whether a meson.build names 'x.c', or 'x' for a loop that adds the end. */
static bool listed(const source *build, str name) {
    SCOPED_BUF quoted;
    buf_init(&quoted, 1000);
    buf_addf(&quoted, "'%.*s'", STR_ARG(name));
    bool whole = str_find_str(build->text, buf_str(&quoted)) != STR_NONE;
    buf_clear(&quoted);
    buf_addf(&quoted, "'%.*s'", STR_ARG(str_sub(name, 0, name.n - 2)));
    return whole || str_find_str(build->text, buf_str(&quoted)) != STR_NONE;
}

/* A source that nobody compiles is dead, and a test that nobody runs says nothing. The listing of src/x/y/z.c is
 * src/x/meson.build, or nearer. */
static void check_listed(const tree *t, const source *file, findings *f) {
    str folder = str_sub(file->path, 0, str_rfind(file->path, '/'));
    for (; str_has_byte(folder, '/'); folder = str_sub(folder, 0, str_rfind(folder, '/'))) {
        SCOPED_BUF build;
        buf_init(&build, 1000);
        buf_addf(&build, "%.*s/meson.build", STR_ARG(folder));
        const source *listing = tree_find(t, buf_str(&build));
        if (!listing)
            continue;
        if (!listed(listing, str_skip(file->path, folder.n + 1)))
            finding_add(f, file, 0, "is not listed in %.*s", STR_ARG(buf_str(&build)));
        return;
    }
    finding_add(f, file, 0, "is not listed in any meson.build");
}

void rule_listed(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        str path = t->files[i].path;
        if (str_ends(path, S(".c")) && (path_is_below(path, S("src")) || path_is_below(path, S("test"))))
            check_listed(t, &t->files[i], f);
    }
}
