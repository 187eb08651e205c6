#include "../base/check.h"

#include "base/utf8.h"
#include "smtp/client_reply.h"

/* Feeds lines; the state after the last, or the first that is not MORE. */
static smtp_reply_state feed(smtp_reply_parse *p, const char *lines) {
    str rest = str_c(lines), line, text;
    smtp_reply_state state = SMTP_REPLY_MORE;
    smtp_reply_begin(p);
    while (state == SMTP_REPLY_MORE && str_cut(&rest, '\n', &line))
        state = smtp_reply_line(p, line, &text);
    assert_true(state != SMTP_REPLY_DONE || !rest.p);
    return state;
}

static void whole_replies(void **state) {
    static const struct {
        const char *lines;
        unsigned code;
        const char *status, *words;
    } cases[] = {
        {"250 ok", 250, "", "ok"},
        {"250", 250, "", ""},
        {"250 ", 250, "", ""},
        {"220-a\n220-b\n220 c", 220, "", "a b c"},
        {"550 5.1.1 no such user", 550, "5.1.1", "no such user"},
        {"550-5.1.1 no\n550-5.1.1 such\n550 5.1.1 user", 550, "5.1.1", "no such user"},
        {"550-no\n550 5.7.1 spam", 550, "5.7.1", "no spam"},
        {"550 5.1.1", 550, "5.1.1", ""},
        {"451 5.1.1 lies", 451, "", "5.1.1 lies"}, /* a status of another class is none */
        {"250 2.0", 250, "", "2.0"},
        {"250 2.1.1000 x", 250, "", "2.1.1000 x"},
        {"250 2.123.456 x", 250, "2.123.456", "x"},
        {"250 2.1.1x", 250, "", "2.1.1x"},
        {"250-\n250 ", 250, "", ""},
        {"250-a\n251 b", 251, "", "a b"}, /* codes of one class: the last counts */
        {"421 \x1b[2J\xff\xc3\xa4\xe2\x80\xae", 421, "", "\\x1b[2J\\xff\xc3\xa4\\xe2\\x80\\xae"},
        {"354 a\r", 354, "", "a\\x0d"},
    };
    smtp_reply_parse p;
    smtp_reply_init(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(feed(&p, cases[i].lines), SMTP_REPLY_DONE);
        assert_int_equal(p.code, cases[i].code);
        assert_string_equal(p.status, cases[i].status);
        assert_str(buf_str(&p.words), str_c(cases[i].words));
    }
    smtp_reply_free(&p);
}

static void bad_replies(void **state) {
    static const char *const cases[] = {
        "",         "25",      "2500",        "250x", "abc",   "150 preliminary", "650 x",
        " 250 x",   "-250",    "250_x",       "25 x", "2x0 a", "HTTP/1.1 200 OK", "250-a\n550 b",
        "250-a\nb", "250-a\n", "354-a\n250 b"};
    smtp_reply_parse p;
    smtp_reply_init(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (feed(&p, cases[i]) != SMTP_REPLY_BAD)
            fail_msg("\"%s\" was taken", cases[i]);
    str text;
    assert_int_equal(feed(&p, "250 over"), SMTP_REPLY_DONE);
    assert_int_equal(smtp_reply_line(&p, S("250 more"), &text), SMTP_REPLY_BAD); /* nothing follows the last line */
    smtp_reply_free(&p);
}

static void endless(void **state) {
    smtp_reply_parse p;
    smtp_reply_init(&p);
    smtp_reply_begin(&p);
    str text;
    size_t lines = 0;
    while (smtp_reply_line(&p, S("250-and another thing"), &text) == SMTP_REPLY_MORE) {
        lines++;
        assert_true(p.words.n <= SMTP_REPLY_TEXT && p.words.cap <= 2 * SMTP_REPLY_TEXT);
    }
    assert_int_equal(lines, SMTP_REPLY_LINES);
    static char wide[SMTP_REPLY_LINE + 1];
    memset(wide, 'x', sizeof wide);
    memcpy(wide, "250 ", 4);
    smtp_reply_begin(&p);
    assert_int_equal(smtp_reply_line(&p, (str){wide, sizeof wide}, &text), SMTP_REPLY_BAD);
    smtp_reply_begin(&p);
    assert_int_equal(smtp_reply_line(&p, (str){wide, SMTP_REPLY_LINE}, &text), SMTP_REPLY_DONE);
    assert_int_equal(p.words.n, SMTP_REPLY_TEXT < SMTP_REPLY_LINE - 4 ? p.words.n : 0);
    assert_true(p.words.n <= SMTP_REPLY_TEXT);
    smtp_reply_free(&p);
}

/* Words that no longer fit are left out as whole lines, and never cut a character. */
static void bounded_words(void **state) {
    smtp_reply_parse p;
    smtp_reply_init(&p);
    smtp_reply_begin(&p);
    str text;
    for (int i = 0; i < 200; i++)
        assert_int_equal(smtp_reply_line(&p, S("550-\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), &text), SMTP_REPLY_MORE);
    assert_int_equal(smtp_reply_line(&p, S("550 end"), &text), SMTP_REPLY_DONE);
    assert_true(p.words.n > SMTP_REPLY_TEXT - 20 && utf8_valid(buf_str(&p.words)));
    assert_true(str_ends(buf_str(&p.words), S("\xe2\x82\xac")));
    smtp_reply_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_replies),
        cmocka_unit_test(bad_replies),
        cmocka_unit_test(endless),
        cmocka_unit_test(bounded_words),
    };
    return cmocka_run_group_tests_name("smtp_client_reply", tests, NULL, NULL);
}
