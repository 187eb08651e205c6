/* What a client and a server say to each other when all goes well. */
#include "client_kit.h"

#include "store/store.h"

static talk t; /* large: not on a stack */

static const char *const dialects[] = {"", "PIPELINING", "CHUNKING",
                                       "PIPELINING\nCHUNKING\nSIZE 1000000\n8BITMIME\nDSN\nENHANCEDSTATUSCODES"};

static void check_delivered(size_t i, str text) {
    const sink_message *m = sink_message_at(t.sink, i);
    char *got = sink_text(m);
    check_str(str_c(got), text);
    free(got);
}

static void every_dialect(void **state) {
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        talk_begin(&t, dialects[i]);
        talk_run(&t);
        check_ok(t.opened);
        check(t.outcome[0] == SMTP_ALL_SAID && t.usable);
        check_size(t.results[0].reply.code, 250);
        check_str(str_c(t.results[0].reply.status), S("2.0.0"));
        check_str(t.results[0].reply.text, S("taken"));
        check_size(sink_messages(t.sink), 1);
        check_delivered(0, t.message);
        check(sink_message_at(t.sink, 0)->bdat == (i >= 2));
        check_size(sink_said(t.sink, "QUIT"), 1);
        check_size(sink_said(t.sink, "RSET"), 0);
        check_text(str_c(t.story), "sink.test[127.0.0.1]:");
        check_str(str_c(t.server_name), S("sink.test"));
        talk_end(&t);
    }
}

static void old_server(void **state) {
    static const char *const refusals[] = {"500 what?", "502 5.5.1 no", "550 go away, EHLO"};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        talk_begin(&t, "PIPELINING");
        t.script.ehlo_refused = refusals[i];
        t.body8 = t.smtputf8 = true;
        t.envid = "x";
        talk_run(&t);
        check_ok(t.opened);
        check(t.outcome[0] == SMTP_ALL_SAID);
        check_size(t.results[0].reply.code, 250);
        check_size(sink_said(t.sink, "HELO client.test"), 1);
        check_str(str_c(sink_message_at(t.sink, 0)->mail), S("MAIL FROM:<alice@example.org>"));
        talk_end(&t);
    }
}

static void parameters(void **state) {
    talk_begin(&t, "SIZE 1000000\n8BITMIME\nDSN\nSMTPUTF8");
    t.body8 = t.ret_headers = true;
    t.envid = "a+b c=";
    t.original = "rfc822;b+o=b@example.com";
    t.notify = NOTIFY_SUCCESS | NOTIFY_DELAY;
    talk_run(&t);
    check_str(str_c(sink_message_at(t.sink, 0)->mail),
              S("MAIL FROM:<alice@example.org> SIZE=26 BODY=8BITMIME RET=HDRS ENVID=a+2Bb+20c+3D"));
    check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]),
              S("RCPT TO:<bob@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bo+3Db@example.com"));
    talk_end(&t);
    talk_begin(&t, "DSN");
    t.notify = NOTIFY_NEVER;
    t.sender = "";
    talk_run(&t);
    check_str(str_c(sink_message_at(t.sink, 0)->mail), S("MAIL FROM:<>"));
    check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]), S("RCPT TO:<bob@example.net> NOTIFY=NEVER"));
    talk_end(&t);
    talk_begin(&t, ""); /* and nothing of it where it is not offered */
    t.body8 = t.ret_headers = true;
    t.envid = "x";
    t.original = "rfc822;x@example.com";
    t.notify = NOTIFY_NEVER;
    talk_run(&t);
    check_str(str_c(sink_message_at(t.sink, 0)->mail), S("MAIL FROM:<alice@example.org>"));
    check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]), S("RCPT TO:<bob@example.net>"));
    talk_end(&t);
}

/* ENVID and ORCPT that cannot be said are left out; nothing gets into the command. */
static void bad_parameters(void **state) {
    talk_begin(&t, "DSN");
    t.envid = "\xc3\xa4";
    t.original = "no type";
    talk_run(&t);
    check_str(str_c(sink_message_at(t.sink, 0)->mail), S("MAIL FROM:<alice@example.org>"));
    check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]), S("RCPT TO:<bob@example.net>"));
    talk_end(&t);
    talk_begin(&t, "DSN");
    t.original = "rfc822;j\xc3\xb6rg@example.net";
    talk_run(&t);
    check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]),
              S("RCPT TO:<bob@example.net> ORCPT=utf-8;j\\x{F6}rg@example.net"));
    talk_end(&t);
    talk_begin(&t, "DSN");
    t.rcpts[0] = "evil@example.net>\r\nRCPT TO:<victim@example.net";
    t.rcpts[1] = "bob@example.net";
    talk_run(&t);
    check_str(str_c(t.results[0].reply.status), S("5.1.3"));
    check_size(t.results[1].reply.code, 250);
    check_size(sink_said(t.sink, "victim"), 0);
    talk_end(&t);
}

static void international(void **state) {
    static const struct {
        const char *keywords, *sender, *rcpt, *message;
        bool flagged;
        unsigned code;
        const char *status, *mail, *to;
    } cases[] = {
        {"SMTPUTF8", "j\xc3\xb6rg@example.org", "bob@example.net", "a: b\r\n\r\n", true, 250, "2.0.0",
         "MAIL FROM:<j\xc3\xb6rg@example.org> SMTPUTF8", "RCPT TO:<bob@example.net>"},
        {"", "j\xc3\xb6rg@example.org", "bob@example.net", "a: b\r\n\r\n", true, 553, "5.6.7", NULL, NULL},
        {"", "a@example.org", "j\xc3\xb6rg@example.net", "a: b\r\n\r\n", true, 553, "5.6.7", NULL, NULL},
        {"", "a@example.org",
         "bob@b\xc3\xbc"
         "cher.example",
         "a: b\r\n\r\n", true, 250, "2.0.0", "MAIL FROM:<a@example.org>", "RCPT TO:<bob@xn--bcher-kva.example>"},
        {"", "a@example.org", "bob@example.net", "a: \xc3\xbc\r\n\r\n", true, 550, "5.6.9", NULL, NULL},
        {"", "a@example.org", "bob@example.net", "a: b\r\n\r\n\xc3\xbc", true, 250, "2.0.0",
         "MAIL FROM:<a@example.org>", "RCPT TO:<bob@example.net>"},
        {"SMTPUTF8", "a@example.org",
         "bob@b\xc3\xbc"
         "cher.example",
         "a: b\r\n\r\n", false, 250, "2.0.0", "MAIL FROM:<a@example.org>", "RCPT TO:<bob@xn--bcher-kva.example>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        talk_begin(&t, cases[i].keywords);
        t.sender = cases[i].sender;
        t.rcpts[0] = cases[i].rcpt;
        t.message = str_c(cases[i].message);
        t.smtputf8 = cases[i].flagged;
        talk_run(&t);
        check(t.outcome[0] == SMTP_ALL_SAID);
        check_size(t.results[0].reply.code, cases[i].code);
        check_str(str_c(t.results[0].reply.status), str_c(cases[i].status));
        check_size(sink_messages(t.sink), cases[i].mail ? 1 : 0);
        if (cases[i].mail) {
            check_str(str_c(sink_message_at(t.sink, 0)->mail), str_c(cases[i].mail));
            check_str(str_c(sink_message_at(t.sink, 0)->rcpts[0]), str_c(cases[i].to));
        }
        talk_end(&t);
    }
}

static void abilities(void **state) {
    talk_begin(&t, "SIZE 20");
    talk_run(&t);
    check_size(t.results[0].reply.code, 552);
    check_str(str_c(t.results[0].reply.status), S("5.3.4"));
    check_size(sink_said(t.sink, "MAIL"), 0);
    talk_end(&t);
    static const char *const without[] = {"", "CHUNKING", "BINARYMIME"};
    for (size_t i = 0; i < 3; i++) {
        talk_begin(&t, without[i]);
        t.binary = true;
        talk_run(&t);
        check_str(str_c(t.results[0].reply.status), S("5.6.3"));
        talk_end(&t);
    }
    talk_begin(&t, "CHUNKING\nBINARYMIME");
    t.binary = true;
    t.message = S("a: b\r\n\r\n\n\r\0.\n");
    talk_run(&t);
    const sink_message *m = sink_message_at(t.sink, 0);
    check_str(str_of(m->raw, m->raw_n), t.message);
    check_text(str_c(m->mail), " BODY=BINARYMIME");
    talk_end(&t);
}

static str large_message(talk *of, size_t lines) {
    SCOPED_BUF b;
    buf_init(&b, 32 << 20);
    buf_add(&b, S("Subject: much\r\n\r\n"));
    for (size_t i = 0; i < lines; i++)
        buf_addf(&b, "%sline %zu of a large message that has dots and all sorts of things\r\n", i % 3 ? "" : ".", i);
    return arena_str(&of->memory, buf_str(&b));
}

static void large(void **state) {
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        talk_begin(&t, dialects[i]);
        if (i == 3)
            t.script.keywords = "PIPELINING\nCHUNKING";
        t.message = large_message(&t, 60000);
        talk_run(&t);
        check(t.outcome[0] == SMTP_ALL_SAID);
        check_size(t.results[0].reply.code, 250);
        check_delivered(0, t.message);
        check(i < 2 || sink_message_at(t.sink, 0)->chunks > 100);
        talk_end(&t);
    }
}

static void several_over_one_connection(void **state) {
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        talk_begin(&t, dialects[i]);
        t.times = 3;
        talk_run(&t);
        check(t.outcome[2] == SMTP_ALL_SAID);
        check_size(sink_messages(t.sink), 3);
        check_size(sink_connections(t.sink), 1);
        talk_end(&t);
    }
    talk_begin(&t, "LIMITS MAILMAX=2");
    t.times = 3;
    talk_run(&t);
    check_size(sink_messages(t.sink), 2);
    check(!t.usable);
    talk_end(&t);
}

static void thousand_recipients(void **state) {
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        talk_begin(&t, dialects[i]);
        t.many = 1000;
        t.script.rcpt[0] = (sink_reply){"rcpt99", "550 5.1.1 no such user"};
        talk_run(&t);
        check(t.outcome[0] == SMTP_ALL_SAID);
        check_size(sink_message_at(t.sink, 0)->rcpts_n, 1000 - 11);
        for (size_t k = 0; k < 1000; k++)
            check_size(t.results[k].reply.code, k == 99 || k / 10 == 99 ? 550 : 250);
        talk_end(&t);
    }
}

static void lmtp(void **state) {
    static const char *const kinds[] = {"", "PIPELINING", "PIPELINING\nCHUNKING"};
    for (size_t i = 0; i < 3; i++) {
        talk_begin(&t, kinds[i]);
        t.script.lmtp = t.config.lmtp = true;
        t.rcpts[1] = "full@example.net";
        t.rcpts[2] = "nobody@example.net";
        t.rcpts[3] = "late@example.net";
        t.script.rcpt[0] = (sink_reply){"nobody", "550 5.1.1 who?"};
        t.script.lmtp_end[0] = (sink_reply){"full", "552 5.2.2 full"};
        t.script.lmtp_end[1] = (sink_reply){"late", "451 4.3.0 later"};
        t.times = 2;
        talk_run(&t);
        check(t.outcome[1] == SMTP_ALL_SAID);
        static const unsigned codes[] = {250, 552, 550, 451};
        for (size_t k = 0; k < 4; k++)
            check_size(t.results[k].reply.code, codes[k]);
        check_str(str_c(t.results[1].reply.status), S("5.2.2"));
        check_size(sink_messages(t.sink), 2);
        check_size(sink_said(t.sink, "LHLO client.test"), 1);
        talk_end(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect),
        cmocka_unit_test(old_server),
        cmocka_unit_test(parameters),
        cmocka_unit_test(bad_parameters),
        cmocka_unit_test(international),
        cmocka_unit_test(abilities),
        cmocka_unit_test(large),
        cmocka_unit_test(several_over_one_connection),
        cmocka_unit_test(thousand_recipients),
        cmocka_unit_test(lmtp),
    };
    return cmocka_run_group_tests_name("smtp_client", tests, client_loops_start, client_loops_stop);
}
