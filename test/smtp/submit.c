/* Submission: who may send as whom, and what is mended for our own users. */
#include "kit.h"

#include "mime/header.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_SUBMIT);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void only_known_ones(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<user@demo.test>", "530 5.7.0 ");
    caller_talk(c, "MAIL FROM:<>", "530 5.7.0 ");
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 ");
    caller_talk(c, "MAIL FROM:<user@demo.test>", "250 ");
    caller_close(c);
}

static void trusted_without_login(void **state) {
    addr_net here;
    assert_true(addr_net_parse(S("127.0.0.1/32"), &here));
    k.config.trusted = &here;
    k.config.trusted_n = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<any@bar.example>", "530 "); /* require_auth */
    caller_close(c);
    k.service.require_auth = false;
    c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<any@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<boss@elsewhere.example>", "250 ");
    caller_close(c);
}

static void senders_are_checked(void **state) {
    static const struct {
        const char *sender, *answer;
    } cases[] = {
        {"MAIL FROM:<user@demo.test>", "250 "},
        {"MAIL FROM:<USER+any@Demo.TEST>", "250 "},
        {"MAIL FROM:<>", "250 "},
        {"MAIL FROM:<second@demo.test>", "553 5.7.1 "},
        {"MAIL FROM:<list@demo.test>", "553 5.7.1 "},
        {"MAIL FROM:<nobody@demo.test>", "553 5.7.1 "},
        {"MAIL FROM:<x@catch.test>", "553 5.7.1 "},
        {"MAIL FROM:<a@bar.example>", "553 5.7.1 "},
        {"MAIL FROM:<user@[127.0.0.1]>", "553 5.7.1 "},
        {"MAIL FROM:<postmaster>", "501 5.1.7 "},
    };
    kit_open(&k);
    caller *c = caller_authenticated(&k);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caller_talk_at(c, cases[i].sender, cases[i].answer, __FILE__, (int)i);
        caller_talk(c, "RSET", "250 ");
    }
    caller_close(c);
    c = caller_greeted(&k); /* the owner of a catch-all */
    caller_talk(c, "AUTH PLAIN AHNlY29uZEBkZW1vLnRlc3QAcGFzcw==", "235 ");
    caller_talk(c, "MAIL FROM:<anything@catch.test>", "250 ");
    caller_close(c);
    k.config.check_sender = false;
    c = caller_authenticated(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_close(c);
}

static void mended(void **state) {
    kit_open(&k);
    caller *c = caller_authenticated(&k);
    caller_mail(c, "user@demo.test", "user@demo.test",
                "From: user@demo.test\r\nBcc: a@b.example,\r\n c@d.example\r\nSubject: x\r\nresent-bcc: "
                "e@f.example\r\n\r\nBcc: body\r\n.\r\n",
                "250 ");
    str got = house_message(&k.house, "user@demo.test", 0);
    check_size(header_count(got, S("Date")), 1);
    check_size(header_count(got, S("Message-ID")), 1);
    check_size(header_count(got, S("Bcc")), 0);
    check_size(header_count(got, S("Resent-Bcc")), 0);
    assert_true(str_ends(got, S("From: user@demo.test\r\nSubject: x\r\n\r\nBcc: body\r\n")));
    caller_mail(c, "user@demo.test", "user@demo.test",
                "Date: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <a@b>\r\n\r\nbody\r\n.\r\n", "250 ");
    got = house_message(&k.house, "user@demo.test", 1);
    check_size(header_count(got, S("Date")), 1);
    check_size(header_count(got, S("Message-ID")), 1);
    assert_true(str_ends(got, S("\r\nDate: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <a@b>\r\n\r\nbody\r\n")));
    caller_close(c);
}

/* What a notice needs goes on to the queue in plain text. */
static void notices_as_asked(void **state) {
    queue_entry *entries;
    kit_open(&k);
    caller *c = caller_authenticated(&k);
    caller_talk(c, "MAIL FROM:<user@demo.test> RET=HDRS ENVID=QQ+2B1 SMTPUTF8", "250 ");
    caller_talk(c, "RCPT TO:<friend@elsewhere.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Fr+2Biend@Elsewhere.example",
                "250 ");
    caller_talk(c, "RCPT TO:<other@elsewhere.example> ORCPT=utf-8;\\x{F6}@x", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("Subject: x\r\n\r\n.\r\n"));
    caller_expect(c, "250 ");
    check_size(house_queue(&k.house, &entries), 2);
    for (size_t i = 0; i < 2; i++) {
        bool friend = str_starts(entries[i].recipient, S("friend"));
        check_str(entries[i].envid, S("QQ+1"));
        assert_true(entries[i].ret_headers);
        assert_false(entries[i].smtputf8); /* announced, but nothing in it needs it */
        check_size(entries[i].notify, friend ? NOTIFY_SUCCESS | NOTIFY_DELAY : NOTIFY_DEFAULT);
        check_str(entries[i].original, friend ? S("rfc822;Fr+iend@Elsewhere.example") : S("utf-8;\xc3\xb6@x"));
        check_size((size_t)entries[i].submitter, (size_t)k.house.user);
    }
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(only_known_ones), TEST(trusted_without_login), TEST(senders_are_checked),
        TEST(mended),          TEST(notices_as_asked),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
