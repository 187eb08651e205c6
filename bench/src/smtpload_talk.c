#include "smtpload.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_SIZE = 400, LINE = 76 }; /* about what the header of a message takes */

/* Words, not noise: as hard to compress as text with few repetitions. */
void talk_make_body(load *l) {
    size_t want = l->size > HEADER_SIZE ? l->size - HEADER_SIZE : 20;
    l->body = bench_alloc(want + 256, 1);
    size_t n =
        (size_t)snprintf(l->body, 256, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n");
    uint64_t x = 88172645463325252U;
    while (n < want) {
        size_t left = want - n, line = left > LINE + 2 ? LINE : left > 2 ? left - 2 : 0;
        for (size_t i = 0; i < line; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            l->body[n++] = i % 8 == 7 ? ' ' : (char)('a' + x % 26);
        }
        l->body[n++] = '\r';
        l->body[n++] = '\n';
    }
    memcpy(l->body + n, ".\r\n", 3);
    l->body_n = n + 3;
}

__attribute__((format(printf, 3, 4))) static outcome say(conn *c, talk_state next, const char *format, ...) {
    va_list args;
    va_start(args, format);
    c->out_n = (size_t)vsnprintf(c->out, sizeof c->out, format, args);
    va_end(args);
    c->at = next;
    c->out_at = c->body_n = c->body_at = 0;
    return conn_flush(c);
}

outcome talk_hello(conn *c, talk_state next) {
    return say(c, next, "%s client.bench.test\r\n", c->of->lmtp ? "LHLO" : "EHLO");
}

static void recipient(const conn *c, char out[256]) { bench_numbered(out, 256, c->of->to, c->number % c->of->users); }

static outcome next_message(conn *c) {
    load *l = c->of;
    char to[256];
    if (l->started >= l->total || (l->per_session && c->messages >= l->per_session))
        return say(c, TALK_QUIT, "QUIT\r\n");
    c->number = l->started++;
    c->messages++;
    c->began_ns = bench_now_ns();
    if (!l->pipelining)
        return say(c, TALK_MAIL, "MAIL FROM:<%s>\r\n", l->from);
    recipient(c, to);
    c->replies_due = 3;
    return say(c, TALK_PIPED, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", l->from, to);
}

static outcome send_recipient(conn *c) {
    char to[256];
    recipient(c, to);
    return say(c, TALK_RCPT, "RCPT TO:<%s>\r\n", to);
}

static outcome send_body(conn *c) {
    const load *l = c->of;
    char to[256];
    recipient(c, to);
    c->out_n =
        (size_t)snprintf(c->out, sizeof c->out,
                         "Received: from client.bench.test (client.bench.test [192.0.2.1])\r\n"
                         "\tby relay.bench.test with ESMTP id %012ld\r\n"
                         "\tfor <%s>; Sat, 21 Nov 2026 00:00:00 +0000\r\n"
                         "From: Bench Sender <%s>\r\nTo: <%s>\r\nSubject: benchmark message %ld of the run\r\n"
                         "Date: Sat, 21 Nov 2026 00:00:00 +0000\r\nMessage-ID: <%ld.%d.%lld@bench.test>\r\n",
                         c->number, to, l->from, to, c->number, c->number, (int)getpid(), (long long)c->began_ns);
    c->out_at = c->body_at = 0;
    c->body_n = l->body_n;
    c->at = TALK_BODY;
    return conn_flush(c);
}

static outcome accepted(conn *c) {
    load *l = c->of;
    l->accepted++;
    l->last_ns = bench_now_ns();
    bench_times_add(&l->times, c->began_ns);
    return next_message(c);
}

static outcome piped(conn *c) { return --c->replies_due ? GO_ON : send_body(c); }

static outcome start_tls(conn *c) {
    conn_start_tls(c);
    return GO_ON;
}

static outcome greeted(conn *c) { return talk_hello(c, TALK_HELLO); }

static outcome introduced(conn *c) { return c->of->starttls ? say(c, TALK_STARTTLS, "STARTTLS\r\n") : next_message(c); }

static outcome send_data(conn *c) { return say(c, TALK_DATA, "DATA\r\n"); }

/* What is expected in each state, and what to do then. */
static const struct {
    const char *name, *code;
    outcome (*then)(conn *c);
} steps[] = {
    [TALK_GREETING] = {"greeting", "220", greeted},   [TALK_HELLO] = {"EHLO", "250", introduced},
    [TALK_STARTTLS] = {"STARTTLS", "220", start_tls}, [TALK_HELLO_AGAIN] = {"EHLO", "250", next_message},
    [TALK_MAIL] = {"MAIL", "250", send_recipient},    [TALK_RCPT] = {"RCPT", "250", send_data},
    [TALK_DATA] = {"DATA", "354", send_body},         [TALK_PIPED] = {"pipelined", NULL, piped},
    [TALK_BODY] = {"message", "250", accepted},
};

outcome talk_line(conn *c, const char *line) {
    if (c->at == TALK_QUIT)
        return ENDED;
    const char *code = c->at == TALK_PIPED ? (c->replies_due > 1 ? "250" : "354") : steps[c->at].code;
    if (strncmp(line, code, 3) != 0) {
        conn_note(c, steps[c->at].name, line);
        return BROKEN;
    }
    return steps[c->at].then(c);
}
