/* What we find out about a client: its verified name, its network; and how a message came, in the words of RFC 3848. */
#include "kit.h"

#include "../net/zone.h"
#include "net/dns.h"

static kit k;
static zone_server names;

static const zone_source zones[] = {
    {"2.0.192.in-addr.arpa",
     "1 IN PTR good.example.test.\n2 IN PTR liar.example.test.\n3 IN PTR nowhere.example.test.\n"
     "4 IN PTR wrong.example.test.\n4 IN PTR second.example.test.\n"},
    {"example.test", "good IN A 192.0.2.1\nliar IN A 198.51.100.1\nwrong IN A 198.51.100.1\nsecond IN A "
                     "192.0.2.4\nsecond IN A 192.0.2.44\n"},
};

static int begin(void **state) {
    zone_start(&names, zones, sizeof zones / sizeof *zones);
    const dns_config config = {
        .forward = &names.forward, .forward_n = 1, .trust_anchor_file = S("none"), .timeout_ms = 3000};
    return failed(dns_start(&config)) ? -1 : kit_loops_start(state);
}

static int end(void **state) {
    kit_loops_stop(state);
    dns_stop();
    zone_stop(&names);
    return 0;
}

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

/* A name counts when it leads back to the address, and only then. */
static void verified_names(void **state) {
    static const struct {
        const char *ip, *shown;
    } cases[] = {
        {"192.0.2.1", "from client.example (good.example.test [192.0.2.1])\r\n"},
        {"192.0.2.2", "from client.example ([192.0.2.2])\r\n"},
        {"192.0.2.3", "from client.example ([192.0.2.3])\r\n"},
        {"192.0.2.4", "from client.example (second.example.test [192.0.2.4])\r\n"},
        {"192.0.2.5", "from client.example ([192.0.2.5])\r\n"},
    };
    addr_net here;
    assert_true(addr_net_parse(S("127.0.0.0/8"), &here));
    k.config.reverse_lookup = true;
    k.listening.proxies = &here;
    k.listening.proxies_n = 1;
    kit_open(&k);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caller *c = caller_open(&k);
        caller_say(c, arena_strf(&c->memory, "PROXY TCP4 %s 192.0.2.99 4000 25\r\n", cases[i].ip));
        caller_expect(c, "220 ");
        caller_talk(c, "EHLO client.example", "250 ");
        caller_mail(c, "", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 ");
        assert_true(str_find_str(house_message(&k.house, "user@demo.test", i), str_c(cases[i].shown)) != STR_NONE);
        caller_close(c);
    }
}

static void words_of_the_protocol(void **state) {
    static const struct {
        const char *hello;
        bool tls, utf8, login;
        const char *word;
    } cases[] = {
        {"HELO a", false, false, false, " with SMTP id "},    {"EHLO a", false, false, false, " with ESMTP id "},
        {"EHLO a", true, false, false, " with ESMTPS id "},   {"HELO a", true, false, false, " with ESMTPS id "},
        {"EHLO a", false, false, true, " with ESMTPA id "},   {"EHLO a", true, false, true, " with ESMTPSA id "},
        {"EHLO a", false, true, false, " with UTF8SMTP id "}, {"EHLO a", true, true, true, " with UTF8SMTPSA id "},
    };
    addr_net here;
    assert_true(addr_net_parse(S("127.0.0.0/8"), &here));
    k.service.role = SMTP_SUBMIT;
    k.service.require_auth = false;
    k.config.trusted = &here;
    k.config.trusted_n = 1;
    kit_open(&k);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caller *c = caller_open(&k);
        caller_expect(c, "220 ");
        caller_talk(c, "EHLO first", "250 ");
        if (cases[i].tls) {
            caller_talk(c, "STARTTLS", "220 ");
            caller_tls(c);
        }
        caller_talk(c, cases[i].hello, "250 ");
        if (cases[i].login)
            caller_talk(c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "235 ");
        caller_talk(c, cases[i].utf8 ? "MAIL FROM:<> SMTPUTF8" : "MAIL FROM:<>", "250 ");
        caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
        caller_talk(c, "DATA", "354 ");
        caller_say(c, S("a: b\r\n\r\n.\r\n"));
        caller_expect(c, "250 ");
        assert_true(str_find_str(house_message(&k.house, "user@demo.test", i), str_c(cases[i].word)) != STR_NONE);
        caller_close(c);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(verified_names), TEST(words_of_the_protocol)};
    return cmocka_run_group_tests(tests, begin, end);
}
