#include "base/limits.h"
#include "base/utf8.h"
#include "mime/header.h"
#include "mime_check.h"

/* "value|name=value|..." with what IMAP shows behind a blank when it differs. */
static void params_are(const char *in, const char *expected) {
    SCOPED_ARENA a;
    SCOPED_BUF got;
    header_params p;
    arena_init(&a, 100000);
    buf_init(&got, 10000);
    assert_false(failed(header_params_parse(str_c(in), &a, &p)));
    buf_add(&got, p.value);
    for (size_t i = 0; i < p.n; i++) {
        const header_param *param = &p.params[i];
        buf_addf(&got, "|%.*s=%.*s", STR_ARG(param->name), STR_ARG(param->value));
        if (!str_eq(param->raw, param->value) || !str_eq(param->raw_name, param->name))
            buf_addf(&got, " %.*s=%.*s", STR_ARG(param->raw_name), STR_ARG(param->raw));
    }
    assert_str(buf_str(&got), str_c(expected));
}

static void tokens_and_quoted_strings(void **state) {
    params_are("text/plain", "text/plain");
    params_are("text/plain; charset=utf-8", "text/plain|charset=utf-8");
    params_are(" text/plain ; CHARSET = \"utf-8\" ; Format=flowed;", "text/plain|charset=utf-8|format=flowed");
    params_are("a/b; x=\"c; d=\\\"e\\\\\"; y=z", "a/b|x=c; d=\"e\\|y=z");
    params_are("a/b;\r\n x=y;\r\n\tz=w", "a/b|x=y|z=w");
    params_are("a/b; x=\"\"", "a/b|x=");
    params_are("", "");
    params_are("; x=y", "|x=y");
}

static void comments_are_passed_over(void **state) {
    params_are("(a) text/plain (b) ; (c) charset (d) = (e) us-ascii (Plain text)", "text/plain|charset=us-ascii");
    params_are("a/b (x; y=z); c=d", "a/b|c=d");
}

/* RFC 2231 3 and 4. */
static void continuations_and_charsets(void **state) {
    params_are("message/external-body; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu\"",
               "message/external-body|url=ftp://cs.utk.edu");
    params_are("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
               "application/x-stuff|title=This is ***fun*** title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A");
    params_are(
        "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; "
        "title*2=\"isn't it!\"",
        "application/x-stuff|title=This is even more ***fun*** isn't it! "
        "title*=us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!");
    params_are("a; f*=iso-8859-1''caf%E9", "a|f=caf\xc3\xa9 f*=iso-8859-1''caf%E9");
    params_are("a; f*1=b; f*0=a; f*2=c", "a|f=abc");                             /* any order */
    params_are("a; f*0*=utf-8''%C3; f*1*=%A9", "a|f=\xc3\xa9 f*=utf-8''%C3%A9"); /* a character in two pieces */
}

static void the_extended_form_wins(void **state) {
    params_are("a; f=plain.txt; f*=utf-8''%C3%A9.txt", "a|f=\xc3\xa9.txt f*=utf-8''%C3%A9.txt");
    params_are("a; f=plain.txt; f*0=long; f*1=er.txt", "a|f=longer.txt");
}

static void of_two_the_first_counts(void **state) {
    params_are("a; x=1; x=2; X=3", "a|x=1");
    params_are("a; x*0=a; x*0=b; x*1=c", "a|x=ac");
}

static void what_senders_get_wrong(void **state) {
    params_are("a; name=my file.pdf; x=y", "a|name=my file.pdf|x=y");
    params_are("a; name=\"b\"junk; x=y", "a|name=b|x=y");
    params_are("a; charset=utf-8 name=x", "a|charset=utf-8|name=x");
    params_are("a; charset=\"utf-8\" name=x", "a|charset=utf-8|name=x");
    params_are("a;; ;x=y", "a|x=y");
    params_are("a; novalue; x=y", "a|x=y");
    params_are("a; novalue x=y", "a|x=y");
    params_are("a; =x; y=z", "a|y=z");
    params_are("a; x=", "a|x=");
    params_are("a; \"x\"=y; z=w", "a|z=w");
    params_are("a; x=\"unclosed; y=z", "a|x=unclosed; y=z");
    params_are("a; f*=no-quotes%20here", "a|f=no-quotes here f*=''no-quotes%20here");
    params_are("a; f*=utf-8''bad%escape%4", "a|f=bad%escape%4 f*=utf-8''bad%escape%4");
    params_are("a; f*1=b; f*2=c", "a|f=bc"); /* counted from one */
    params_are("a; f*0=b; f*2=c", "a|f=b");  /* a gap ends it */
    params_are("a; f*x=b; f**=c", "a|f*x=b|f**=c");
    params_are("a; f*0=b; f*1*=%20c", "a|f=b c f*=''b%20c");
    params_are("a; name=\"=?utf-8?q?caf=C3=A9?=\"", "a|name=caf\xc3\xa9 name==?utf-8?q?caf=C3=A9?=");
    params_are("a; name==?utf-8?q?caf=C3=A9?=", "a|name=caf\xc3\xa9 name==?utf-8?q?caf=C3=A9?=");
    params_are("a; name=\"caf\xe9\"", "a|name=caf\xc3\xa9 name=caf\xe9");
}

static void values_stay_on_one_line(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    header_params p;
    assert_false(failed(header_params_parse(S("a; f*=utf-8''x%0D%0Ay%00z; g=\"a\r\n b\0c\rd\""), &a, &p)));
    assert_str(header_param_get(&p, S("f")), S("x  y z"));
    assert_str(header_param_get(&p, S("g")), S("a bcd"));
}

static void get_finds_names_in_any_case(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    header_params p;
    assert_false(failed(header_params_parse(S("a; Foo=x; bar="), &a, &p)));
    assert_str(header_param_get(&p, S("FOO")), S("x"));
    assert_non_null(header_param_get(&p, S("bar")).p);
    assert_null(header_param_get(&p, S("baz")).p);
}

static void only_so_many_are_read(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in;
    header_params p;
    arena_init(&a, 1 << 20);
    buf_init(&in, 1 << 20);
    buf_add(&in, S("a/b"));
    for (int i = 0; i < 1000; i++)
        buf_addf(&in, "; p%d=%d", i, i);
    assert_false(failed(header_params_parse(buf_str(&in), &a, &p)));
    assert_int_equal(p.n, LIMIT_MIME_PARAMS);
    assert_str(header_param_get(&p, S("p63")), S("63"));
}

static void a_spent_arena_is_an_error(void **state) {
    for (size_t max = 0; max < 300; max++) {
        SCOPED_ARENA a;
        arena_init(&a, max);
        header_params p;
        err e = header_params_parse(S("a\r\n b; x=y; z*0*=utf-8''w; z*1=v"), &a, &p);
        assert_true(!failed(e) || e.what == ERR_LIMIT);
        assert_true(max > 16 || failed(e));
    }
}

/* A value written with the grammar in mind is read back as it was. */
static void print_parse_round_trip(void **state) {
    uint64_t seed = 23;
    for (int round = 0; round < 3000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF value, in;
        header_params p;
        arena_init(&a, 100000);
        buf_init(&value, 1000);
        buf_init(&in, 10000);
        for (uint32_t i = pick(&seed, 20); i > 0; i--)
            buf_add(&value, PICK(&seed, S("a"), S("\""), S("\\"), S(";"), S("="), S(" "), S("("), S("\xc3\xa9"),
                                 S("%41"), S("'")));
        bool extended = pick(&seed, 2);
        buf_add(&in, extended ? S("x; v*=utf-8''") : S("x; v=\""));
        for (size_t i = 0; i < value.n; i++) {
            char c = value.p[i];
            if (extended)
                buf_addf(&in, "%%%02x", (unsigned)(unsigned char)c);
            else
                buf_addf(&in, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
        }
        buf_add(&in, extended ? S("; w=1") : S("\"; w=1"));
        assert_false(failed(header_params_parse(buf_str(&in), &a, &p)));
        assert_str(header_param_get(&p, S("v")), buf_str(&value));
        assert_str(header_param_get(&p, S("w")), S("1"));
    }
}

static void any_bytes_give_valid_values(void **state) {
    uint64_t seed = 29;
    for (int round = 0; round < 20000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF in;
        header_params p;
        arena_init(&a, 100000);
        buf_init(&in, 1000);
        for (uint32_t i = pick(&seed, 20); i > 0; i--)
            buf_add(&in, PICK(&seed, S("a"), S(";"), S("="), S("*"), S("0"), S("1"), S("\""), S("\\"), S("("), S(")"),
                              S(" "), S("'"), S("%"), S("%0A"), S("\xff"), S("\r\n "), S("\0"), S("=?"), S("?q?"),
                              S("?="), S(",")));
        assert_false(failed(header_params_parse(buf_str(&in), &a, &p)));
        for (size_t i = 0; i < p.n; i++) {
            assert_true(utf8_valid(p.params[i].value));
            assert_true(str_find(p.params[i].value, '\n') == STR_NONE && str_find(p.params[i].raw, '\n') == STR_NONE);
            assert_true(str_find(p.params[i].value, 0) == STR_NONE && str_find(p.params[i].raw, 0) == STR_NONE);
            assert_true(p.params[i].name.n > 0);
        }
    }
}

static void run_params(str s) {
    SCOPED_ARENA a;
    arena_init(&a, (size_t)1 << 28);
    header_params p;
    assert_false(failed(header_params_parse(s, &a, &p)));
}

static void is_linear(void **state) {
    static const str units[] = {{"; a=b", 5}, {";", 1},  {"; f*1=a", 7},          {"; a", 3},  {" a", 2},     {"(", 1},
                                {"\"", 1},    {"a=", 2}, {"; f*0*=utf-8''x", 15}, {"\\\"", 2}, {"=?a?q?", 6}, {"%", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_linear(run_params, S("a/b"), units[i], S(""));
        assert_linear(run_params, S("a/b; x=\""), units[i], S("\""));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_and_quoted_strings),
        cmocka_unit_test(comments_are_passed_over),
        cmocka_unit_test(continuations_and_charsets),
        cmocka_unit_test(the_extended_form_wins),
        cmocka_unit_test(of_two_the_first_counts),
        cmocka_unit_test(what_senders_get_wrong),
        cmocka_unit_test(values_stay_on_one_line),
        cmocka_unit_test(get_finds_names_in_any_case),
        cmocka_unit_test(only_so_many_are_read),
        cmocka_unit_test(a_spent_arena_is_an_error),
        cmocka_unit_test(print_parse_round_trip),
        cmocka_unit_test(any_bytes_give_valid_values),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
