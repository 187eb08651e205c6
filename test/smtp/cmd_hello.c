/* Greetings, offers, STARTTLS. */
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

static bool offers(str reply, const char *line) {
    for (str l; str_cut_line(&reply, &l);)
        if (str_eq(str_sub(l, 4, l.n - 6), str_c(line)))
            return true;
    return false;
}

static void offers_what_there_is(void **state) {
    static const char *const all[] = {"PIPELINING",
                                      "SIZE 1048576",
                                      "8BITMIME",
                                      "SMTPUTF8",
                                      "CHUNKING",
                                      "BINARYMIME",
                                      "ENHANCEDSTATUSCODES",
                                      "DSN",
                                      "LIMITS MAILMAX=1000 RCPTMAX=100"};
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 mail.demo.test ESMTP");
    caller_say(c, S("EHLO client.example\r\n"));
    str reply = caller_reply(c);
    assert_true(str_starts(reply, S("250-mail.demo.test\r\n")));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_true(offers(reply, all[i]));
    assert_true(offers(reply, "STARTTLS"));
    assert_true(offers(reply, "AUTH SCRAM-SHA-256 PLAIN LOGIN"));
    caller_talk(c, "STARTTLS", "220 2.0.0 ");
    caller_tls(c);
    caller_say(c, S("EHLO client.example\r\n"));
    reply = caller_reply(c);
    assert_false(offers(reply, "STARTTLS"));
    assert_true(offers(reply, "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"));
    caller_talk(c, "STARTTLS", "503 5.5.1 ");
    caller_talk(c, "HELO client.example", "250 mail.demo.test\r\n");
    caller_close(c);
}

static void nothing_to_offer(void **state) {
    k.service.tls = NULL;
    k.service.auth = NULL;
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    caller_say(c, S("EHLO client.example\r\n"));
    str reply = caller_reply(c);
    assert_false(offers(reply, "STARTTLS"));
    assert_true(str_find_str(reply, S("AUTH")) == STR_NONE);
    caller_talk(c, "STARTTLS", "502 5.5.1 ");
    caller_talk(c, "AUTH PLAIN", "502 5.5.1 ");
    caller_close(c);
}

static void limits_have_six_digits(void **state) {
    k.config.max_transactions = 1000000000;
    k.config.max_recipients = 1000000;
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    caller_say(c, S("EHLO client.example\r\n"));
    assert_true(offers(caller_reply(c), "LIMITS MAILMAX=999999 RCPTMAX=999999"));
    caller_close(c);
}

static void bad_names(void **state) {
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    caller_talk(c, "EHLO", "501 5.5.4 ");
    caller_talk(c, "EHLO a b", "501 5.5.4 ");
    caller_talk(c, "HELO \x01", "501 5.5.4 ");
    caller_talk(c, "LHLO a", "500 5.5.1 Say EHLO here");
    caller_talk(c, "MAIL FROM:<>", "503 5.5.1 ");
    caller_close(c);
}

static void ehlo_ends_a_transaction(void **state) {
    k.service.role = SMTP_MX;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "EHLO again.example", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "503 ");
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "EHLO", "501 "); /* one that fails changes nothing */
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_close(c);
}

/* CVE-2021-33515: what came in the clear behind STARTTLS is never run, neither before the handshake nor after. */
static void plaintext_behind_starttls_is_lost(void **state) {
    k.service.role = SMTP_MX;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_say(c, S("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@bar.example>\r\n"));
    caller_expect(c, "220 2.0.0 ");
    usleep(20000);
    check_size(c->in.n, 0); /* no answer to what came behind */
    caller_tls(c);
    caller_talk(c, "NOOP", "250 2.0.0 Ok");
    caller_talk(c, "RCPT TO:<user@demo.test>", "503 5.5.1 Say EHLO");
    caller_talk(c, "EHLO good.example", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "503 5.5.1 Say MAIL");
    caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 ");
    str got = house_message(&k.house, "user@demo.test", 0);
    assert_true(str_find_str(got, S("Received: from good.example ([127.0.0.1])\r\n\t(TLSv1.3 TLS_")) != STR_NONE);
    assert_true(str_find_str(got, S(" with ESMTPS id ")) != STR_NONE);
    caller_close(c);
}

static void tls_forgets_who_was_there(void **state) {
    kit_open(&k);
    caller *c = caller_authenticated(&k);
    caller_talk(c, "STARTTLS", "220 ");
    caller_tls(c);
    caller_talk(c, "EHLO client.example", "250 ");
    caller_talk(c, "MAIL FROM:<user@demo.test>", "530 5.7.0 ");
    caller_close(c);
}

static void failed_handshakes_close(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "STARTTLS", "220 ");
    caller_say(c, S("MAIL FROM:<>\r\nRCPT TO:<user@demo.test>\r\nDATA\r\n"));
    assert_true(peer_is_gone(c->fd));
    caller_close(c);
}

static void tls_may_be_demanded(void **state) {
    k.service.role = SMTP_MX;
    k.service.require_tls = true;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "530 5.7.0 ");
    caller_talk(c, "STARTTLS", "220 ");
    caller_tls(c);
    caller_talk(c, "EHLO a", "250 ");
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(offers_what_there_is),
        TEST(nothing_to_offer),
        TEST(bad_names),
        TEST(limits_have_six_digits),
        TEST(ehlo_ends_a_transaction),
        TEST(tls_forgets_who_was_there),
        TEST(plaintext_behind_starttls_is_lost),
        TEST(failed_handshakes_close),
        TEST(tls_may_be_demanded),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
