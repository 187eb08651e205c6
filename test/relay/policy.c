/* What replies and failures mean for a recipient. */
#include "../net/check.h"

#include "relay/inside.h"

static relay to_mx = {.config = {.helo = {"relay.test", 10}, .tls = CLIENT_TLS_TRY}};
static relay to_smarthost = {.config = {.helo = {"relay.test", 10}, .tls = CLIENT_TLS_TRY},
                             .smarthost = {.name = {"smart", 5}}};
static arena memory;

static int begin(void **state) {
    arena_init(&memory, 1 << 20);
    return 0;
}
static int end(void **state) {
    arena_free(&memory);
    return 0;
}

static smtp_reply reply(unsigned code, const char *status) {
    smtp_reply r = {.code = code, .text = S("words")};
    snprintf(r.status, sizeof r.status, "%s", status);
    return r;
}

static void verdicts(void **state) {
    static const struct {
        unsigned code;
        const char *said;
        queue_fate fate;
        const char *status, *text;
    } cases[] = {
        {250, "2.1.5", SAID_RELAYED, "2.1.5", "250 2.1.5 words"},
        {250, "", SAID_RELAYED, "2.0.0", "250 words"},
        {450, "", SAID_LATER, "4.0.0", "450 words"},
        {451, "4.7.1", SAID_LATER, "4.7.1", "451 4.7.1 words"},
        {550, "", SAID_NEVER, "5.0.0", "550 words"},
        {554, "5.7.1", SAID_NEVER, "5.7.1", "554 5.7.1 words"},
        {354, "", SAID_LATER, "4.0.0", "354 words"}, /* makes no sense: not taken, not refused */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        smtp_reply r = reply(cases[i].code, cases[i].said);
        queue_said s = relay_verdict(&to_mx, S("mx"), &r, false, &memory);
        assert_int_equal(s.fate, cases[i].fate);
        check_str(s.status, str_c(cases[i].status));
        check_str(s.text, str_c(cases[i].text));
        check_str(s.remote, S("mx"));
    }
    smtp_reply r = reply(250, "");
    assert_int_equal(relay_verdict(&to_mx, S("mx"), &r, true, &memory).fate, SAID_PASSED_ON);
    relay lmtp = to_smarthost;
    lmtp.config.lmtp = true;
    assert_int_equal(relay_verdict(&lmtp, S("mx"), &r, false, &memory).fate, SAID_DELIVERED);
}

static void failures(void **state) {
    err gone = err_make(ERR_TEMP, ERR_CLOSED, "", "connection refused");
    queue_said s = relay_failure(&to_mx, S("mx"), S("mx[192.0.2.1]:25"), &gone, &(smtp_reply){0}, &memory);
    assert_int_equal(s.fate, SAID_LATER);
    check_str(s.text, S("mx[192.0.2.1]:25: connection refused"));
    check_str(s.remote, S("")); /* it said nothing */
    err no = err_make(ERR_PERM, ERR_UNAVAILABLE, "", "554 to connecting");
    smtp_reply r = reply(554, "");
    assert_int_equal(relay_failure(&to_mx, S("mx"), S(""), &no, &r, &memory).fate, SAID_NEVER);
    assert_int_equal(relay_failure(&to_smarthost, S("mx"), S(""), &no, &r, &memory).fate, SAID_LATER);
    err later = err_make(ERR_TEMP, ERR_UNAVAILABLE, "", "421 to EHLO");
    r = reply(421, "4.3.2");
    s = relay_failure(&to_mx, S("mx"), S(""), &later, &r, &memory);
    assert_int_equal(s.fate, SAID_LATER);
    check_str(s.status, S("4.3.2"));
}

static void addresses(void **state) {
    static const char *const nowhere[] = {"0.0.0.0",   "0.1.2.3",   "224.0.0.1", "255.255.255.255", "::", "ff02::1",
                                          "127.0.0.1", "127.9.9.9", "::1",       "::ffff:127.0.0.1"};
    static const char *const somewhere[] = {"192.0.2.1", "10.0.0.1", "2001:db8::1", "1.1.1.1"};
    addr a;
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        check(addr_parse(str_c(nowhere[i]), &a));
        if (relay_may_connect(&to_mx, &a))
            fail_msg("%s", nowhere[i]);
        assert_true(relay_may_connect(&to_smarthost, &a)); /* the operator said so */
    }
    for (size_t i = 0; i < sizeof somewhere / sizeof *somewhere; i++) {
        check(addr_parse(str_c(somewhere[i]), &a));
        assert_true(relay_may_connect(&to_mx, &a));
    }
}

static void security(void **state) {
    const relay_host host = {.name = S("mx")};
    err tls = err_make(ERR_TEMP, ERR_TLS, "", "x"), other = err_make(ERR_TEMP, ERR_CLOSED, "", "x");
    assert_true(relay_may_go_plain(&to_mx, &tls));
    assert_false(relay_may_go_plain(&to_mx, &other));
    assert_int_equal(relay_client_config(&to_mx, &host, false).tls_mode, CLIENT_TLS_TRY);
    assert_int_equal(relay_client_config(&to_mx, &host, true).tls_mode, CLIENT_TLS_NONE);
    relay r = to_mx;
    r.config.verify = true;
    assert_false(relay_may_go_plain(&r, &tls));
    assert_int_equal(relay_client_config(&r, &host, false).tls_mode, CLIENT_TLS_MUST);
    r = to_mx;
    r.config.tls = CLIENT_TLS_IMPLICIT;
    assert_int_equal(relay_client_config(&r, &host, false).tls_mode, CLIENT_TLS_MUST);
    r = to_smarthost;
    r.config.tls = CLIENT_TLS_IMPLICIT;
    assert_int_equal(relay_client_config(&r, &host, false).tls_mode, CLIENT_TLS_IMPLICIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verdicts, begin, end),
        cmocka_unit_test_setup_teardown(failures, begin, end),
        cmocka_unit_test(addresses),
        cmocka_unit_test(security),
    };
    return cmocka_run_group_tests_name("relay_policy", tests, NULL, NULL);
}
