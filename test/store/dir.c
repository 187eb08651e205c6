#include "store/dir.h"

#include "kit.h"

#include <sys/stat.h>
#include <unistd.h>

static void makes_one_for_us_alone(void **state) {
    (void)state;
    char top[] = "/tmp/dir-XXXXXX", path[64], below[80];
    struct stat st;
    assert_non_null(mkdtemp(top));
    snprintf(path, sizeof path, "%s/made//", top);
    assert_ok(dir_make(str_c(path)));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_ok(dir_make(str_c(path))); /* again: as it is */
    snprintf(below, sizeof below, "%s/no/parent", top);
    assert_err(dir_make(str_c(below)), ERR_TEMP, ERR_NOT_FOUND);
    assert_int_equal(chdir(top), 0);
    assert_ok(dir_make(S("here")));
    assert_int_equal(rmdir("here"), 0);
    assert_int_equal(chdir("/"), 0);
    rmdir(path);
    rmdir(top);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(makes_one_for_us_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
