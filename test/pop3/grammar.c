#include "pop3/grammar.h"

#include "../base/check.h"

static void lines(void **state) {
    static const struct {
        str in;
        size_t most;
        pop3_cut cut;
        str line;
        size_t used;
    } rows[] = {
        {{"", 0}, 10, POP3_CUT_MORE, {"", 0}, 0},
        {{"QUIT", 4}, 10, POP3_CUT_MORE, {"", 0}, 0},
        {{"QUIT\r", 5}, 10, POP3_CUT_MORE, {"", 0}, 0},
        {{"QUIT\r\nX", 7}, 10, POP3_CUT_LINE, {"QUIT", 4}, 6},
        {{"QUIT\n", 5}, 10, POP3_CUT_LINE, {"QUIT", 4}, 5},
        {{"\r\n", 2}, 10, POP3_CUT_LINE, {"", 0}, 2},
        {{"QU\rIT\r\n", 7}, 10, POP3_CUT_LINE, {"QU\rIT", 5}, 7},
        {{"12345678\r\n", 10}, 10, POP3_CUT_LINE, {"12345678", 8}, 10},
        {{"123456789\r\n", 11}, 10, POP3_CUT_LONG, {"", 0}, 11},
        {{"12345678901", 11}, 10, POP3_CUT_LONG, {"", 0}, 11},
        {{"1234567890", 10}, 10, POP3_CUT_MORE, {"", 0}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str line;
        size_t used;
        assert_int_equal(pop3_line(rows[i].in, rows[i].most, &line, &used), rows[i].cut);
        assert_int_equal(used, rows[i].used);
        if (rows[i].cut == POP3_CUT_LINE)
            assert_str(line, rows[i].line);
    }
    assert_int_equal(pop3_line_most(S("PASS x"), false), POP3_LINE_MOST);
    assert_int_equal(pop3_line_most(S("auth PLAIN"), false), POP3_SASL_LINE_MOST);
    assert_int_equal(pop3_line_most(S(""), true), POP3_SASL_LINE_MOST);
}

static void words(void **state) {
    pop3_words w;
    assert_true(pop3_parse(S("RETR 1"), &w));
    assert_str(w.keyword, S("RETR"));
    assert_str(w.argument, S("1"));
    assert_true(w.has_argument);
    assert_true(pop3_parse(S("STAT"), &w));
    assert_false(w.has_argument);
    assert_true(pop3_parse(S("STAT "), &w));
    assert_false(w.has_argument);
    assert_true(pop3_parse(S("PASS  a b "), &w));
    assert_str(w.argument, S(" a b "));
    assert_true(pop3_parse(S("USER j\xc3\xb6rg"), &w));
    const str bad[] = {S(""),     S(" RETR"),     S("RETR\t1"),   S("RETR \0"),
                       S("a\rb"), S("USER \x7f"), S("USER \xff"), S("\x1b[1m")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pop3_parse(bad[i], &w));
}

static void numbers(void **state) {
    uint32_t n[2] = {0};
    assert_true(pop3_numbers(S("1"), 1, n));
    assert_int_equal(n[0], 1);
    assert_true(pop3_numbers(S(" 7   4294967295 "), 2, n));
    assert_int_equal(n[0], 7);
    assert_int_equal(n[1], UINT32_MAX);
    const str bad[] = {S(""),     S("1 2 3"), S("1"),    S("1 x"),  S("-1 2"), S("1 4294967296"),
                       S("+1 2"), S("1,2"),   S("1 2x"), S("0x1 2")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pop3_numbers(bad[i], 2, n));
    assert_false(pop3_numbers(S("1 2"), 1, n));
}

/* Whole, in two pieces at every split, and byte by byte. */
static void check_body(const pop3_body *fresh, str message, str expected) {
    for (size_t split = 0; split <= message.n; split++) {
        SCOPED_BUF out = {.max = 10000};
        pop3_body b = *fresh;
        pop3_body_add(&b, str_sub(message, 0, split), &out);
        pop3_body_add(&b, str_skip(message, split), &out);
        pop3_body_end(&b, &out);
        assert_str(buf_str(&out), expected);
    }
    SCOPED_BUF out = {.max = 10000};
    pop3_body b = *fresh;
    for (size_t i = 0; i < message.n; i++)
        pop3_body_add(&b, str_sub(message, i, 1), &out);
    pop3_body_end(&b, &out);
    assert_str(buf_str(&out), expected);
}

static void whole_bodies(void **state) {
    pop3_body all;
    pop3_body_all(&all);
    check_body(&all, S(""), S(".\r\n"));
    check_body(&all, S("A: b\r\n\r\ntext\r\n"), S("A: b\r\n\r\ntext\r\n.\r\n"));
    check_body(&all, S("A: b\r\n\r\nno end"), S("A: b\r\n\r\nno end\r\n.\r\n"));
    check_body(&all, S(".\r\n..\r\n.a\r\n\r\n."), S("..\r\n...\r\n..a\r\n\r\n..\r\n.\r\n"));
    check_body(&all, S("a\n.\nb\r.\r\r\n.\r\n"), S("a\n.\nb\r.\r\r\n..\r\n.\r\n")); /* only CRLF ends a line */
    check_body(&all, S("a\r"), S("a\r\r\n.\r\n"));
    check_body(&all, S("a\n"), S("a\n\r\n.\r\n"));
    check_body(&all, S("\0\xff\r\n"), S("\0\xff\r\n.\r\n"));
}

static void check_top(str message, uint64_t n, str expected) {
    pop3_body top;
    pop3_body_top(&top, n);
    check_body(&top, message, expected);
}

static void tops(void **state) {
    str message = S("A: b\r\nC: d\r\n\r\none\r\n.two\r\n\r\nfour");
    check_top(message, 0, S("A: b\r\nC: d\r\n\r\n.\r\n"));
    check_top(message, 1, S("A: b\r\nC: d\r\n\r\none\r\n.\r\n"));
    check_top(message, 2, S("A: b\r\nC: d\r\n\r\none\r\n..two\r\n.\r\n"));
    check_top(message, 3, S("A: b\r\nC: d\r\n\r\none\r\n..two\r\n\r\n.\r\n"));
    check_top(message, 4, S("A: b\r\nC: d\r\n\r\none\r\n..two\r\n\r\nfour\r\n.\r\n"));
    check_top(message, 999, S("A: b\r\nC: d\r\n\r\none\r\n..two\r\n\r\nfour\r\n.\r\n"));
    check_top(S("no header end\r\n"), 0, S("no header end\r\n.\r\n"));
    check_top(S("\r\nat once\r\nsecond\r\n"), 1, S("\r\nat once\r\n.\r\n"));
    check_top(S("A: b\n\none\ntwo\n"), 1,
              S("A: b\n\none\n\r\n.\r\n")); /* lines that end with LF alone are counted too */
    check_top(S(""), 5, S(".\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),        cmocka_unit_test(words), cmocka_unit_test(numbers),
        cmocka_unit_test(whole_bodies), cmocka_unit_test(tops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
