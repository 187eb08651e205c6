#include "mime/header.h"
#include "mime_check.h"

static void unfolds_to(str value, str plain) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    assert_str(header_unfold(value, &a), plain);
}

static void unfolds(void **state) {
    unfolds_to(S(" a\r\n b\r\n\tc "), S("a b\tc"));
    unfolds_to(S("\r\n a"), S("a"));
    unfolds_to(S("a\r\n "), S("a"));
    unfolds_to(S("a\r\n \r\n b"), S("a  b"));
    unfolds_to(S("  \t "), S(""));
    unfolds_to(S(""), S(""));
}

static void bare_line_ends_stay(void **state) { unfolds_to(S("a\rb\nc\r\nd\r\n"), S("a\rb\nc\r\nd\r\n")); }

static void unfolded_values_are_not_copied(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 0);
    str value = S(" a b ");
    assert_ptr_equal(header_unfold(value, &a).p, value.p + 1);
    assert_null(header_unfold(S("a\r\n b"), &a).p);
}

static void decodes_text(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    assert_str(header_text(S(" =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?b?w6k=?= x\r\n y "), &a),
               S("caf\xc3\xa9\xc3\xa9 x y"));
    assert_str(header_text(S(" caf\xe9"), &a), S("caf\xc3\xa9"));
    assert_str(header_text(S(""), &a), S(""));
    arena_free(&a);
    arena_init(&a, 4);
    assert_null(header_text(S("longer than that"), &a).p);
}

static void prints(str name, str value, str expected) {
    SCOPED_BUF out;
    buf_init(&out, 10000);
    assert_true(header_print(&out, name, value));
    assert_str(buf_str(&out), expected);
}

static void prints_fields(void **state) {
    prints(S("A"), S("b"), S("A: b\r\n"));
    prints(S("A"), S("  b  c "), S("A: b  c\r\n"));
    prints(S("Subject"), S(""), S("Subject:\r\n"));
    prints(S("X-E"), S("caf\xc3\xa9"), S("X-E: caf\xc3\xa9\r\n"));
}

static void folds_at_78_columns(void **state) {
    SCOPED_BUF value, out;
    buf_init(&value, 10000);
    buf_init(&out, 10000);
    repeat(&value, S("seven77 "), 100);
    assert_true(header_print(&out, S("Name"), buf_str(&value)));
    str rest = buf_str(&out), line;
    size_t lines = 0;
    for (; str_cut_line(&rest, &line); lines++) {
        assert_true(line.n <= 80);
        assert_true(str_ends(line, S("\r\n")));
        assert_true(lines == 0 || line.p[0] == ' ');
    }
    assert_true(lines >= 10 && lines <= 12);
}

static void injection_is_refused(void **state) {
    static const str bad[] = {{"a\rb", 3}, {"a\nb", 3}, {"a\0b", 3}, {"a\r\n b", 5}, {"a\r\n", 3}, {"\n", 1}};
    SCOPED_BUF out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(header_print(&out, S("Subject"), bad[i]));
        assert_false(header_print(&out, bad[i], S("x")));
    }
    assert_false(header_print(&out, S(""), S("x")));
    assert_false(header_print(&out, S("A b"), S("x")));
    assert_false(header_print(&out, S("A:"), S("x")));
    assert_false(header_print(&out, S("caf\xc3\xa9"), S("x")));
    assert_int_equal(out.n, 0);
}

static void no_line_is_longer_than_998(void **state) {
    SCOPED_BUF value, out;
    buf_init(&value, 100000);
    buf_init(&out, 200000);
    repeat(&value, S("\xc3\xa9"), 3000);
    buf_add(&value, S(" b"));
    repeat(&value, S(" "), 3000);
    buf_add(&value, S("c"));
    assert_true(header_print(&out, S("X"), buf_str(&value)));
    str rest = buf_str(&out), line;
    while (str_cut_line(&rest, &line)) {
        assert_true(line.n <= 1000);
        assert_true(str_trim(str_sub(line, 0, line.n - 2)).n > 0); /* nor one of blanks alone */
        if (line.p[0] == ' ')
            assert_true(((unsigned char)line.p[1] & 0xC0) != 0x80); /* nor is a character cut */
    }
    assert_int_equal(rest.n, 0);
}

static void over_is_reported(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 5);
    assert_false(header_print(&out, S("A"), S("long value")));
    assert_true(out.over);
}

/* Whatever prints is read back as one field with the same text. */
static void print_parse_round_trip(void **state) {
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        SCOPED_BUF value, out;
        SCOPED_ARENA a;
        buf_init(&value, 10000);
        buf_init(&out, 20000);
        arena_init(&a, 100000);
        for (uint32_t i = pick(&seed, 60); i > 0; i--)
            buf_add(&value,
                    PICK(&seed, S(" "), S("\t"), S("  "), S("word"), S("a:b"), S("\xc3\xa9"), S("x,y;z"), S("\"")));
        assert_true(header_print(&out, S("Name"), buf_str(&value)));
        str rest = buf_str(&out);
        header_field f;
        assert_true(header_next(&rest, &f));
        assert_int_equal(rest.n, 0);
        assert_str(f.name, S("Name"));
        assert_str(header_unfold(f.value, &a), str_trim(buf_str(&value)));
    }
}

static void run_unfold(str s) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 26);
    assert_non_null(header_unfold(s, &a).p);
}

static void run_print(str s) {
    SCOPED_BUF out;
    buf_init(&out, 1 << 27);
    assert_true(header_print(&out, S("N"), s));
}

static void is_linear(void **state) {
    assert_linear(run_unfold, S("a"), S("\r\n "), S("b"));
    assert_linear(run_print, S(""), S("ab "), S(""));
    assert_linear(run_print, S(""), S("x"), S(""));
    assert_linear(run_print, S("x"), S(" "), S("x"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfolds),
        cmocka_unit_test(bare_line_ends_stay),
        cmocka_unit_test(unfolded_values_are_not_copied),
        cmocka_unit_test(decodes_text),
        cmocka_unit_test(prints_fields),
        cmocka_unit_test(folds_at_78_columns),
        cmocka_unit_test(injection_is_refused),
        cmocka_unit_test(no_line_is_longer_than_998),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(print_parse_round_trip),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("header_text", tests, NULL, NULL);
}
