#include "smtp/reply.h"

#include "mail/mail.h"

#include "../base/check.h"

static void expect(unsigned code, const char *status, str text, str printed) {
    SCOPED_BUF out;
    buf_init(&out, 10000);
    smtp_say_print(&out, code, status, text);
    assert_str(buf_str(&out), printed);
}

static void one_line_and_many(void **state) {
    expect(250, "2.0.0", S("Ok"), S("250 2.0.0 Ok\r\n"));
    expect(220, "", S("host ESMTP"), S("220 host ESMTP\r\n"));
    expect(250, "", S("host\nPIPELINING\nSIZE 5"), S("250-host\r\n250-PIPELINING\r\n250 SIZE 5\r\n"));
    expect(214, "2.0.0", S("a\nb"), S("214-2.0.0 a\r\n214 2.0.0 b\r\n"));
    expect(250, "2.0.0", S(""), S("250 2.0.0 \r\n"));
}

/* Nothing that came from elsewhere can end the line or steer a terminal. */
static void texts_are_cleaned(void **state) {
    expect(550, "5.1.1", S("<a\rb\0c\x1b.\xc3.>"), S("550 5.1.1 <a?b?c?.?.>\r\n"));
    char longest[1000];
    memset(longest, 'x', sizeof longest);
    SCOPED_BUF out;
    buf_init(&out, 10000);
    smtp_say_print(&out, 550, "5.1.1", str_of(longest, sizeof longest));
    assert_true(out.n <= 512); /* RFC 5321 4.5.3.1.5 */
}

static void codes_of_errors(void **state) {
    static const struct {
        err_kind kind;
        err_what what;
        unsigned code;
        const char *status;
    } cases[] = {
        {ERR_NONE, ERR_WHAT_OTHER, 250, "2.0.0"}, {ERR_TEMP, ERR_FULL, 452, "4.3.1"},
        {ERR_TEMP, ERR_IO, 451, "4.3.0"},         {ERR_BUG, ERR_LIMIT, 451, "4.3.0"},
        {ERR_PEER, ERR_NOT_FOUND, 550, "5.1.1"},  {ERR_PEER, ERR_DENIED, 550, "5.7.1"},
        {ERR_PEER, ERR_OVER_QUOTA, 452, "4.2.2"}, {ERR_PEER, ERR_CLOSED, 550, "5.2.1"},
        {ERR_PEER, ERR_LIMIT, 552, "5.3.4"},      {ERR_PEER, ERR_CONFLICT, 554, "5.4.6"},
        {ERR_PEER, ERR_SYNTAX, 550, "5.6.0"},     {ERR_PERM, ERR_CORRUPT, 550, "5.0.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err e = {.kind = cases[i].kind, .what = cases[i].what};
        assert_int_equal(smtp_code_of(&e), cases[i].code);
        assert_string_equal(mail_status(&e), cases[i].status);
        assert_int_equal(cases[i].status[0] - '0', smtp_code_of(&e) / 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_and_many),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(codes_of_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
