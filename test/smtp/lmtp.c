/* LMTP: a reply for each recipient. */
#include "kit.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_LMTP);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void a_reply_each(void **state) {
    queue_entry *entries;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<second@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<full@demo.test>", "250 "); /* not full yet, but for this message */
    caller_talk(c, "RCPT TO:<no@demo.test>", "550 5.1.1 ");
    caller_talk(c, "RCPT TO:<off@demo.test>", "550 5.2.1 ");
    caller_talk(c, "RCPT TO:<user@elsewhere.example>", "550 5.7.1 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<user+twice@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<both@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("Subject: x\r\n\r\n.\r\nNOOP\r\n"));
    caller_expect(c, "250 2.0.0 <second@demo.test> Ok: queued as ");
    caller_expect(c, "452 4.2.2 <full@demo.test> ");
    caller_expect(c, "250 2.0.0 <user@demo.test> Ok");
    caller_expect(c, "250 2.0.0 <user+twice@demo.test> Ok");
    caller_expect(c, "250 2.0.0 <both@demo.test> Ok"); /* one of its two was served */
    caller_expect(c, "250 2.0.0 Ok\r\n");
    check_size(house_inbox(&k.house, "second@demo.test"), 1);
    check_size(house_inbox(&k.house, "user@demo.test"), 1); /* folded */
    check_size(house_inbox(&k.house, "full@demo.test"), 0);
    assert_true(str_find_str(house_message(&k.house, "second@demo.test", 0), S(" with LMTP id ")) != STR_NONE);
    caller_close(c);
    /* the client will tell of full@; that both@ lost a member is ours to tell */
    check_size(house_queue(&k.house, &entries), 1);
    check_str(entries[0].recipient, S("a@bar.example"));
    check_str(entries[0].sender, S(""));
}

static void refused_for_all(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<second@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("Subject: x\n\r\n.\r\nNOOP\r\n"));
    caller_expect(c, "550 5.6.0 <user@demo.test> ");
    caller_expect(c, "550 5.6.0 <second@demo.test> ");
    caller_expect(c, "250 2.0.0 Ok");
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "DATA", "503 5.5.1 ");
    caller_close(c);
}

static void by_chunks(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<second@demo.test>", "250 ");
    caller_say(c, S("BDAT 6\r\na: b\r\nBDAT 2 LAST\r\n\r\n"));
    caller_expect(c, "250 2.0.0 Ok: 6 bytes");
    caller_expect(c, "250 2.0.0 <user@demo.test> Ok: queued");
    caller_expect(c, "250 2.0.0 <second@demo.test> Ok: queued");
    caller_close(c);
}

static void never_elsewhere(void **state) {
    addr_net here;
    assert_true(addr_net_parse(S("127.0.0.0/8"), &here));
    k.config.trusted = &here;
    k.config.trusted_n = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<user@elsewhere.example>", "550 5.7.1 ");
    caller_talk(c, "EHLO a", "500 5.5.1 ");
    caller_talk(c, "AUTH PLAIN", "503 ");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_reply_each), TEST(refused_for_all), TEST(by_chunks),
                                       TEST(never_elsewhere)};
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
