#include "base/utf8.h"

#include "check.h"

static const str good[] = {
    {"", 0},
    {"a\0z", 3},
    {"\x7f", 1},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
};

static const struct {
    str s;
    size_t replaced; /* code points that come out as U+FFFD */
} bad[] = {
    {{"\x80", 1}, 1},
    {{"\xc0\x80", 2}, 2},
    {{"\xc1\xbf", 2}, 2},
    {{"\xc3", 1}, 1},
    {{"\xe2\x82", 2}, 2},
    {{"\xe0\x9f\xbf", 3}, 3},
    {{"\xed\xa0\x80", 3}, 3},
    {{"\xf0\x8f\xbf\xbf", 4}, 4},
    {{"\xf4\x90\x80\x80", 4}, 4},
    {{"\xf8\x88\x80\x80\x80", 5}, 5},
    {{"\xff", 1}, 1},
    {{"\xe2\x28\xa1", 3}, 2},
    {{"\xf0\x9f\x90", 3}, 3},
};

static void validity(void **state) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i].s));
    assert_true(utf8_is_ascii(S("a\0\x7f")));
    assert_false(utf8_is_ascii(S("\x80")));
}

static void repair(void **state) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SCOPED_BUF out;
        buf_init(&out, 100);
        assert_true(utf8_repair(&out, bad[i].s));
        assert_true(utf8_valid(buf_str(&out)));
        size_t replaced = 0;
        str rest = buf_str(&out);
        for (uint32_t c; utf8_next(&rest, &c);)
            replaced += c == 0xFFFD;
        assert_int_equal(replaced, bad[i].replaced);
    }
    SCOPED_BUF out;
    buf_init(&out, 5);
    assert_true(utf8_repair(&out, S("a\xff"
                                    "b")));
    assert_str(buf_str(&out), S("a\xef\xbf\xbd"
                                "b"));
    assert_false(utf8_repair(&out, S("\xff")));
    assert_true(out.over);
}

static void every_code_point(void **state) {
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char bytes[4];
        buf out = {.p = bytes, .cap = 4, .max = 4};
        assert_true(utf8_add(&out, c));
        str s = buf_str(&out);
        uint32_t back;
        bool real = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (!utf8_next(&s, &back) || s.n || back != (real ? c : 0xFFFD))
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void next_at_the_end(void **state) {
    str s = S("");
    uint32_t c = 7;
    assert_false(utf8_next(&s, &c));
    assert_int_equal(c, 7);
}

static void prefix(void **state) {
    str s = S("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6"); /* 1, 2, 3 and 4 bytes */
    static const size_t cut[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t n = 0; n < sizeof cut / sizeof *cut; n++)
        assert_int_equal(utf8_prefix(s, n).n, cut[n]);
    assert_int_equal(utf8_prefix(S("\x80\x80\x80\x80\x80\x80"), 5).n, 5); /* no character to spare */
    assert_int_equal(utf8_prefix(S("ab\xff\xff"), 3).n, 3);
}

static void unprintable(void **state) {
    static const uint32_t yes[] = {0, '\n', 0x1b, 0x7f, 0x80, 0x9b, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff};
    static const uint32_t no[] = {' ', '~', 0xa0, 0xe9, 0x20ac, 0x1f426, 0xfffd};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(utf8_unprintable(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(utf8_unprintable(no[i]));
}

static void escape(void **state) {
    static const struct {
        str in, text, ascii;
    } cases[] = {
        {{"a b", 3}, {"a b", 3}, {"a b", 3}},
        {{"a\r\nb", 4}, {"a\\x0d\\x0ab", 10}, {"a\\x0d\\x0ab", 10}},
        {{"\0\x1b", 2}, {"\\x00\\x1b", 8}, {"\\x00\\x1b", 8}},
        {{"\xc3\xa9", 2}, {"\xc3\xa9", 2}, {"\\xc3\\xa9", 8}},
        {{"\xff\xc3", 2}, {"\\xff\\xc3", 8}, {"\\xff\\xc3", 8}},
        {{"\xe2\x80\xae", 3}, {"\\xe2\\x80\\xae", 12}, {"\\xe2\\x80\\xae", 12}}, /* turns the reading direction */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf out;
        buf_init(&out, 100);
        assert_true(utf8_escape(&out, cases[i].in, false));
        assert_str(buf_str(&out), cases[i].text);
        buf_clear(&out);
        assert_true(utf8_escape(&out, cases[i].in, true));
        assert_str(buf_str(&out), cases[i].ascii);
        buf_free(&out);
    }
    buf small;
    buf_init(&small, 5);
    assert_false(utf8_escape(&small, S("ab\r\r"), false));
    assert_str(buf_str(&small), S("ab")); /* an escape is never cut */
    buf_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validity),        cmocka_unit_test(repair), cmocka_unit_test(every_code_point),
        cmocka_unit_test(next_at_the_end), cmocka_unit_test(prefix), cmocka_unit_test(unprintable),
        cmocka_unit_test(escape),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
