/* Tidy over small trees: one in which all is well, and copies of it in which one thing is wrong. */
#include "../../tools/tidy/tidy.h"

#include <ftw.h>
#include <sys/stat.h>

#include "../base/check.h"

typedef struct file {
    const char *path, *text;
} file;

static const file good_tree[] = {
    {"meson.build", "# werror=true '-Wvla'\n"},
    {"src/base/README.md", "# base\n"},
    {"src/base/meson.build", "base_src = files('a.c')\n"},
    {"src/base/a.h",
     "/* What it is for. */\n#ifndef GODWIT_BASE_A_H\n#define GODWIT_BASE_A_H\nint base_a(void);\n#endif\n"},
    {"src/base/a.c", "#include \"base/a.h\"\n\n#include <string.h>\n\nint base_a(void) { return 1; }\n"},
    {"src/net/README.md", "# net\n"},
    {"src/net/meson.build", "net_src = files('n.c')\n"},
    {"src/net/n.c", "#include \"base/a.h\"\n#include <sys/socket.h>\n#include <uv.h>\n"},
    {"test/base/meson.build", "foreach name : ['a']\n"},
    {"test/base/a.c", "#include \"base/a.h\"\n"},
    {"test/net/meson.build", "executable('n.c')\n"},
    {"test/net/n.c", "int main(void) { return 0; }\n"},
};

static char root[64];

static int make_root(void **state) {
    snprintf(root, sizeof root, "%s", "/tmp/godwit-tidy-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where) { return remove(path); }

static int remove_root(void **state) { return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS); }

static void path_in_root(char *out, size_t n, const char *path) {
    assert_true((size_t)snprintf(out, n, "%s/%s", root, path) < n);
}

static void write_file(const char *path, str text) {
    char full[256];
    path_in_root(full, sizeof full, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdir(full, 0755);
    }
    FILE *f = fopen(full, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    fclose(f);
}

static void remove_file(const char *path) {
    char full[256];
    path_in_root(full, sizeof full, path);
    assert_int_equal(unlink(full), 0);
}

static void write_good_tree(void) {
    for (size_t i = 0; i < sizeof good_tree / sizeof *good_tree; i++)
        write_file(good_tree[i].path, str_c(good_tree[i].text));
}

/* Exactly one rule must fail, and say so with this line. NULL: none may. */
static void check_tidy(const char *expected) {
    SCOPED_BUF out;
    buf_init(&out, 1 << 20);
    bool clean = tidy_run(root, false, &out);
    int failed_rules = 0;
    for (str rest = buf_str(&out), line; str_cut_line(&rest, &line);)
        failed_rules += str_starts(line, S("not ok "));
    bool said = !expected || str_find_str(buf_str(&out), str_c(expected)) != STR_NONE;
    if (clean != !expected || failed_rules != (expected ? 1 : 0) || !said)
        fail_msg("expected %s, got\n%.*s", expected ? expected : "nothing", STR_ARG(buf_str(&out)));
}

/* Wrong in one file; then the file as it was again, and all is well. */
static void check_wrong(const char *path, str text, const char *expected) {
    write_file(path, text);
    check_tidy(expected);
    remove_file(path);
    write_good_tree();
    check_tidy(NULL);
}

/* The same for a source that is listed, tested, and of a folder with everything. */
static void check_source(str text, const char *expected) { check_wrong("src/base/a.c", text, expected); }

static void all_is_well(void **state) {
    write_good_tree();
    check_tidy(NULL);
    write_file("src/base/.hidden.c", S("\tint bad; \n"));
    write_file("build/generated.c", S("\tint bad; \n"));
    write_file("test/fuzz/corpus/a/seed.txt", S("\tbad \r\n"));
    check_tidy(NULL);
}

static void no_tree(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_false(tidy_run("/nonexistent", false, &out));
    assert_true(str_find_str(buf_str(&out), S("Bail out!")) != STR_NONE);
}

static void layers(void **state) {
    write_good_tree();
    write_file("src/net/n.h", S("/* N. */\n#ifndef GODWIT_NET_N_H\n#define GODWIT_NET_N_H\n#endif\n"));
    check_source(S("#include \"net/n.h\"\n"), "# src/base/a.c:1: base may not include net\n");
    check_source(S("\n#  include \"base/b.h\"\n"),
                 "# src/base/a.c:2: includes \"base/b.h\", which is not below src/\n");
    check_source(S("#include \"a.h\"\n"), "# src/base/a.c:1: includes \"a.h\", which is not below src/\n");
    check_source(S("/*\n#include \"net/n.h\"\n*/\n// #include \"net/n.h\"\n"), NULL);
    write_file("src/cellar/README.md", S("# cellar\n"));
    check_wrong("src/cellar/x.h", S("/* X. */\n#ifndef GODWIT_CELLAR_X_H\n#define GODWIT_CELLAR_X_H\n#endif\n"),
                "# src/cellar/x.h:1: the folder has no layer");
}

/* Neighbours on one floor do not know each other; ctl knows app. */
static void layers_of_neighbours(void **state) {
    static const struct {
        const char *from, *to;
        bool may;
    } cases[] = {
        {"mime", "net", false},  {"net", "mime", false},  {"trust", "store", false}, {"auth", "queue", false},
        {"mail", "queue", true}, {"smtp", "imap", false}, {"relay", "smtp", true},   {"smtp", "relay", false},
        {"ctl", "app", true},    {"app", "ctl", false},   {"store", "mime", true},   {"mime", "store", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out, path, text, target, target_text;
        buf_init(&out, 1 << 20);
        buf_init(&path, 100);
        buf_init(&text, 100);
        buf_init(&target, 100);
        buf_init(&target_text, 100);
        buf_addf(&path, "src/%s/from.c%c", cases[i].from, 0);
        buf_addf(&text, "#include \"%s/to.h\"\n", cases[i].to);
        buf_addf(&target, "src/%s/to.h%c", cases[i].to, 0);
        write_file(path.p, buf_str(&text));
        write_file(target.p, S("/* To. */\n"));
        tidy_run(root, false, &out);
        assert_int_equal(str_find_str(buf_str(&out), S(" may not include ")) == STR_NONE, cases[i].may);
        remove_file(path.p);
        remove_file(target.p);
    }
}

static void shape_of_the_tree(void **state) {
    write_good_tree();
    remove_file("test/base/a.c");
    check_tidy("# src/base/a.c:1: has no test: test/base/a.c\n");
    write_good_tree();
    remove_file("src/net/README.md");
    check_tidy("the folder has no README.md\n");
    write_good_tree();
    write_file("src/net/meson.build", S("net_src = files('nn.c', 'n.cc')\n"));
    check_tidy("# src/net/n.c:1: is not listed in src/net/meson.build\n");
    write_good_tree();
    write_file("test/base/meson.build", S("foreach name : ['b']\n"));
    check_tidy("# test/base/a.c:1: is not listed in test/base/meson.build\n");
    remove_file("test/base/meson.build");
    check_tidy("# test/base/a.c:1: is not listed in any meson.build\n");
    write_good_tree();
    check_tidy(NULL);
}

/* A room of a file may share its test; commands of the program are run elsewhere, if there is such a place. */
static void shared_shadows(void **state) {
    write_good_tree();
    write_file("src/net/meson.build", S("'n.c', 'n_room.c', 'n_room_closet.c', 'nn_room.c'\n"));
    write_file("src/net/n_room.c", S("\n"));
    write_file("src/net/n_room_closet.c", S("\n"));
    check_tidy(NULL);
    write_file("src/net/nn_room.c", S("\n"));
    check_tidy("# src/net/nn_room.c:1: has no test: test/net/nn_room.c\n");
    remove_file("src/net/nn_room.c");
    write_file("src/ctl/c.c", S("\n"));
    write_file("src/ctl/meson.build", S("'c.c'\n"));
    write_file("src/ctl/README.md", S("# ctl\n"));
    check_tidy("# src/ctl/c.c:1: has no test: test/ctl/c.c\n");
    write_file("test/system/ctl.py", S("\n"));
    check_tidy(NULL);
}

static void file_sizes(void **state) {
    write_good_tree();
    SCOPED_BUF text, out;
    buf_init(&text, 10000);
    buf_init(&out, 10000);
    for (int i = 0; i < 600; i++)
        buf_add(&text, S("int a;\n"));
    check_source(buf_str(&text), NULL);
    write_file("src/base/a.c", buf_str(&text));
    assert_true(tidy_run(root, true, &out));
    assert_true(str_find_str(buf_str(&out), S("# hint: src/base/a.c has 600 lines")) != STR_NONE);
    buf_add(&text, S("int a;\n"));
    check_source(buf_str(&text), "# src/base/a.c:1: has 601 lines, more than 600\n");
}

/* A function of so many lines in all, some of them in a table, behind other things that have braces. */
static void write_function(buf *text, int lines, int table) {
    buf_clear(text);
    buf_add(
        text,
        S("#define MACRO \\\n    do { \\\n    } while (0)\nstruct s {\n    int a;\n};\n"
          "static const int table[] = {\n    1,\n};\n\nstatic int long_one(int a,\n                    int b) {\n"));
    if (table) {
        buf_add(text, S("    static const char *const rows[] = {\n"));
        for (int i = 0; i < table - 2; i++)
            buf_add(text, S("        \"}\",\n"));
        buf_add(text, S("    };\n"));
    }
    for (int i = 0; i < lines - table - 3; i++)
        buf_add(text, i % 2 ? S("    }\n") : S("    if (a == '{') {\n"));
    buf_add(text, S("}\n"));
}

static void function_sizes(void **state) {
    write_good_tree();
    SCOPED_BUF text;
    buf_init(&text, 10000);
    write_function(&text, 61, 0);
    check_source(buf_str(&text), "# src/base/a.c:11: long_one() has 61 lines, more than 60\n");
    write_function(&text, 59, 0);
    check_source(buf_str(&text), NULL);
    write_function(&text, 159, 100); /* a table does not count */
    check_source(buf_str(&text), NULL);
    write_function(&text, 175, 100);
    check_source(buf_str(&text), "long_one() has 76 lines");
}

static void rooms(void **state) {
    write_good_tree();
    check_source(S("void f(void) { strcpy(a, b); }\n"),
                 "# src/base/a.c:1: strcpy has no place here: use str and buf\n");
    check_source(S("void f(void) {\n    int *p = malloc (4);\n}\n"), "# src/base/a.c:2: malloc has no place here");
    check_source(S("void f(void) { prctl(1); }\n"), "prctl has no place here: use app/drop.h");
    check_source(S("void f(void) { seccomp_load(1); }\n"), "seccomp_load has no place here");
    check_source(S("void f(void) { x->time(1); x.time(2); time_wall(); int time; }\n"), NULL);
    check_source(S("void f(void) { g(\"strcpy(a)\"); /* strcpy(b) */ }\n"), NULL);
    check_source(S("#include <linux/landlock.h>\n"), "<linux/landlock.h> has no place here");
    check_source(S("#include <sys/socket.h>\n"), NULL);
    check_wrong("src/net/n.c", S("#include <sqlite3.h>\n"), "# src/net/n.c:1: <sqlite3.h> has no place here");
    check_wrong("tools/t.c", S("int f(void) { return atoi(a); }\n"), "# tools/t.c:1: atoi has no place here");
    check_wrong("meson.build", S("# '-Wvla'\n"), "must build with -Wvla");
}

static void linux_room(void **state) {
    write_good_tree();
    write_file("src/app/README.md", S("# app\n"));
    write_file("src/app/meson.build", S("'drop.c'\n"));
    write_file("test/app/meson.build", S("'drop.c'\n"));
    write_file("test/app/drop.c", S("\n"));
    write_file("src/app/drop.c", S("#include <linux/landlock.h>\nint f(void) { return syscall(1); }\n"));
    check_tidy(NULL);
}

static void statements(void **state) {
    write_good_tree();
    const char *said = "a statement is built by a format";
    check_source(S("f(\"SELECT a FROM b WHERE c = '%s'\");\n"), said);
    check_source(S("f(\"SELECT a \"\n  \"FROM b\"\n  \" LIMIT %lld\");\n"), said);
    check_source(S("f(\"INSERT INTO a VALUES (%d)\");\n"), said);
    check_source(S("f('\"', \"UPDATE a SET b = %-5.3zu\");\n"), said);
    check_source(S("f(\"DELETE FROM a\", \" %s\");\n"), NULL); /* two literals */
    check_source(S("f(\"SELECT a FROM b WHERE c = ?1 AND d %% 2\");\n"), NULL);
    check_source(S("f(\"%s OK SELECT completed\");\n"), NULL);
    check_source(S("/* \"SELECT a FROM b WHERE %s\" */\n"), NULL);
}

static void scopes(void **state) {
    write_good_tree();
    const char *said = "may not be initialised by then";
    check_source(S("{\n    SCOPED_BUF b;\n    buf_init(&b, 1);\n}\n"), NULL);
    check_source(S("{\n    SCOPED_BUF a, b;\n    int c = 1;\n    buf_init(&a, c);\n    buf_init(&b, 1);\n}\n"), NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    if (!clean(&b, 1))\n        return;\n}\n"), NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    s x = {1};\n    err e = f(x, &b, 2);\n    return e;\n}\n"), NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    for (i = 0; i < 5; i++)\n        a[i] = i;\n    buf_init(&b, 2);\n}\n"),
                 NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    if (x) {\n        y();\n    }\n    buf_init(&b, 2);\n}\n"), NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    if (x) {\n        y();\n        buf_init(&b, 2);\n    }\n}\n"), said);
    check_source(S("{\n    SCOPED_FD fd = f();\n    SCOPED_FREE char *p = NULL;\n    return 1;\n}\n"), NULL);
    check_source(S("#define SCOPED_BUF __attribute__((cleanup(buf_free))) buf\nint a;\n"), NULL);
    check_source(S("{\n    SCOPED_BUF b;\n    if (c)\n        buf_init(&b, 1);\n}\n"), "# src/base/a.c:2: b is freed");
    check_source(S("{\n    SCOPED_BUF a, b;\n    buf_init(&a, 1);\n    TRY(f());\n    buf_init(&b, 1);\n}\n"),
                 "# src/base/a.c:2: b is freed");
    check_source(S("{\n    SCOPED_ARENA a;\n    return;\n    arena_init(&a, 1);\n}\n"), said);
    check_source(S("{\n    SCOPED_FREE char *p;\n}\n"), said);
    check_source(S("{\n    SCOPED_BUF b;\n    buf_init(&bb, 1);\n}\n"), said);
}

static void text(void **state) {
    write_good_tree();
    check_source(S("int\ta;\n"), "# src/base/a.c:1: a tab\n");
    check_source(S("int a; \n"), "blanks at the end of the line");
    check_source(S("int a;\r\n"), "the line ends with CR LF");
    check_source(S("int a;"), "the last line has no end");
    check_source(S("/* \xff */\n"), "is not UTF-8");
    /* written so that this file does not hold what it looks for */
    check_source(S("/* T\117DO: later */\n"), "T\117DO: finish it");
    check_source(S("/* FIX\115E */\n"), "finish it");
    check_source(S("/* T\117DOS, mkstemp(\"XXXXXX\") */\n"), NULL);
    check_wrong("docs/a.md", S("# a \n"), "# docs/a.md:1: blanks at the end of the line\n");
    SCOPED_BUF line;
    buf_init(&line, 1000);
    buf_add(&line, S("/* "));
    for (int i = 0; i < 114; i++)
        buf_add(&line, S("\xc3\xa9")); /* columns, not bytes */
    buf_add(&line, S(" */\n"));
    check_source(buf_str(&line), NULL);
    buf_truncate(&line, line.n - 1);
    buf_add(&line, S(" \\\n"));
    check_source(buf_str(&line), "has 122 columns, more than 120");
}

static void header_guards(void **state) {
    write_good_tree();
    check_wrong("src/base/a.h", S("/* A. */\n#pragma once\n"), "# src/base/a.h:1: has no guard GODWIT_BASE_A_H\n");
    check_wrong("src/base/a.h", S("#ifndef GODWIT_BASE_A_H\n#define GODWIT_BASE_A_H\n#endif\n"),
                "does not begin with what it is for");
    check_wrong("test/base/c.h", S("/* C. */\n#ifndef GODWIT_BASE_C_H\n#define GODWIT_BASE_C_H\n#endif\n"),
                "has no guard GODWIT_TEST_BASE_C_H");
}

static void masks(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    static const struct {
        str text, code, plain;
    } cases[] = {
        {{"a /* b */ c", 11}, {"a         c", 11}, {"a         c", 11}},
        {{"a // b\nc", 8}, {"a     \nc", 8}, {"a     \nc", 8}},
        {{"f(\"a\\\"b\") /**/;", 16}, {"f(\"    \")     ;", 16}, {"f(\"a\\\"b\")     ;", 16}},
        {{"'\"' \"'\" x", 9}, {"' ' \" \" x", 9}, {"'\"' \"'\" x", 9}},
        {{"\"/*\" a", 6}, {"\"  \" a", 6}, {"\"/*\" a", 6}},
        {{"/* \"\n */ a", 10}, {"    \n    a", 10}, {"    \n    a", 10}},
        {{"/*/ a */ b", 10}, {"         b", 10}, {"         b", 10}},
        {{"/* open", 7}, {"       ", 7}, {"       ", 7}},
        {{"\"open\nint a", 11}, {"\"    \nint a", 11}, {"\"open\nint a", 11}},
        {{"a\\", 2}, {"a\\", 2}, {"a\\", 2}},
        {{"\"\\", 2}, {"\" ", 2}, {"\"\\", 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_str(code_mask(&a, cases[i].text, false), cases[i].code);
        assert_str(code_mask(&a, cases[i].text, true), cases[i].plain);
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        TEST(all_is_well),
        TEST(no_tree),
        TEST(layers),
        TEST(layers_of_neighbours),
        TEST(shape_of_the_tree),
        TEST(shared_shadows),
        TEST(file_sizes),
        TEST(function_sizes),
        TEST(rooms),
        TEST(linux_room),
        TEST(statements),
        TEST(scopes),
        TEST(text),
        TEST(header_guards),
        TEST(masks),
    };
    return cmocka_run_group_tests_name("tidy", tests, NULL, NULL);
}
