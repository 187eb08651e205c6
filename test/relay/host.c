/* Opening a host: TLS that may be left out and TLS that may not, logins, names. */
#include "kit.h"

static void smarthost(kit *k, const sink_script *script) {
    kit_first(k, script);
    k->config.smarthost = arena_strf(&k->memory, "127.0.0.2:%u", k->config.port);
}

static void opportunistic(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "STARTTLS"});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    assert_true(sink_message_at(k->first, 0)->tls);
}

/* RFC 7435: a server that offers what it cannot do gets its mail all the same. */
static void broken_tls(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "STARTTLS", .tls_broken = true});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    assert_false(sink_message_at(k->first, 0)->tls);
    check_size(sink_connections(k->first), 2);
}

static void no_way_around_tls(void **state) {
    static const struct {
        sink_script script;
        int tls;
        bool verify;
    } cases[] = {
        {{.keywords = "STARTTLS", .tls_broken = true}, CLIENT_TLS_MUST, false},
        {{.keywords = "PIPELINING"}, CLIENT_TLS_MUST, false},
        {{.keywords = "STARTTLS"}, CLIENT_TLS_MUST, true}, /* a certificate nobody vouches for */
        {{.keywords = "STARTTLS"}, CLIENT_TLS_TRY, true},
        {{.keywords = "PIPELINING"}, CLIENT_TLS_TRY, true}, /* STARTTLS was taken out on the way */
        {{.keywords = "PIPELINING"}, CLIENT_TLS_IMPLICIT, false},
    };
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        smarthost(k, &cases[i].script);
        k->config.tls = cases[i].tls;
        k->config.verify = cases[i].verify;
        k->config.times.helo_ms = 500;
        kit_try(k, "bob@example.test");
        check_said(k, 0, SAID_LATER, "4.7.5");
        check_size(sink_said(k->first, "MAIL"), 0);
        relay_free(k->relay);
        k->relay = NULL;
    }
}

static void implicit_tls(void **state) {
    kit *k = *state;
    smarthost(k, &(sink_script){.tls_first = true, .keywords = "AUTH PLAIN", .user = "me", .password = "secret"});
    k->config.tls = CLIENT_TLS_IMPLICIT;
    k->config.smarthost_user = S("me");
    k->config.smarthost_password = S("secret");
    kit_try(k, "bob@anywhere.invalid");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    check_size(sink_said(k->first, "AUTH PLAIN"), 1);
}

/* What is wrong with us at the smarthost returns no mail. */
static void our_own_trouble(void **state) {
    kit *k = *state;
    smarthost(k, &(sink_script){.keywords = "STARTTLS\nAUTH PLAIN", .user = "me", .password = "other"});
    k->config.smarthost_user = S("me");
    k->config.smarthost_password = S("secret");
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_LATER, "4.7.8");
    assert_true(kit_has(k->said[0].text, "535 5.7.8 no"));
    relay_free(k->relay);
    k->relay = NULL;
    smarthost(k, &(sink_script){.greeting = "554 5.7.1 you are not welcome"});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_LATER, "4.4.1");
    relay_free(k->relay);
    k->relay = NULL;
    k->config.smarthost = S("[absent.example.test]");
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_LATER, "4.4.4");
}

/* Never our login to hosts that an MX record names. */
static void logins_are_the_smarthosts(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "AUTH SCRAM-SHA-256 PLAIN", .user = "me", .password = "secret"});
    k->config.smarthost_user = S("me");
    k->config.smarthost_password = S("secret");
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    check_size(sink_said(k->first, "AUTH"), 0);
}

static void source_address(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){0});
    k->config.source_address = S("127.0.0.9");
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    relay_free(k->relay);
    k->relay = NULL;
    k->config.source_address = S("192.0.2.1"); /* not ours */
    kit_try(k, "bob@example.test");
    assert_int_equal(k->said[0].fate, SAID_LATER);
}

static void bad_configuration(void **state) {
    kit *k = *state;
    relay *r = NULL;
    relay_config c = k->config;
    c.smarthost = S("host:port");
    check_fails(relay_create(&r, &c), ERR_PERM, ERR_SYNTAX);
    c = k->config;
    c.source_address = S("somewhere");
    check_fails(relay_create(&r, &c), ERR_PERM, ERR_SYNTAX);
    c = k->config;
    c.ca_file = S("/nonexistent/ca.pem");
    assert_true(failed(relay_create(&r, &c)));
    assert_null(r);
    relay_free(NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(opportunistic),  TEST(broken_tls),        TEST(no_way_around_tls),
        TEST(implicit_tls),   TEST(our_own_trouble),   TEST(logins_are_the_smarthosts),
        TEST(source_address), TEST(bad_configuration),
    };
    return cmocka_run_group_tests_name("relay_host", tests, kit_group_begin, kit_group_end);
}
