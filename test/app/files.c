#include "app/files.h"

#include <sys/stat.h>

#include "../base/check.h"

static char folder[] = "/tmp/godwit-files-XXXXXX";
static arena memory;

static str in_folder(const char *name) { return arena_strf(&memory, "%s/%s", folder, name); }

static int setup(void **state) {
    arena_init(&memory, 1 << 20);
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    SCOPED_BUF command;
    buf_init(&command, 100);
    buf_addf(&command, "rm -rf %s", folder);
    buf_add_byte(&command, '\0');
    arena_free(&memory);
    return system(command.p);
}

static void what_is_written_is_read(void **state) {
    str got;
    struct stat info;
    assert_false(failed(file_write(in_folder("a"), S("first\n"), 0600)));
    assert_false(failed(file_write(in_folder("a"), S("second\n"), 0600)));
    assert_false(failed(file_read(in_folder("a"), 100, &memory, &got)));
    assert_str(got, S("second\n"));
    assert_int_equal(stat(in_folder("a").p, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_not_equal(access(in_folder("a.new").p, F_OK), 0);
}

static void a_fault_names_the_file(void **state) {
    str got;
    err e = file_read(in_folder("absent"), 100, &memory, &got);
    assert_int_equal(e.what, ERR_NOT_FOUND);
    assert_true(str_find_str(str_c(e.log), S("absent")) != STR_NONE);
    assert_true(failed(file_read(str_c(folder), 100, &memory, &got)));
    assert_false(failed(file_write(in_folder("big"), S("0123456789"), 0600)));
    assert_int_equal(file_read(in_folder("big"), 10, &memory, &got).what, ERR_LIMIT);
    assert_false(failed(file_read(in_folder("big"), 11, &memory, &got)));
}

static void parents_are_made(void **state) {
    struct stat info;
    assert_false(failed(directory_make(in_folder("x/y/z"), 0700, &memory)));
    assert_false(failed(directory_make(in_folder("x/y/z"), 0700, &memory)));
    assert_int_equal(stat(in_folder("x/y/z").p, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_true(failed(directory_make(in_folder("big/below"), 0700, &memory)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_fault_names_the_file),
        cmocka_unit_test(parents_are_made),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
