/* What a client makes of servers that refuse, fall silent, go away or make no sense. */
#include "client_kit.h"

static talk t;

static void refusals(void **state) {
    static const struct {
        const char *mail, *rcpt, *data, *end;
        smtp_outcome outcome;
        unsigned code;
    } cases[] = {
        {"550 5.7.1 no", NULL, NULL, NULL, SMTP_ALL_SAID, 550},
        {"451 4.3.0 busy", NULL, NULL, NULL, SMTP_NOT_SENT, 451},
        {"300 what", NULL, NULL, NULL, SMTP_ALL_SAID, 300},
        {"421 bye", NULL, NULL, NULL, SMTP_NOT_SENT, 0},
        {NULL, "550 5.1.1 who?", NULL, NULL, SMTP_ALL_SAID, 550},
        {NULL, "450 4.2.0 greylisted", NULL, NULL, SMTP_ALL_SAID, 450},
        {NULL, "421 bye", NULL, NULL, SMTP_NOT_SENT, 0},
        {NULL, NULL, "451 4.3.0 no disk", NULL, SMTP_ALL_SAID, 451},
        {NULL, NULL, "554 5.5.0 no", NULL, SMTP_ALL_SAID, 554},
        {NULL, NULL, "421 bye", NULL, SMTP_NOT_SENT, 0},
        {NULL, NULL, "250 what", NULL, SMTP_NOT_SENT, 0}, /* no 354: no success, whatever its class */
        {NULL, NULL, NULL, "554 5.7.1 spam", SMTP_ALL_SAID, 554},
        {NULL, NULL, NULL, "451 4.7.1 later", SMTP_ALL_SAID, 451},
        {NULL, NULL, NULL, "421 4.3.2 shutting down", SMTP_ALL_SAID, 421},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t k = i / 2;
        talk_begin(&t, i % 2 ? "PIPELINING" : "");
        t.script.mail = cases[k].mail;
        t.script.rcpt[0] = (sink_reply){cases[k].rcpt ? "bob" : NULL, cases[k].rcpt};
        t.script.data = cases[k].data;
        t.script.end = cases[k].end;
        talk_run(&t);
        check_ok(t.opened);
        check_size(t.outcome[0], cases[k].outcome);
        check_size(t.results[0].reply.code, cases[k].code);
        check(t.outcome[0] == SMTP_ALL_SAID || failed(t.why));
        check_size(sink_messages(t.sink), 0);
        talk_end(&t);
    }
}

/* What was refused before is forgotten by RSET before the next message. */
static void next_after_refusal(void **state) {
    for (size_t i = 0; i < 3; i++) {
        talk_begin(&t, i == 0 ? "" : i == 1 ? "PIPELINING" : "PIPELINING\nCHUNKING");
        t.script.rcpt[0] = (sink_reply){"bob", "550 5.1.1 who?"};
        t.times = 2;
        talk_run(&t);
        check(t.outcome[1] == SMTP_ALL_SAID && t.usable);
        check_size(t.results[0].reply.code, 550);
        check_size(sink_said(t.sink, "RSET"), 1);
        check_size(sink_connections(t.sink), 1);
        talk_end(&t);
    }
}

/* Where a connection may end, and what that leaves open. */
static void closings(void **state) {
    static const struct {
        sink_stage at;
        bool opened;
        smtp_outcome outcome;
    } cases[] = {
        {SINK_CONNECT, false, 0},         {SINK_EHLO, false, 0},
        {SINK_MAIL, true, SMTP_NOT_SENT}, {SINK_RCPT, true, SMTP_NOT_SENT},
        {SINK_DATA, true, SMTP_NOT_SENT}, {SINK_END, true, SMTP_MAYBE_SENT},
    };
    static const char *const kinds[] = {"", "PIPELINING", "CHUNKING"};
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) {
        size_t k = i / 3;
        if (cases[k].at == SINK_DATA && i % 3 == 2)
            continue;
        talk_begin(&t, kinds[i % 3]);
        t.script.close_at = cases[k].at;
        talk_run(&t);
        check(failed(t.opened) == !cases[k].opened);
        if (cases[k].opened) {
            check_size(t.outcome[0], cases[k].outcome);
            check(t.why.kind == ERR_TEMP && t.why.what == ERR_CLOSED && !t.usable);
            check_size(t.results[0].reply.code, 0);
        } else {
            check(t.opened.kind == ERR_TEMP && t.opened.what == ERR_CLOSED);
        }
        talk_end(&t);
    }
}

static str large_message(void) {
    SCOPED_BUF b;
    buf_init(&b, 32 << 20);
    buf_add(&b, S("Subject: much\r\n\r\n"));
    while (b.n < 12 << 20)
        buf_add(&b, S("line of a large message that has dots and all sorts of things\r\n"));
    return arena_str(&t.memory, buf_str(&b));
}

static void closed_in_the_middle(void **state) {
    static const char *const kinds[] = {"", "PIPELINING\nCHUNKING"};
    for (size_t i = 0; i < 2; i++) {
        talk_begin(&t, kinds[i]);
        t.message = large_message();
        t.script.close_at = SINK_MIDDLE;
        talk_run(&t);
        check_size(t.outcome[0], SMTP_NOT_SENT);
        check_size(sink_messages(t.sink), 0);
        talk_end(&t);
    }
}

static void chunk_refused(void **state) {
    for (size_t i = 0; i < 2; i++) {
        talk_begin(&t, i ? "PIPELINING\nCHUNKING" : "CHUNKING");
        t.script.bdat = "552 5.3.4 too much";
        t.message = large_message();
        t.times = 2;
        talk_run(&t);
        check_size(t.outcome[0], SMTP_ALL_SAID);
        check_size(t.results[0].reply.code, 552);
        check_size(sink_messages(t.sink), 0);
        talk_end(&t);
    }
}

/* Nothing but the end of the connection may tell a server that a message is not whole. */
static void source_fails(void **state) {
    static const char *const kinds[] = {"", "PIPELINING\nCHUNKING"};
    for (size_t i = 0; i < 4; i++) {
        talk_begin(&t, kinds[i % 2]);
        t.message = large_message();
        t.read_fails_at = i < 2 ? 5 : 100000;
        talk_run(&t);
        check_size(t.outcome[0], SMTP_NOT_SENT);
        check(t.why.what == ERR_IO && !t.usable);
        check_size(sink_messages(t.sink), 0);
        talk_end(&t);
    }
}

static void silence(void **state) {
    static const struct {
        sink_stage at;
        bool opened;
        smtp_outcome outcome;
    } cases[] = {
        {SINK_CONNECT, false, 0},         {SINK_EHLO, false, 0},
        {SINK_MAIL, true, SMTP_NOT_SENT}, {SINK_RCPT, true, SMTP_NOT_SENT},
        {SINK_DATA, true, SMTP_NOT_SENT}, {SINK_END, true, SMTP_MAYBE_SENT},
        {SINK_QUIT, true, SMTP_ALL_SAID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        talk_begin(&t, "");
        smtp_client_config *c = &t.config;
        c->banner_ms = c->helo_ms = c->command_ms = c->data_start_ms = c->data_end_ms = c->quit_ms = 100;
        t.script.slow_at = cases[i].at;
        t.script.slow_ms = 600;
        int64_t start = time_mono_ms();
        talk_run(&t);
        check(time_mono_ms() - start < 500);
        check(failed(t.opened) == !cases[i].opened);
        const err *e = cases[i].opened ? &t.why : &t.opened;
        check(cases[i].at == SINK_QUIT || (e->kind == ERR_TEMP && e->what == ERR_TIMEOUT));
        check(!cases[i].opened || t.outcome[0] == cases[i].outcome);
        talk_end(&t);
    }
}

static void greetings(void **state) {
    static char endless[1100 * 8], wide[70000];
    for (size_t at = 0; at + 8 < sizeof endless; at += 7)
        memcpy(endless + at, "220-a\r\n", 7);
    memset(wide, 'x', sizeof wide - 1);
    memcpy(wide, "220 ", 4);
    const struct {
        const char *greeting;
        err_kind kind;
        unsigned code;
    } cases[] = {
        {"554 5.7.1 no", ERR_PERM, 554},
        {"521 never", ERR_PERM, 521},
        {"421 busy", ERR_TEMP, 421},
        {"450 later", ERR_TEMP, 450},
        {"354 what", ERR_TEMP, 354},
        {"SSH-2.0-OpenSSH", ERR_TEMP, 0},
        {"", ERR_TEMP, 0},
        {"22", ERR_TEMP, 0},
        {"220-a\r\n550 b", ERR_TEMP, 0},
        {endless, ERR_TEMP, 0},
        {wide, ERR_TEMP, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        talk_begin(&t, "");
        t.script.greeting = cases[i].greeting;
        talk_run(&t);
        check_size(t.opened.kind, cases[i].kind);
        check_size(t.said.code, cases[i].code);
        talk_end(&t);
    }
}

/* Words of a server cannot steer a terminal or forge a line of a log. */
static void hostile_words(void **state) {
    talk_begin(&t, "");
    t.script.end = "554-5.7.1 \x1b[2J\x07 level=info\r\n554 5.7.1 \xff\xe2\x80\xae end";
    talk_run(&t);
    check_size(t.results[0].reply.code, 554);
    check_str(t.results[0].reply.text, S("\\x1b[2J\\x07 level=info \\xff\\xe2\\x80\\xae end"));
    talk_end(&t);
}

/* RFC 2920 3.1: all recipients were refused, the pipelined DATA was taken all the same. */
static void dot_for_nobody(void **state) {
    talk_begin(&t, "PIPELINING");
    t.script.rcpt[0] = (sink_reply){"bob", "550 5.1.1 who?"};
    t.script.data = "354 go on";
    talk_run(&t);
    check_size(t.outcome[0], SMTP_ALL_SAID);
    check_size(t.results[0].reply.code, 550);
    check_size(sink_said(t.sink, "Subject"), 0);
    talk_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),      cmocka_unit_test(next_after_refusal),
        cmocka_unit_test(closings),      cmocka_unit_test(closed_in_the_middle),
        cmocka_unit_test(chunk_refused), cmocka_unit_test(source_fails),
        cmocka_unit_test(silence),       cmocka_unit_test(greetings),
        cmocka_unit_test(hostile_words), cmocka_unit_test(dot_for_nobody),
    };
    return cmocka_run_group_tests_name("smtp_client_trouble", tests, client_loops_start, client_loops_stop);
}
