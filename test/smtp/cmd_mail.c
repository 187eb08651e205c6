/* MAIL and RCPT: who is taken, who is not, and in which words. */
#include "kit.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

typedef struct exchange {
    const char *line, *answer;
} exchange;

static void talk(caller *c, const exchange *all, size_t n, bool reset) {
    for (size_t i = 0; i < n; i++) {
        caller_talk_at(c, all[i].line, all[i].answer, all[i].line, (int)i);
        if (reset)
            caller_talk(c, "RSET", "250 ");
    }
}

static void senders(void **state) {
    static const exchange all[] = {
        {"MAIL FROM:<>", "250 2.1.0 "},
        {"MAIL FROM:<a@bar.example>", "250 2.1.0 "},
        {"mail from:<\"a b\"@[192.0.2.1]> size=5", "250 2.1.0 "},
        {"MAIL FROM:<@x.example:a@bar.example>", "250 2.1.0 "},
        {"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x AUTH=<>", "250 2.1.0 "},
        {"MAIL", "501 5.5.4 "},
        {"MAIL FROM", "501 5.5.4 "},
        {"MAIL TO:<a@bar.example>", "501 5.5.4 "},
        {"MAIL FROM:a@bar.example", "501 5.5.4 "},
        {"MAIL FROM:<a@bar.example", "501 5.1.7 "},
        {"MAIL FROM:<a@-bar.example>", "501 5.1.7 "},
        {"MAIL FROM:<postmaster>", "501 5.1.7 "},
        {"MAIL FROM:<a\x01@bar.example>", "501 5.1.7 "},
        {"MAIL FROM:<\xc3\xb6@bar.example>", "553 5.6.7 "},
        {"MAIL FROM:<\xff@bar.example> SMTPUTF8", "501 5.1.7 "},
        {"MAIL FROM:<\xc3\xb6@bar.example> SMTPUTF8", "250 2.1.0 "},
        {"MAIL FROM:<> SIZE=1048577", "552 5.3.4 "},
        {"MAIL FROM:<> SIZE=18446744073709551615", "552 5.3.4 "},
        {"MAIL FROM:<> SIZE=99999999999999999999", "501 5.5.4 "},
        {"MAIL FROM:<> HOLDFOR=5", "555 5.5.4 "},
    };
    kit_open(&k);
    caller *c = caller_greeted(&k);
    talk(c, all, sizeof all / sizeof *all, true);
    caller_close(c);
}

static void recipients(void **state) {
    static const exchange all[] = {
        {"RCPT TO:<user@demo.test>", "250 2.1.5 "},
        {"RCPT TO:<USER@DEMO.TEST>", "250 2.1.5 "},
        {"RCPT TO:<user+detail@demo.test>", "250 2.1.5 "},
        {"RCPT TO:<list@demo.test>", "250 2.1.5 "},
        {"RCPT TO:<anything@catch.test>", "250 2.1.5 "},
        {"RCPT TO:<Postmaster>", "250 2.1.5 "},
        {"RCPT TO:<postmaster@demo.test>", "250 2.1.5 "},
        {"RCPT TO:<POSTMASTER@catch.test>", "250 2.1.5 "},
        {"RCPT TO:<user@demo.test> NOTIFY=NEVER ORCPT=rfc822;user@demo.test", "250 2.1.5 "},
        {"RCPT TO:<nobody@demo.test>", "550 5.1.1 "},
        {"RCPT TO:<off@demo.test>", "550 5.2.1 "},
        {"RCPT TO:<postmaster@elsewhere.example>", "550 5.7.1 "},
        {"RCPT TO:<user@elsewhere.example>", "550 5.7.1 "},
        {"RCPT TO:<\xc3\xb6@demo.test>", "553 5.6.7 "},
        {"RCPT TO:<>", "501 5.1.3 "},
        {"RCPT TO:<user>", "501 5.1.3 "},
        {"RCPT TO:<user@de_mo.test>", "501 5.1.3 "},
        {"RCPT TO:user@demo.test", "501 5.5.4 "},
        {"RCPT", "501 5.5.4 "},
        {"RCPT TO:<user@demo.test> NOTIFY=NEVER,SUCCESS", "501 5.5.4 "},
        {"RCPT TO:<user@demo.test> BODY=7BIT", "555 5.5.4 "},
    };
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    talk(c, all, sizeof all / sizeof *all, false);
    caller_close(c);
}

static void full_before_the_data(void **state) {
    static const principal operator_ = {.role = ROLE_ADMIN};
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 ");
    const store_account small = {.quota_bytes = 10};
    check_ok(store_account_set(k.house.store, &operator_, k.house.user, ACCOUNT_SET_QUOTA, &small));
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "452 4.2.2 Mailbox full");
    caller_close(c);
}

static void so_many_recipients(void **state) {
    k.config.max_recipients = 100; /* RFC 5321 4.5.3.1.8: the least */
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    for (size_t i = 0; i < 100; i++) {
        caller_say(c, arena_strf(&c->memory, "RCPT TO:<user+%zu@demo.test>\r\n", i));
        caller_expect(c, "250 ");
    }
    caller_talk(c, "RCPT TO:<second@demo.test>", "452 4.5.3 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("a: b\r\n\r\n.\r\n"));
    caller_expect(c, "250 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    caller_close(c);
}

static void so_many_transactions(void **state) {
    k.config.max_transactions = 2;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 ");
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RSET", "250 ");
    caller_talk(c, "MAIL FROM:<>", "421 4.7.0 ");
    caller_expect_end(c);
    caller_close(c);
}

/* RFC 6531: an address in UTF-8, found in whatever form it is written, and the queue knows what it needs. */
static void addresses_in_utf8(void **state) {
    static const principal operator_ = {.role = ROLE_ADMIN};
    const store_address in = {.key = S("j\xc3\xb6rg@demo.test"), .account = k.house.user};
    addr_net here;
    int64_t id;
    queue_entry *entries;
    check_ok(store_address_add(k.house.store, &operator_, &in, &id));
    assert_true(addr_net_parse(S("127.0.0.0/8"), &here));
    k.config.trusted = &here;
    k.config.trusted_n = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example> SMTPUTF8", "250 ");
    caller_talk(c, "RCPT TO:<J\xc3\x96RG@demo.test>", "250 ");  /* upper case */
    caller_talk(c, "RCPT TO:<jo\xcc\x88rg@demo.test>", "250 "); /* decomposed */
    caller_talk(c, "RCPT TO:<\xe7\x94\xa8\xe6\x88\xb7@elsewhere.example>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("Subject: x\r\n\r\n.\r\n"));
    caller_expect(c, "250 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    assert_true(str_find_str(house_message(&k.house, "user@demo.test", 0), S(" with UTF8SMTP id ")) != STR_NONE);
    check_size(house_queue(&k.house, &entries), 1);
    assert_true(entries[0].smtputf8);
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(senders),
        TEST(recipients),
        TEST(full_before_the_data),
        TEST(so_many_recipients),
        TEST(so_many_transactions),
        TEST(addresses_in_utf8),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
