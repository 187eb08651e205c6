#include "check.h"

static void equality(void **state) {
    assert_true(str_eq(S(""), (str){NULL, 0}));
    assert_true(str_eq(S("a\0b"), str_of("a\0b", 3)));
    assert_false(str_eq(S("a\0b"), S("a\0c")));
    assert_false(str_eq(S("a"), S("ab")));
    assert_true(str_caseeq(S("MAIL From"), S("mail fROM")));
    assert_false(str_caseeq(S("[x"), S("{x"))); /* 0x20 apart, but no letters */
    assert_false(str_caseeq(S("\xc3\x84"), S("\xc3\xa4")));
    assert_str(str_c(NULL), S(""));
    assert_str(str_c("ab"), S("ab"));
}

static void order(void **state) {
    assert_int_equal(str_cmp(S("a"), S("a")), 0);
    assert_true(str_cmp(S("a"), S("b")) < 0);
    assert_true(str_cmp(S("ab"), S("a")) > 0);
    assert_true(str_cmp(S(""), S("a")) < 0);
    assert_true(str_cmp(S("\x80"), S("\x7f")) > 0); /* bytes are unsigned */
    assert_int_equal(str_casecmp(S("ABC"), S("abc")), 0);
    assert_true(str_casecmp(S("ABD"), S("abc")) > 0);
    assert_true(str_casecmp(S("ab"), S("ABC")) < 0);
    assert_true(str_casecmp(S("\xff"), S("a")) > 0);
}

static void ends(void **state) {
    assert_true(str_starts(S("RCPT TO:"), S("RCPT")));
    assert_true(str_starts(S("x"), S("")));
    assert_false(str_starts(S("RC"), S("RCPT")));
    assert_true(str_casestarts(S("rcpt to:"), S("RCPT")));
    assert_false(str_casestarts(S("rcp"), S("RCPT")));
    assert_true(str_ends(S("a.eml"), S(".eml")));
    assert_false(str_ends(S("eml"), S(".eml")));
    assert_true(str_ends(S(""), S("")));
}

static void slices(void **state) {
    str s = S("0123456789");
    assert_str(str_sub(s, 2, 3), S("234"));
    assert_str(str_sub(s, 8, 10), S("89"));
    assert_str(str_sub(s, 11, 1), S(""));
    assert_str(str_sub(s, SIZE_MAX, SIZE_MAX), S(""));
    assert_str(str_skip(s, 10), S(""));
    assert_str(str_skip(s, SIZE_MAX), S(""));
    assert_str(str_skip((str){NULL, 0}, 5), S(""));
    assert_str(str_trim(S(" \t a b \t")), S("a b"));
    assert_str(str_trim(S(" \t ")), S(""));
    assert_str(str_trim(S("\r\na")), S("\r\na")); /* line ends are no blanks */
}

static void finding(void **state) {
    assert_int_equal(str_find(S("a:b:c"), ':'), 1);
    assert_int_equal(str_rfind(S("a:b:c"), ':'), 3);
    assert_int_equal(str_find(S("abc"), ':'), STR_NONE);
    assert_int_equal(str_find((str){NULL, 0}, ':'), STR_NONE);
    assert_int_equal(str_rfind((str){NULL, 0}, ':'), STR_NONE);
    assert_int_equal(str_find(S("ab\0c"), '\0'), 2);
    assert_int_equal(str_find_str(S("ab\r\n\r\nc"), S("\r\n\r\n")), 2);
    assert_int_equal(str_find_str(S("abc"), S("")), 0);
    assert_int_equal(str_find_str(S(""), S("x")), STR_NONE);
    assert_true(str_has_byte(S("a\xff"), (char)0xff));
    assert_false(str_has_byte(S("a"), 'b'));
}

static void finding_case_blind(void **state) {
    assert_int_equal(str_casefind(S("Content-Type: TEXT/plain"), S("text/PLAIN")), 14);
    assert_int_equal(str_casefind(S("aaab"), S("AAB")), 1);
    assert_int_equal(str_casefind(S("abababac"), S("ABABAC")), 2);
    assert_int_equal(str_casefind(S("abc"), S("abcd")), STR_NONE);
    assert_int_equal(str_casefind(S("abc"), S("")), 0);
    assert_int_equal(str_casefind(S(""), S("a")), STR_NONE);
    assert_int_equal(str_casefind(S("[[["), S("{")), STR_NONE);
}

/* A word made to match almost everywhere must not make the search slow: this would be 10^11 steps. */
static void finding_is_linear(void **state) {
    SCOPED_BUF text, word;
    buf_init(&text, 1 << 21);
    buf_init(&word, 1 << 21);
    memset(buf_reserve(&text, 1 << 20), 'a', 1 << 20);
    buf_commit(&text, 1 << 20);
    memset(buf_reserve(&word, 1 << 17), 'A', 1 << 17);
    buf_commit(&word, 1 << 17);
    assert_int_equal(str_casefind(buf_str(&text), buf_str(&word)), 0);
    buf_add_byte(&word, 'b');
    assert_int_equal(str_casefind(buf_str(&text), buf_str(&word)), STR_NONE);
    assert_int_equal(str_find_str(buf_str(&text), buf_str(&word)), STR_NONE);
}

static void cutting(void **state) {
    str rest = S("a,,b,"), head;
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S("a"));
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S(""));
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S("b"));
    assert_true(str_cut(&rest, ',', &head)); /* an empty piece behind the last separator */
    assert_str(head, S(""));
    assert_false(str_cut(&rest, ',', &head));
    rest = S("");
    assert_true(str_cut(&rest, ',', &head)); /* an empty slice is one empty piece */
    assert_false(str_cut(&rest, ',', &head));
}

static void cutting_lines(void **state) {
    str rest = S("a\r\n\nb"), line;
    assert_true(str_cut_line(&rest, &line));
    assert_str(line, S("a\r\n"));
    assert_true(str_cut_line(&rest, &line));
    assert_str(line, S("\n"));
    assert_false(str_cut_line(&rest, &line));
    assert_str(rest, S("b"));
}

static void numbers(void **state) {
    uint64_t v = 7;
    uint32_t w = 7;
    assert_true(str_to_u64(S("0"), UINT64_MAX, &v));
    assert_int_equal(v, 0);
    assert_true(str_to_u64(S("18446744073709551615"), UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    assert_true(str_to_u64(S("00000000000000000000000042"), 42, &v));
    assert_int_equal(v, 42);
    const str bad[] = {S(""),
                       S("18446744073709551616"),
                       S("99999999999999999999"),
                       S("-1"),
                       S("+1"),
                       S(" 1"),
                       S("1 "),
                       S("1a"),
                       S("0x1"),
                       S("1\0")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_u64(bad[i], UINT64_MAX, &v));
    assert_false(str_to_u64(S("43"), 42, &v));
    assert_int_equal(v, 42); /* left alone on failure */
    assert_true(str_to_u32(S("4294967295"), UINT32_MAX, &w));
    assert_true(w == UINT32_MAX);
    assert_false(str_to_u32(S("4294967296"), UINT32_MAX, &w));
}

static void letters(void **state) {
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        assert_int_equal(ascii_digit(c), i >= '0' && i <= '9');
        assert_int_equal(ascii_alpha(c), (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z'));
        assert_int_equal((unsigned char)ascii_to_lower(ascii_to_upper(c)), i >= 'A' && i <= 'Z' ? i + 32 : i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality),
        cmocka_unit_test(order),
        cmocka_unit_test(ends),
        cmocka_unit_test(slices),
        cmocka_unit_test(finding),
        cmocka_unit_test(finding_case_blind),
        cmocka_unit_test(finding_is_linear),
        cmocka_unit_test(cutting),
        cmocka_unit_test(cutting_lines),
        cmocka_unit_test(numbers),
        cmocka_unit_test(letters),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
