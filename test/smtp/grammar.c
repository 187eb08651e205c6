#include "smtp/grammar.h"

#include "../base/check.h"

/* ---- lines ---- */

static void lines_end_with_crlf_only(void **state) {
    static const struct {
        str in;
        smtp_line_kind kind;
        str line;
        size_t used;
    } cases[] = {
        {{"", 0}, SMTP_LINE_NONE, {"", 0}, 0},
        {{"NOOP", 4}, SMTP_LINE_NONE, {"", 0}, 0},
        {{"NOOP\r", 5}, SMTP_LINE_NONE, {"", 0}, 0},
        {{"NOOP\r\n", 6}, SMTP_LINE_WHOLE, {"NOOP", 4}, 6},
        {{"\r\n", 2}, SMTP_LINE_WHOLE, {"", 0}, 2},
        {{"NOOP\r\nQUIT\r\n", 12}, SMTP_LINE_WHOLE, {"NOOP", 4}, 6},
        {{"NOOP\nQUIT\r\n", 11}, SMTP_LINE_BARE_LF, {"NOOP", 4}, 5},
        {{"\n", 1}, SMTP_LINE_BARE_LF, {"", 0}, 1},
        {{"NOOP\rQUIT\r\n", 11}, SMTP_LINE_BAD, {"NOOP\rQUIT", 9}, 11},
        {{"NOOP\r\r\n", 7}, SMTP_LINE_BAD, {"NOOP\r", 5}, 7},
        {{"NO\0P\r\n", 6}, SMTP_LINE_BAD, {"NO\0P", 4}, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str line = S("");
        size_t used = 0;
        assert_int_equal(smtp_line_take(cases[i].in, &line, &used), cases[i].kind);
        assert_int_equal(used, cases[i].used);
        assert_str(line, cases[i].line);
    }
}

static void words(void **state) {
    static const struct {
        const char *line, *verb, *args;
    } cases[] = {
        {"NOOP", "NOOP", ""},
        {"NOOP ", "NOOP", ""},
        {"ehlo  a.example ", "ehlo", "a.example"},
        {"MAIL FROM:<a@b> SIZE=1", "MAIL", "FROM:<a@b> SIZE=1"},
        {" NOOP", "", "NOOP"},
        {"", "", ""},
        {"RSET\t", "RSET", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str verb, args;
        smtp_words(str_c(cases[i].line), &verb, &args);
        assert_str(verb, str_c(cases[i].verb));
        assert_str(args, str_c(cases[i].args));
    }
}

static void path_arguments(void **state) {
    str path;
    assert_true(smtp_path_argument(S("FROM:<a@b> X=1"), S("FROM:"), &path));
    assert_str(path, S("<a@b> X=1"));
    assert_true(smtp_path_argument(S("from: <a@b>"), S("FROM:"), &path));
    assert_str(path, S("<a@b>"));
    assert_false(smtp_path_argument(S("FROM:a@b"), S("FROM:"), &path));
    assert_false(smtp_path_argument(S("FROM <a@b>"), S("FROM:"), &path));
    assert_false(smtp_path_argument(S("TO:<a@b>"), S("FROM:"), &path));
    assert_false(smtp_path_argument(S("FROM:"), S("FROM:"), &path));
    assert_false(smtp_path_argument(S(""), S("FROM:"), &path));
}

static void hello_names(void **state) {
    char longest[256];
    memset(longest, 'a', sizeof longest);
    assert_true(smtp_hello_valid(S("mail.example.org")));
    assert_true(smtp_hello_valid(S("[192.0.2.1]")));
    assert_true(smtp_hello_valid(str_of(longest, 255)));
    assert_false(smtp_hello_valid(str_of(longest, 256)));
    assert_false(smtp_hello_valid(S("")));
    assert_false(smtp_hello_valid(S("a b")));
    assert_false(smtp_hello_valid(S("a\tb")));
    assert_false(smtp_hello_valid(S("a\x7f")));
}

static void chunks(void **state) {
    static const struct {
        const char *args;
        smtp_bdat kind;
        uint64_t size;
        bool last;
    } cases[] = {
        {"0", SMTP_BDAT_OK, 0, false},
        {"0 LAST", SMTP_BDAT_OK, 0, true},
        {"1000 last", SMTP_BDAT_OK, 1000, true},
        {"86   LAST", SMTP_BDAT_OK, 86, true},
        {"18446744073709551615", SMTP_BDAT_OK, UINT64_MAX, false},
        {"18446744073709551616", SMTP_BDAT_UNKNOWN, 0, false},
        {"99999999999999999999999 LAST", SMTP_BDAT_UNKNOWN, 0, true},
        {"10 LATS", SMTP_BDAT_TAIL, 10, false},
        {"10 LAST LAST", SMTP_BDAT_TAIL, 10, false},
        {"", SMTP_BDAT_UNKNOWN, 0, false},
        {"LAST", SMTP_BDAT_UNKNOWN, 0, false},
        {"-1", SMTP_BDAT_UNKNOWN, 0, false},
        {"+1", SMTP_BDAT_UNKNOWN, 0, false},
        {"0x10", SMTP_BDAT_UNKNOWN, 0, false},
        {"1.0", SMTP_BDAT_UNKNOWN, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t size = 0;
        bool last = false;
        assert_int_equal(smtp_bdat_parse(str_c(cases[i].args), &size, &last), cases[i].kind);
        if (cases[i].kind != SMTP_BDAT_UNKNOWN) {
            assert_int_equal(size, cases[i].size);
            assert_int_equal(last, cases[i].last);
        }
    }
}

static void auth_arguments(void **state) {
    str mechanism, initial;
    bool has;
    assert_true(smtp_auth_parse(S("PLAIN AGEAYg=="), &mechanism, &has, &initial));
    assert_str(mechanism, S("PLAIN"));
    assert_true(has);
    assert_str(initial, S("AGEAYg=="));
    assert_true(smtp_auth_parse(S("SCRAM-SHA-256-PLUS"), &mechanism, &has, &initial));
    assert_false(has);
    assert_true(smtp_auth_parse(S("EXTERNAL ="), &mechanism, &has, &initial));
    assert_true(has);
    assert_str(initial, S(""));
    assert_false(smtp_auth_parse(S(""), &mechanism, &has, &initial));
    assert_false(smtp_auth_parse(S("PLAIN a b"), &mechanism, &has, &initial));
    assert_false(smtp_auth_parse(S("PLAIN%s"), &mechanism, &has, &initial));
    assert_false(smtp_auth_parse(S("ABCDEFGHIJKLMNOPQRSTU"), &mechanism, &has, &initial));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_crlf_only),
        cmocka_unit_test(words),
        cmocka_unit_test(path_arguments),
        cmocka_unit_test(hello_names),
        cmocka_unit_test(chunks),
        cmocka_unit_test(auth_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
