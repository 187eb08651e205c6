/* TLS and logins: what is said in clear, to whom, and what is believed. */
#include "client_kit.h"

static talk t;

static void opportunistic(void **state) {
    talk_begin(&t, "STARTTLS\nPIPELINING");
    t.config.tls_mode = CLIENT_TLS_TRY;
    talk_run(&t);
    check_ok(t.opened);
    check_size(t.results[0].reply.code, 250);
    check(sink_message_at(t.sink, 0)->tls);
    check_size(sink_said(t.sink, "EHLO"), 2); /* RFC 3207 4.2 */
    check_text(str_c(t.story), " TLSv1.");
    talk_end(&t);
    talk_begin(&t, "PIPELINING");
    t.config.tls_mode = CLIENT_TLS_TRY;
    talk_run(&t);
    check_ok(t.opened);
    check(!sink_message_at(t.sink, 0)->tls);
    talk_end(&t);
    talk_begin(&t, "STARTTLS");
    talk_run(&t); /* not wanted */
    check(!sink_message_at(t.sink, 0)->tls);
    talk_end(&t);
}

static void demanded(void **state) {
    talk_begin(&t, "PIPELINING");
    t.config.tls_mode = CLIENT_TLS_MUST;
    talk_run(&t);
    check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_TLS);
    check_size(sink_said(t.sink, "MAIL"), 0);
    talk_end(&t);
    talk_begin(&t, "STARTTLS");
    t.config.tls_mode = CLIENT_TLS_MUST;
    t.config.verify = TLS_VERIFY_NAME; /* nobody vouches for the sink */
    talk_run(&t);
    check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_TLS);
    check_size(sink_said(t.sink, "MAIL"), 0);
    talk_end(&t);
    talk_begin(&t, "");
    t.script.tls_first = true;
    t.config.tls_mode = CLIENT_TLS_IMPLICIT;
    talk_run(&t);
    check_ok(t.opened);
    check(sink_message_at(t.sink, 0)->tls);
    talk_end(&t);
}

static void broken(void **state) {
    for (size_t i = 0; i < 2; i++) {
        talk_begin(&t, "STARTTLS");
        t.config.tls_mode = i ? CLIENT_TLS_MUST : CLIENT_TLS_TRY;
        t.script.tls_broken = true;
        talk_run(&t);
        check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_TLS);
        check_size(sink_said(t.sink, "MAIL"), 0);
        talk_end(&t);
    }
}

/* CVE-2021-38371: what was said in clear behind the 220 is no answer to what is said under TLS. */
static void response_injection(void **state) {
    talk_begin(&t, "STARTTLS");
    t.config.tls_mode = CLIENT_TLS_TRY;
    t.script.tls_injects = true;
    talk_run(&t);
    if (failed(t.opened)) {
        check(t.opened.what == ERR_TLS);
        check_size(sink_said(t.sink, "MAIL"), 0);
    } else {
        check_str(str_c(t.server_name), S("sink.test"));
        check_size(t.results[0].reply.code, 250);
        check_str(t.results[0].reply.text, S("taken"));
        check(sink_message_at(t.sink, 0)->tls);
    }
    talk_end(&t);
}

static void log_in(const char *keywords, bool tls, const char *password) {
    talk_begin(&t, keywords);
    t.config.tls_mode = tls ? CLIENT_TLS_TRY : CLIENT_TLS_NONE;
    t.config.user = S("u=s,er");
    t.config.password = str_c(password);
    t.script.user = "u=s,er";
    t.script.password = "p\xc3\xa4ss word";
}

static void logins(void **state) {
    static const struct {
        const char *keywords;
        bool tls;
        const char *used; /* NULL: none may be */
    } cases[] = {
        {"STARTTLS\nAUTH PLAIN LOGIN", true, "AUTH PLAIN "},
        {"STARTTLS\nAUTH LOGIN", true, "AUTH LOGIN"},
        {"STARTTLS\nAUTH PLAIN LOGIN SCRAM-SHA-256", true, "AUTH SCRAM-SHA-256 "},
        {"STARTTLS\nAUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS", true, "AUTH SCRAM-SHA-256-PLUS "},
        {"AUTH PLAIN LOGIN SCRAM-SHA-256", false, "AUTH SCRAM-SHA-256 "},
        {"AUTH PLAIN LOGIN", false, NULL},
        {"AUTH CRAM-MD5", false, NULL},
        {"PIPELINING", false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        log_in(cases[i].keywords, cases[i].tls, "p\xc3\xa4ss word");
        talk_run(&t);
        if (cases[i].used) {
            check_ok(t.opened);
            check_size(sink_said(t.sink, cases[i].used), 1);
            check_size(t.results[0].reply.code, 250);
        } else {
            check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_DENIED);
            check_size(sink_said(t.sink, "AUTH"), 0);
        }
        talk_end(&t);
    }
}

static void wrong_passwords(void **state) {
    static const char *const keywords[] = {"STARTTLS\nAUTH PLAIN", "STARTTLS\nAUTH LOGIN",
                                           "STARTTLS\nAUTH SCRAM-SHA-256",
                                           "STARTTLS\nAUTH SCRAM-SHA-256 SCRAM-SHA-256-PLUS"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        log_in(keywords[i], true, "wrong");
        talk_run(&t);
        check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_DENIED);
        check_size(t.said.code, 535);
        check_size(sink_said(t.sink, "MAIL"), 0);
        talk_end(&t);
    }
}

/* A server that says 235 but cannot prove that it knows the password is not ours. */
static void lying_server(void **state) {
    log_in("STARTTLS\nAUTH SCRAM-SHA-256", true, "p\xc3\xa4ss word");
    t.script.scram_lies = true;
    talk_run(&t);
    check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_DENIED);
    check_size(sink_said(t.sink, "MAIL"), 0);
    talk_end(&t);
}

static void long_secret(void **state) {
    static char secret[600];
    memset(secret, 'p', sizeof secret - 1);
    log_in("STARTTLS\nAUTH PLAIN", true, secret);
    t.script.password = secret;
    talk_run(&t);
    check_ok(t.opened);
    check_size(sink_said(t.sink, "AUTH PLAIN "), 0); /* too long for one line: asked for by 334 */
    talk_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opportunistic),      cmocka_unit_test(demanded),    cmocka_unit_test(broken),
        cmocka_unit_test(response_injection), cmocka_unit_test(logins),      cmocka_unit_test(wrong_passwords),
        cmocka_unit_test(lying_server),       cmocka_unit_test(long_secret),
    };
    return cmocka_run_group_tests_name("smtp_client_secret", tests, client_loops_start, client_loops_stop);
}
