#include "mime/lex.h"
#include "mime_check.h"

static void comment_is(str in, bool closed, str content, str rest) {
    SCOPED_BUF text;
    buf_init(&text, 1000);
    str s = in;
    assert_int_equal(lex_comment(&s, &text), closed);
    assert_str(buf_str(&text), content);
    assert_str(s, rest);
}

static void comments_nest(void **state) {
    comment_is(S("(a) b"), true, S("a"), S(" b"));
    comment_is(S("(a (b (c)) d)e"), true, S("a (b (c)) d"), S("e"));
    comment_is(S("(a\\)b\\(c\\\\)x"), true, S("a)b(c\\"), S("x"));
    comment_is(S("()"), true, S(""), S(""));
    comment_is(S("(a (b)"), false, S("a (b)"), S(""));
    comment_is(S("(a\\"), false, S("a\\"), S(""));
}

static void quoted_is(str in, bool closed, str content, str rest) {
    SCOPED_BUF text;
    buf_init(&text, 1000);
    str s = in;
    assert_int_equal(lex_quoted(&s, &text), closed);
    assert_str(buf_str(&text), content);
    assert_str(s, rest);
}

static void quoted_strings(void **state) {
    quoted_is(S("\"a b\"c"), true, S("a b"), S("c"));
    quoted_is(S("\"a\\\"b\\\\\""), true, S("a\"b\\"), S(""));
    quoted_is(S("\"\""), true, S(""), S(""));
    quoted_is(S("\"a"), false, S("a"), S(""));
    quoted_is(S("\""), false, S(""), S(""));
}

static void text_never_has_line_ends_or_nul(void **state) {
    quoted_is(S("\"a\r\n b\0c\\\rd\""), true, S("a bcd"), S(""));
    comment_is(S("(a\r\n b\0c\\\nd)"), true, S("a bcd"), S(""));
}

static void one_line(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 100);
    buf_add(&text, S("a\r\nb\r\n\0c"));
    lex_one_line(&text, 4);
    assert_str(buf_str(&text), S("a\r\nb   c"));
}

static void quoting_round_trip(void **state) {
    static const char *const texts[] = {"", "a b", "\"", "\\", "a\\\"b", "\xc3\xa9\t"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        SCOPED_BUF out, back;
        buf_init(&out, 100);
        buf_init(&back, 100);
        assert_true(lex_quote(&out, str_c(texts[i])));
        str s = buf_str(&out);
        assert_true(lex_quoted(&s, &back));
        assert_str(buf_str(&back), str_c(texts[i]));
        assert_int_equal(s.n, 0);
    }
}

static void quoting_refuses_line_ends_and_nul(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    assert_false(lex_quote(&out, S("a\rb")));
    assert_false(lex_quote(&out, S("a\nb")));
    assert_false(lex_quote(&out, S("a\0b")));
    assert_int_equal(out.n, 0);
}

static void dot_atoms(void **state) {
    assert_true(lex_dot_atom(S("a")));
    assert_true(lex_dot_atom(S("a.b-c.d")));
    assert_true(lex_dot_atom(S("\xc3\xa9")));
    assert_false(lex_dot_atom(S("")));
    assert_false(lex_dot_atom(S(".a")));
    assert_false(lex_dot_atom(S("a.")));
    assert_false(lex_dot_atom(S("a..b")));
    assert_false(lex_dot_atom(S("a b")));
    assert_false(lex_dot_atom(S("a@b")));
    assert_false(lex_dot_atom(S("a\0b")));
}

static void classes_agree_with_the_grammar(void **state) {
    for (int c = 0; c < 128; c++) {
        bool alnum = ascii_alnum((char)c);
        assert_int_equal(lex_atext((char)c), c && (alnum || strchr("!#$%&'*+-/=?^_`{|}~", c)));
        assert_int_equal(lex_token((char)c), c > 32 && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c));
    }
}

static void skips_blanks_and_comments(void **state) {
    str s = S(" \r\n\t(a (b)) (c)x (d)");
    lex_skip_cfws(&s);
    assert_str(s, S("x (d)"));
    s = S("  (open");
    lex_skip_cfws(&s);
    assert_int_equal(s.n, 0);
}

static void run_skip(str s) { lex_skip_cfws(&s); }

static void is_linear(void **state) {
    assert_linear(run_skip, S(""), S("("), S(""));
    assert_linear(run_skip, S(""), S("(a)"), S(""));
    assert_linear(run_skip, S("("), S("\\("), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_nest),
        cmocka_unit_test(quoted_strings),
        cmocka_unit_test(text_never_has_line_ends_or_nul),
        cmocka_unit_test(one_line),
        cmocka_unit_test(quoting_round_trip),
        cmocka_unit_test(quoting_refuses_line_ends_and_nul),
        cmocka_unit_test(dot_atoms),
        cmocka_unit_test(classes_agree_with_the_grammar),
        cmocka_unit_test(skips_blanks_and_comments),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
