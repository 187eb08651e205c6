#include "base/err.h"

#include <errno.h>

#include "check.h"

static err half(int n) { return n % 2 ? err_make(ERR_PEER, ERR_SYNTAX, "odd", "%d is odd", n) : OK; }

static err both(int a, int b, int *reached) {
    TRY(half(a));
    *reached = 1;
    TRY(half(b));
    *reached = 2;
    return OK;
}

static void try_leaves_early(void **state) {
    int reached = 0;
    err e = both(1, 2, &reached);
    assert_true(failed(e));
    assert_int_equal(reached, 0);
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, ERR_SYNTAX);
    assert_string_equal(e.text, "odd");
    assert_string_equal(e.log, "1 is odd");
    assert_true(failed(both(2, 3, &reached)));
    assert_int_equal(reached, 1);
    assert_false(failed(both(2, 4, &reached)));
    assert_int_equal(reached, 2);
}

static void log_text_is_cut(void **state) {
    err e = err_make(ERR_PERM, ERR_LIMIT, "long", "%0500d", 1);
    assert_int_equal(strlen(e.log), sizeof e.log - 1);
}

static void from_errno(void **state) {
    static const struct {
        int code;
        err_what what;
    } cases[] = {{ENOSPC, ERR_FULL},  {EDQUOT, ERR_FULL},   {ENOENT, ERR_NOT_FOUND}, {EACCES, ERR_DENIED},
                 {EPERM, ERR_DENIED}, {EEXIST, ERR_EXISTS}, {EIO, ERR_IO},           {EBADF, ERR_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        errno = cases[i].code;
        err e = err_errno("open /x");
        assert_int_equal(e.kind, ERR_TEMP);
        assert_int_equal(e.what, cases[i].what);
        assert_true(str_starts(str_c(e.log), S("open /x: ")));
        assert_false(str_has_byte(str_c(e.text), '/')); /* paths are not for the peer */
    }
}

static void names(void **state) {
    assert_string_equal(err_kind_name(ERR_NONE), "none");
    assert_string_equal(err_kind_name(ERR_BUG), "bug");
    assert_string_equal(err_what_name(ERR_WHAT_OTHER), "other");
    assert_string_equal(err_what_name(ERR_OVER_QUOTA), "over_quota");
    assert_string_equal(err_what_name(ERR_TLS), "tls");
    assert_string_equal(err_what_name((err_what)1000), "?");
    assert_string_equal(err_kind_name((err_kind)1000), "?");
}

static void break_assertion(void) { ASSERT(1 + 1 == 3); }
static void keep_assertion(void) { ASSERT(1 + 1 == 2); }

static void assertions(void **state) {
    assert_true(aborts(break_assertion));
    assert_false(aborts(keep_assertion));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(try_leaves_early), cmocka_unit_test(log_text_is_cut),
        cmocka_unit_test(from_errno),       cmocka_unit_test(names),
        cmocka_unit_test(assertions),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
