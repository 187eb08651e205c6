/* AUTH: the dialogue of RFC 4954. The mechanisms themselves are tested with auth/. */
#include "kit.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_SUBMIT);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void plain_both_ways(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 2.7.0 ");
    caller_talk(c, "AUTH PLAIN", "503 5.5.1 ");
    caller_close(c);
    c = caller_greeted(&k);
    caller_talk(c, "auth plain", "334 \r\n");
    caller_talk(c, "AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 2.7.0 ");
    caller_talk(c, "MAIL FROM:<user@demo.test>", "250 ");
    caller_talk(c, "AUTH PLAIN", "503 5.5.1 "); /* RFC 4954 4: not inside a transaction */
    caller_close(c);
}

static void refusals(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "AUTH", "501 5.5.4 ");
    caller_talk(c, "AUTH XYZZY", "538 5.7.11 "); /* there may be more with TLS */
    caller_talk(c, "AUTH PLAIN a b", "501 5.5.4 ");
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3N=", "501 5.5.2 Not base64"); /* bits left over */
    caller_talk(c, "AUTH PLAIN =", "501 5.5.2 ");
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHdyb25n", "535 5.7.8 ");
    caller_talk(c, "AUTH PLAIN AG9mZkBkZW1vLnRlc3QAcGFzcw==", "535 5.7.8 "); /* off@: disabled */
    caller_talk(c, "AUTH PLAIN AG5vYm9keUBkZW1vLnRlc3QAcGFzcw==", "535 5.7.8 ");
    caller_talk(c, "MAIL FROM:<user@demo.test>", "530 5.7.0 ");
    caller_talk(c, "AUTH LOGIN", "334 ");
    caller_talk(c, "*", "501 5.7.0 ");
    caller_talk(c, "NOOP", "250 ");
    caller_talk(c, "AUTH PLAIN", "334 ");
    caller_say(c, S("AAAA\n"));
    caller_expect(c, "500 5.5.2 Bare LF");
    caller_talk(c, "", "500 ");
    caller_talk(c, "NOOP", "250 "); /* the exchange is over */
    caller_close(c);
}

/* Whatever follows AUTH in the same packet is an answer in the dialogue, not a command. */
static void pipelined_lines_are_answers(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_say(c, S("AUTH LOGIN\r\ndXNlckBkZW1vLnRlc3Q=\r\ncGFzcw==\r\nMAIL FROM:<user@demo.test>\r\n"));
    caller_expect(c, "334 VXNlcm5hbWU6");
    caller_expect(c, "334 UGFzc3dvcmQ6");
    caller_expect(c, "235 ");
    caller_expect(c, "250 2.1.0 ");
    caller_close(c);
}

static void long_answers(void **state) {
    static char text[12289];
    memset(text, 'A', sizeof text);
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "AUTH PLAIN", "334 ");
    caller_say(c, str_of(text, 12288)); /* RFC 4954 4: longer than an ordinary line may be */
    caller_say(c, S("\r\n"));
    caller_expect(c, "5");
    caller_talk(c, "AUTH PLAIN", "334 ");
    caller_say(c, str_of(text, 12289));
    caller_say(c, S("\r\n"));
    caller_expect(c, "500 5.5.2 Line too long");
    caller_talk(c, "NOOP", "250 ");
    caller_close(c);
}

static void only_with_tls_where_demanded(void **state) {
    k.service.require_tls = true;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "530 5.7.0 ");
    caller_talk(c, "STARTTLS", "220 ");
    caller_tls(c);
    caller_talk(c, "EHLO a", "250 ");
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 ");
    caller_mail(c, "user@demo.test", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 ");
    assert_true(str_find_str(house_message(&k.house, "user@demo.test", 0), S(" with ESMTPSA id ")) != STR_NONE);
    caller_close(c);
}

/* One who does it wrong again and again is sent away. */
static void guessers_are_sent_away(void **state) {
    k.config.max_errors = 2;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    for (size_t i = 0; i < 3; i++)
        caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHdyb25n", "535 ");
    caller_expect(c, "421 ");
    caller_expect_end(c);
    caller_close(c);
}

/* One who goes on is told to wait, whatever he says then. */
static void guessers_have_to_wait(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    for (size_t i = 0; i < 100; i++)
        caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHdyb25n", "535 ");
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "454 4.7.0 Too many failed logins, try again later");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(plain_both_ways),
        TEST(refusals),
        TEST(pipelined_lines_are_answers),
        TEST(long_answers),
        TEST(only_with_tls_where_demanded),
        TEST(guessers_are_sent_away),
        TEST(guessers_have_to_wait),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
