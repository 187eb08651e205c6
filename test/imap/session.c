/* Limits, states, deadlines and TLS of a connection. */
#include <openssl/ssl.h>

#include "serve.h"

#include <malloc.h>

#include "base/time.h"
#include "net/loop.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    return 0;
}

static int begin_strict(void **state) {
    serve_start(&s, false);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static str raw(str tag, str bytes) {
    client_send(&c, bytes);
    return client_rest(&c, tag);
}

static void states(void **state) {
    client_connect(&c, &s);
    client_exactly(&c, "SELECT INBOX", "BAD SELECT is not possible before the login");
    client_exactly(&c, "FETCH 1 UID", "BAD FETCH is not possible before the login");
    client_exactly(&c, "APPEND INBOX {5+}\r\nabcde", "BAD APPEND is not possible before the login");
    client_exactly(&c, "IDLE", "BAD IDLE is not possible before the login");
    client_well(&c, "LOGIN user@demo.test pass");
    client_exactly(&c, "LOGIN user@demo.test pass", "BAD LOGIN is not possible after the login");
    client_exactly(&c, "STARTTLS", "BAD STARTTLS is not possible after the login");
    client_exactly(&c, "FETCH 1 UID", "BAD FETCH is not possible without a selected mailbox");
    client_well(&c, "SELECT INBOX");
    client_well(&c, "UNSELECT");
    client_exactly(&c, "CLOSE", "BAD CLOSE is not possible without a selected mailbox");
    client_exactly(&c, "LOGOUT", "* BYE Goodbye\nOK LOGOUT done");
    client_ends(&c);
}

/* ---- what a stranger may not do ---- */

static void passwords_need_tls(void **state) {
    client_connect(&c, &s);
    str got = client_ask(&c, "CAPABILITY");
    assert_true(str_find_str(got, S(" LOGINDISABLED")) != STR_NONE && str_find_str(got, S(" STARTTLS")) != STR_NONE);
    assert_true(str_find_str(got, S("AUTH=PLAIN")) == STR_NONE);
    client_exactly(&c, "LOGIN user@demo.test pass", "NO [PRIVACYREQUIRED] Start TLS first");
    client_fails(&c, "AUTHENTICATE PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "NO [CANNOT]");
    client_well(&c, "STARTTLS");
    client_tls(&c);
    got = client_ask(&c, "CAPABILITY");
    assert_true(str_find_str(got, S(" LOGINDISABLED")) == STR_NONE && str_find_str(got, S(" STARTTLS")) == STR_NONE);
    client_fails(&c, "STARTTLS", "NO [CLIENTBUG]");
    client_well(&c, "AUTHENTICATE PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=");
    client_well(&c, "SELECT INBOX");
}

/* RFC 9051 11.1: what was sent in the clear behind STARTTLS is as if it was never sent. */
static void nothing_survives_starttls(void **state) {
    client_connect(&c, &s);
    client_send(&c, S("a STARTTLS\r\nb CREATE injected\r\nc NOOP {50+}\r\n"));
    assert_true(str_starts(client_rest(&c, S("a")), S("OK ")));
    client_tls(&c);
    client_exactly(&c, "NOOP", "OK NOOP done");
}

static size_t memory_used(void) { return mallinfo2().uordblks; }

/* A thousand strangers who announce gigabytes, or send braces and parentheses, cost no more than their line. */
static void strangers_cost_little(void **state) {
    enum { STRANGERS = 300 };
    static client all[STRANGERS];
    static char junk[9000];
    memset(junk, '(', sizeof junk);
    for (size_t i = 0; i < STRANGERS; i++)
        client_connect(&all[i], &s);
    size_t before = memory_used();
    for (size_t i = 0; i < STRANGERS; i++) {
        if (i % 3 == 0)
            client_send(&all[i], S("a LOGIN {4294967295}\r\n"));
        else if (i % 3 == 1)
            client_send(&all[i], S("a LOGIN {4294967295+}\r\n"));
        else
            client_send(&all[i], str_of(junk, sizeof junk));
    }
    for (size_t i = 0; i < STRANGERS; i++)
        if (i % 3 == 0)
            assert_str(client_rest(&all[i], S("a")), S("BAD The command is too long"));
        else if (i % 3 == 1)
            client_says(&all[i], "* BYE [TOOBIG]");
    client_connect(&c, &s);
    client_well(&c, "NOOP"); /* the server goes on */
    assert_true(memory_used() < before + STRANGERS / 3 * 64 * 1024 + 8 * 1024 * 1024);
    for (size_t i = 0; i < STRANGERS; i++)
        client_close(&all[i]);
}

static void long_commands(void **state) {
    SCOPED_BUF b;
    buf_init(&b, 1 << 24);
    client_connect(&c, &s);
    buf_add(&b, S("a LOGIN "));
    while (b.n < 40000)
        buf_add(&b, S("(({{[["));
    buf_add(&b, S("\r\n"));
    assert_str(raw(S("a"), buf_str(&b)), S("BAD The command is too long"));
    client_well(&c, "LOGIN user@demo.test pass");
    b.p[0] = 'b';
    b.n -= 2;
    while (b.n < 3000000)
        buf_add(&b, S("UUUUUUUU"));
    buf_add(&b, S("\r\n"));
    assert_str(raw(S("b"), buf_str(&b)), S("BAD The command is too long"));
    b.n = 0;
    buf_add(&b, S("c SEARCH TEXT {2000000+}\r\n"));
    while (b.n < 2000026)
        buf_add(&b, S("x NOOP\r\n"));
    b.n = 2000026;
    buf_add(&b, S(" ALL\r\n"));
    assert_str(raw(S("c"), buf_str(&b)), S("BAD The command is too long"));
    assert_str(raw(S("d"), S("d SEARCH TEXT {2000000}\r\n")), S("BAD The command is too long"));
    client_well(&c, "NOOP");
    client_send(&c, S("e SEARCH TEXT {200000000+}\r\n"));
    client_says(&c, "* BYE [TOOBIG]");
    client_ends(&c);
}

static void nul_nowhere(void **state) {
    static const char *const commands[] = {"LOGIN a\1b c",
                                           "LOGIN \"a\1\" c",
                                           "LOGIN a {3+}\r\nx\1z",
                                           "NO\1OP",
                                           "CAPABILITY\1",
                                           "AUTHENTICATE PL\1",
                                           "ID (\"a\1\" NIL)",
                                           "ENABLE \1",
                                           "LOGIN user@demo.test pass",
                                           "SELECT IN\1BOX",
                                           "LIST \"\" \"\1*\"",
                                           "CREATE {3+}\r\na\1b",
                                           "STATUS INBOX (\1)",
                                           "SELECT INBOX",
                                           "FETCH 1\1 UID",
                                           "SEARCH SUBJECT \"\1\"",
                                           "STORE 1 FLAGS (\1)",
                                           "FETCH 1 BODY[HEADER.FIELDS (\"\1\")]"};
    client_connect(&c, &s);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char text[200];
        int n = snprintf(text, sizeof text, "t%zu %s\r\n", i, commands[i]);
        bool good = !memchr(text, 1, (size_t)n);
        for (int k = 0; k < n; k++)
            if (text[k] == 1)
                text[k] = 0;
        char tag[8];
        snprintf(tag, sizeof tag, "t%zu", i);
        str got = raw(str_c(tag), str_of(text, (size_t)n));
        size_t last = str_rfind(got, '\n');
        got = last == STR_NONE ? got : str_skip(got, last + 1);
        if (str_starts(got, S("OK")) != good)
            fail_msg("%s was answered %.*s", commands[i], STR_ARG(got));
    }
}

static void too_many_errors(void **state) {
    s.service.max_errors = 5;
    client_connect(&c, &s);
    for (int i = 0; i < 5; i++)
        client_fails(&c, i % 2 ? "FOO" : "LOGIN user@demo.test wrong", i % 2 ? "BAD" : "NO [AUTHENTICATIONFAILED]");
    client_fails(&c, "LOGIN", "BAD");
    client_says(&c, "* BYE Too many errors");
    client_ends(&c);
}

/* ---- deadlines ---- */

static void no_login_in_time(void **state) {
    s.service.login_ms = 300;
    client_connect(&c, &s);
    client_well(&c, "NOOP"); /* does not make it longer */
    client_send(&c, S("a LOG"));
    client_says(&c, "* BYE No login in time");
    client_ends(&c);
}

static void autologout(void **state) {
    s.service.idle_ms = 300;
    client_select(&c, &s);
    client_says(&c, "* BYE Nothing said for too long");
    client_ends(&c);
}

static void goodbye(void **state) {
    client_select(&c, &s);
    listener_each(s.listener, imap_goodbye);
    client_says(&c, "* BYE The server is going down");
    client_ends(&c);
}

/* ---- how bytes come does not matter ---- */

static void byte_by_byte(void **state) {
    serve_fill(&s, 2);
    client_connect(&c, &s);
    str talk = S("a LOGIN {14}\r\nuser@demo.test {4+}\r\npass\r\nb SELECT INBOX\nc FETCH 1:2 (UID FLAGS)\r\nd APPEND "
                 "INBOX {12+}\r\n"
                 "Subject: 3\r\n\r\ne IDLE\r\nDONE\r\nf UID SEARCH {7+}\r\nSUBJECTX\r\ng SEARCH SUBJECT {1}\r\n3\r\nh "
                 "LOGOUT\r\n");
    for (size_t i = 0; i < talk.n; i++)
        client_send(&c, str_sub(talk, i, 1));
    assert_true(str_starts(client_rest(&c, S("a")), S("+ Go on\nOK ")));
    assert_true(str_ends(client_rest(&c, S("b")), S("OK [READ-WRITE] SELECT done")));
    assert_str(client_rest(&c, S("c")), S("* 1 FETCH (UID 1 FLAGS ())\n* 2 FETCH (UID 2 FLAGS ())\nOK FETCH done"));
    assert_true(str_starts(client_rest(&c, S("d")), S("* 3 EXISTS\nOK [APPENDUID ")));
    assert_str(client_rest(&c, S("e")), S("+ Idling\nOK IDLE done"));
    assert_true(str_starts(client_rest(&c, S("f")), S("BAD ")));
    assert_str(client_rest(&c, S("g")), S("+ Go on\n* SEARCH 3\nOK SEARCH done"));
    assert_str(client_rest(&c, S("h")), S("* BYE Goodbye\nOK LOGOUT done"));
    client_ends(&c);
}

static void gone_at_any_moment(void **state) {
    serve_fill(&s, 50);
    static const char *const talks[] = {
        "a LOG",
        "a LOGIN {14}\r\nus",
        "a AUTHENTICATE PLAIN\r\n",
        "a LOGIN user@demo.test pass\r\nb SELECT INBOX\r\nc IDLE\r\n",
        "a LOGIN user@demo.test pass\r\nb SELECT INBOX\r\nc FETCH 1:* (BODY[] FLAGS)\r\n",
        "a LOGIN user@demo.test pass\r\nb SELECT INBOX\r\nc SEARCH TEXT body\r\n",
        "a LOGIN user@demo.test pass\r\nb SELECT INBOX\r\nc STORE 1:* +FLAGS (\\Seen x)\r\n",
        "a LOGIN user@demo.test pass\r\nb APPEND INBOX {100+}\r\nhalf"};
    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
        client_connect(&c, &s);
        client_send(&c, str_c(talks[i]));
        client_close(&c);
    }
    client_select(&c, &s);
    client_well(&c, "NOOP");
}

#define CASE(fn)        cmocka_unit_test_setup_teardown(fn, begin, finish)
#define STRICT_CASE(fn) cmocka_unit_test_setup_teardown(fn, begin_strict, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(states),
        STRICT_CASE(passwords_need_tls),
        CASE(nothing_survives_starttls),
        CASE(strangers_cost_little),
        CASE(long_commands),
        CASE(nul_nowhere),
        CASE(too_many_errors),
        CASE(no_login_in_time),
        CASE(autologout),
        CASE(goodbye),
        CASE(byte_by_byte),
        CASE(gone_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
