#include "check.h"

static void grows_to_its_maximum(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(buf_add_byte(&b, (char)('a' + i % 26)));
    assert_int_equal(b.n, 1000);
    assert_true(b.cap <= 1000);
    assert_false(b.over);
    assert_false(buf_add_byte(&b, 'x'));
    assert_int_equal(b.n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(b.p[i], 'a' + i % 26);
}

static void overflow_is_sticky(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 4);
    assert_true(buf_add(&b, S("ab")));
    assert_false(buf_add(&b, S("cde")));
    assert_true(b.over);
    assert_false(buf_add(&b, S("c"))); /* would fit, but is refused as well */
    assert_false(buf_add(&b, S("")));
    assert_false(buf_add_u64(&b, 1));
    assert_false(buf_addf(&b, "%d", 1));
    assert_null(buf_reserve(&b, 1));
    assert_str(buf_str(&b), S("ab"));
    buf_clear(&b);
    assert_true(buf_add(&b, S("wxyz")));
    assert_str(buf_str(&b), S("wxyz"));
}

static void huge_sizes(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 100);
    buf_add(&b, S("abc"));
    assert_null(buf_reserve(&b, SIZE_MAX)); /* n + SIZE_MAX wraps */
    assert_true(b.over);
    assert_str(buf_str(&b), S("abc"));
}

static void without_memory(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 0);
    assert_true(buf_add(&b, S("")));
    assert_null(b.p);
    assert_false(buf_add(&b, S("a")));
    buf_free(NULL);
    buf_free(&b);
    assert_int_equal(b.max, 0);
}

static void numbers(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 200);
    buf_add_u64(&b, 0);
    buf_add_byte(&b, ' ');
    buf_add_u64(&b, UINT64_MAX);
    buf_add_byte(&b, ' ');
    buf_add_i64(&b, INT64_MIN);
    buf_add_byte(&b, ' ');
    buf_add_i64(&b, INT64_MAX);
    buf_add_byte(&b, ' ');
    buf_add_i64(&b, -1);
    assert_str(buf_str(&b), S("0 18446744073709551615 -9223372036854775808 9223372036854775807 -1"));
}

static void formats(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 600);
    assert_true(buf_addf(&b, "%s-%d", "a", 5));
    assert_str(buf_str(&b), S("a-5"));
    assert_true(buf_addf(&b, "%0300d", 1)); /* more than the small buffer takes */
    assert_int_equal(b.n, 303);
    assert_int_equal(b.p[302], '1');
    assert_false(buf_addf(&b, "%0500d", 1));
    assert_true(b.over);
    assert_int_equal(b.n, 303);
}

/* A formatted text that fits exactly is not refused because of a NUL that nobody sees. */
static void format_fits_exactly(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 300);
    assert_true(buf_addf(&b, "%0300d", 7));
    assert_int_equal(b.n, 300);
    assert_int_equal(b.p[299], '7');
}

static void editing(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 100);
    buf_add(&b, S("0123456789"));
    buf_consume(&b, 3);
    assert_str(buf_str(&b), S("3456789"));
    buf_truncate(&b, 4);
    assert_str(buf_str(&b), S("3456"));
    buf_truncate(&b, 100);
    assert_str(buf_str(&b), S("3456"));
    char *to = buf_reserve(&b, 2);
    to[0] = 'a';
    buf_commit(&b, 1);
    assert_str(buf_str(&b), S("3456a"));
    buf_consume(&b, 5);
    assert_int_equal(b.n, 0);
    assert_non_null(b.p); /* the memory stays until buf_free */
    buf_free(&b);
    assert_null(b.p);
    assert_int_equal(b.max, 100);
    assert_true(buf_add(&b, S("again")));
}

/* A piece of the buffer itself may be added to it. */
static void adding_itself(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 1000);
    buf_add(&b, S("0123456789012345678901234567890123456789012345678901234567890123"));
    assert_int_equal(b.n, b.cap);
    assert_true(buf_add(&b, buf_str(&b)));
    assert_int_equal(b.n, 128);
    assert_str(str_sub(buf_str(&b), 64, 64), str_sub(buf_str(&b), 0, 64));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_maximum),
        cmocka_unit_test(overflow_is_sticky),
        cmocka_unit_test(huge_sizes),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(numbers),
        cmocka_unit_test(formats),
        cmocka_unit_test(format_fits_exactly),
        cmocka_unit_test(editing),
        cmocka_unit_test(adding_itself),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
