/* Nobody relays who is not known: some sixty ways to ask, from a stranger. */
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

/* What a stranger may say behind TO: without getting anything out of it. */
static const char *const hostile[] = {
    /* plainly elsewhere */
    "<victim@elsewhere.example>",
    "<VICTIM@ELSEWHERE.EXAMPLE>",
    "<victim@elsewhere.example.>",
    "<victim@localhost>",
    "<victim@mail.demo.test>",
    "<user@demo.test.elsewhere.example>",
    "<user@sub.demo.test>",
    "<user@demo.testx>",
    "<user@xdemo.test>",
    /* the %-hack, bang paths, and their mixtures */
    "<victim%elsewhere.example@demo.test>",
    "<victim%elsewhere.example>",
    "<\"victim%elsewhere.example\"@demo.test>",
    "<victim%elsewhere.example%demo.test@demo.test>",
    "<elsewhere.example!victim@demo.test>",
    "<elsewhere.example!victim>",
    "<demo.test!elsewhere.example!victim@demo.test>",
    "<elsewhere.example!victim%demo.test@demo.test>",
    "<\"elsewhere.example!victim\"@demo.test>",
    /* an address inside the local part */
    "<\"victim@elsewhere.example\"@demo.test>",
    "<\"victim@elsewhere.example\">",
    "<victim@elsewhere.example@demo.test>",
    "<victim@demo.test@elsewhere.example>",
    "<\"victim\\@elsewhere.example\"@demo.test>",
    "<victim\\@elsewhere.example@demo.test>",
    "<\"victim@elsewhere.example,user\"@demo.test>",
    /* source routes */
    "<@demo.test:victim@elsewhere.example>",
    "<@elsewhere.example:victim@elsewhere.example>",
    "<@demo.test,@elsewhere.example:victim@elsewhere.example>",
    "<@demo.test:victim%elsewhere.example@demo.test>",
    "<@demo.test:@elsewhere.example:victim@demo.test>",
    "<@demo.test>",
    "<@demo.test:>",
    /* address literals, ours and others' */
    "<victim@[192.0.2.1]>",
    "<victim@[127.0.0.1]>",
    "<user@[127.0.0.1]>",
    "<postmaster@[127.0.0.1]>",
    "<victim@[IPv6:::1]>",
    "<victim@[IPv6:2001:db8::1]>",
    "<victim@[demo.test]>",
    "<victim@192.0.2.1>",
    "<victim@[192.0.2.1@demo.test]>",
    "<victim%[192.0.2.1]@demo.test>",
    /* several addresses, none, and pieces of syntax */
    "<victim@elsewhere.example>,<user@demo.test>",
    "<user@demo.test>,<victim@elsewhere.example>",
    "<user@demo.test,victim@elsewhere.example>",
    "<user@demo.test;victim@elsewhere.example>",
    "<user@demo.test><victim@elsewhere.example>",
    "<<victim@elsewhere.example>>",
    "<victim@elsewhere.example",
    "victim@elsewhere.example",
    "<\"\"@elsewhere.example>",
    "<>",
    "< victim@elsewhere.example >",
    "<victim @demo.test>",
    "<victim@elsewhere.example(@demo.test)>",
    "<victim@elsewhere.example> ORCPT=rfc822;user@demo.test",
    "<victim@elsewhere.example> NOTIFY=NEVER",
    /* shell, printf, expansion, SQL, paths (CVE-2019-10149, CVE-2020-7247 and kin) */
    "<${run{/bin/sh}}@demo.test>",
    "<;sleep${IFS}5;@demo.test>",
    "<|/bin/sh@demo.test>",
    "<\"|/bin/sh\"@demo.test>",
    "</etc/passwd@demo.test>",
    "<../../user@demo.test>",
    "<%s%n%n@demo.test>",
    "<user'--@demo.test>",
    "<\"' OR 1=1 --\"@demo.test>",
    "<user%@demo.test>",
    "<%user@demo.test>",
    "<*@demo.test>",
    "<@demo.test>",
};

static void strangers_do_not_relay(void **state) {
    queue_entry *entries;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<user@demo.test>", "250 "); /* saying one is from here helps nobody */
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        caller_say(c, arena_strf(&c->memory, "RCPT TO:%s\r\n", hostile[i]));
        caller_expect_at(c, "5", hostile[i], (int)i);
    }
    caller_talk(c, "DATA", "503 5.5.1 ");
    /* those that look odd and are ours */
    caller_talk(c, "RCPT TO:<@elsewhere.example:user@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<\"user\"@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<\"us\\er\"@DEMO.TEST.>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("To: victim@elsewhere.example\r\nBcc: victim@elsewhere.example\r\n\r\n.\r\n"));
    caller_expect(c, "250 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    check_size(house_queue(&k.house, &entries), 0);
    caller_close(c);
}

static void trusted_networks_relay(void **state) {
    addr_net here;
    queue_entry *entries;
    assert_true(addr_net_parse(S("127.0.0.0/8"), &here));
    k.config.trusted = &here;
    k.config.trusted_n = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_mail(c, "scanner@bar.example", "boss@elsewhere.example", "Subject: scan\r\n\r\n.\r\n", "250 ");
    check_size(house_queue(&k.house, &entries), 1);
    check_str(entries[0].recipient, S("boss@elsewhere.example"));
    check_str(entries[0].sender, S("scanner@bar.example"));
    check_str(entries[0].target, S("relay"));
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<nobody@demo.test>", "550 5.1.1 "); /* ours are checked all the same */
    caller_talk(c, "RCPT TO:<root@[192.0.2.1]>", "250 ");
    caller_close(c);
}

static void other_networks_do_not(void **state) {
    addr_net there;
    assert_true(addr_net_parse(S("10.0.0.0/8"), &there));
    k.config.trusted = &there;
    k.config.trusted_n = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<boss@elsewhere.example>", "550 5.7.1 ");
    caller_close(c);
}

/* Users log in elsewhere (RFC 6409): here nobody can, and so nobody can guess either. */
static void no_login_here(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "502 5.5.1 ");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(strangers_do_not_relay),
        TEST(trusted_networks_relay),
        TEST(other_networks_do_not),
        TEST(no_login_here),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
