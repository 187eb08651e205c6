#include "base/mem.h"

#include <errno.h>

#include "check.h"

static void zeroed(void **state) {
    for (size_t n = 0; n < 5000; n += 499) {
        SCOPED_FREE char *p = mem_alloc(n);
        assert_non_null(p);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
    }
    SCOPED_FREE char *none = mem_array(0, 8);
    assert_non_null(none);
}

static void grows(void **state) {
    SCOPED_FREE int *p = mem_grow(NULL, 2, sizeof *p);
    p[1] = 42;
    p = mem_grow(p, 2000, sizeof *p);
    assert_int_equal(p[1], 42);
    SCOPED_FREE char *copy = mem_strdup(S("a\0b"));
    assert_memory_equal(copy, "a\0b", 4);
}

static volatile size_t huge = SIZE_MAX / 2; /* volatile: the compiler shall not see what we try */

static void overflow_array(void) { free(mem_array(huge, 16)); }
static void overflow_grow(void) { free(mem_grow(NULL, huge, 16)); }
static void overflow_strdup(void) { free(mem_strdup((str){"", huge * 2 + 1})); }

static void overflow_ends_the_process(void **state) {
    assert_true(aborts(overflow_array));
    assert_true(aborts(overflow_grow));
    assert_true(aborts(overflow_strdup));
}

static void checked_sizes(void **state) {
    size_t n = 5;
    assert_true(size_add(1, 2, &n));
    assert_int_equal(n, 3);
    assert_true(size_mul(SIZE_MAX, 1, &n));
    assert_true(n == SIZE_MAX);
    assert_false(size_add(SIZE_MAX, 1, &n));
    assert_false(size_mul(SIZE_MAX / 2, 3, &n));
    assert_true(size_mul(0, SIZE_MAX, &n));
    assert_int_equal(n, 0);
}

static void secrets(void **state) {
    char secret[] = "correct horse";
    mem_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
    mem_wipe(NULL, 0);
    assert_true(mem_equal_ct(S("token"), S("token")));
    assert_true(mem_equal_ct(S(""), (str){NULL, 0}));
    assert_false(mem_equal_ct(S("token"), S("tokeN")));
    assert_false(mem_equal_ct(S("token"), S("toke")));
}

static char *handed_out(void) {
    SCOPED_FREE char *p = mem_strdup(S("kept"));
    return take(p);
}

static int handed_out_fd(void) {
    SCOPED_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return take_fd(&fd);
}

static void scopes(void **state) {
    char *p = handed_out();
    assert_string_equal(p, "kept");
    free(p);
    int number;
    {
        SCOPED_FD fd = handed_out_fd();
        number = fd;
        assert_true(fcntl(number, F_GETFD) >= 0);
    }
    assert_int_equal(fcntl(number, F_GETFD), -1);
    int none = -1;
    fd_close_ptr(&none);
}

static void writes_everything(void **state) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t reader = fork();
    if (reader == 0) { /* takes more than a pipe holds, in pieces */
        close(ends[1]);
        char piece[5000];
        size_t sum = 0;
        for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;)
            sum += (size_t)n;
        _exit(sum == 1 << 20 ? 0 : 1);
    }
    close(ends[0]);
    SCOPED_FREE char *bytes = mem_alloc(1 << 20);
    assert_true(fd_write_all(ends[1], str_of(bytes, 1 << 20)));
    close(ends[1]);
    int status;
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
    assert_true(fd_write_all(-1, S("")));
    errno = 0;
    assert_false(fd_write_all(-1, S("x")));
    assert_int_equal(errno, EBADF);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed),
        cmocka_unit_test(grows),
        cmocka_unit_test(overflow_ends_the_process),
        cmocka_unit_test(checked_sizes),
        cmocka_unit_test(secrets),
        cmocka_unit_test(scopes),
        cmocka_unit_test(writes_everything),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
