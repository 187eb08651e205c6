#include "pop3/session.h"

#include <stdarg.h>

#include "base/log.h"
#include "base/mem.h"

/* ---- states ---- */

typedef struct state_row {
    const char *name;
    unsigned next; /* a bit for each state that may follow */
} state_row;

#define TO(state) (1U << (state))

static const state_row states[POP3_STATES] = {
    [POP3_AUTHORIZATION] = {"authorization", TO(POP3_SASL) | TO(POP3_TRANSACTION) | TO(POP3_ENDED)},
    [POP3_SASL] = {"sasl", TO(POP3_AUTHORIZATION) | TO(POP3_TRANSACTION) | TO(POP3_ENDED)},
    [POP3_TRANSACTION] = {"transaction", TO(POP3_SENDING) | TO(POP3_ENDED)},
    [POP3_SENDING] = {"sending", TO(POP3_TRANSACTION) | TO(POP3_ENDED)},
    [POP3_ENDED] = {"ended", 0},
};

void pop3_enter(pop3 *s, pop3_state next) {
    ASSERT(states[s->state].next & TO(next));
    log_debug("pop3.state", lf_c("conn", conn_id(s->c)), lf_c("from", states[s->state].name),
              lf_c("to", states[next].name));
    s->state = next;
}

void pop3_end(pop3 *s) {
    if (s->state == POP3_ENDED)
        return;
    pop3_enter(s, POP3_ENDED);
    conn_close(s->c);
}

/* ---- answers ---- */

void pop3_say(pop3 *s, const char *format, ...) {
    char line[POP3_LINE_MOST];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ASSERT(n >= 0 && (size_t)n < sizeof line);
    conn_write(s->c, (str){line, (size_t)n});
    conn_write(s->c, S("\r\n"));
}

void pop3_refuse(pop3 *s, const char *code, const char *text) {
    pop3_say(s, "-ERR %s%s%s", code, *code ? " " : "", text);
}

void pop3_bad(pop3 *s, const char *code, const char *text) {
    if (++s->errors <= s->service->max_errors) {
        pop3_refuse(s, code, text);
        return;
    }
    pop3_refuse(s, "", "Too many errors");
    pop3_end(s);
}

/* RFC 2449 8, RFC 3206: what a client can do about it. */
static const char *code_of(const err *e) {
    if (e->kind == ERR_PERM)
        return "[SYS/PERM]";
    if (e->kind != ERR_PEER || e->what == ERR_LIMIT)
        return "[SYS/TEMP]";
    return e->what == ERR_CONFLICT ? "[IN-USE]" : e->what == ERR_DENIED ? "[AUTH]" : "";
}

static const char *text_of(const err *e) {
    if (e->kind == ERR_PEER && e->what == ERR_NOT_FOUND)
        return "No such message any more";
    return e->text ? e->text : "Internal error";
}

static void log_ours(const pop3 *s, const err *e) {
    if (e->kind != ERR_PEER)
        log_error("pop3.failed", lf_c("conn", conn_id(s->c)), lf_err(e));
}

void pop3_refuse_err(pop3 *s, const err *e) {
    pop3_refuse(s, code_of(e), text_of(e));
    log_ours(s, e);
}

void pop3_bad_err(pop3 *s, const err *e) {
    pop3_bad(s, code_of(e), text_of(e));
    log_ours(s, e);
}

/* ---- events ---- */

void *pop3_open(void *service, conn *c) {
    pop3 *s = mem_alloc(sizeof *s);
    s->c = c;
    s->service = service;
    conn_deadline(c, s->service->login_ms);
    pop3_say(s, "+OK %.*s POP3 server ready", STR_ARG(str_sub(s->service->host, 0, 255)));
    return s;
}

/* One line an event: what comes behind it waits for its answer, and is not seen at all after STLS. */
static size_t on_input(void *session, str in) {
    pop3 *s = session;
    if (s->state == POP3_ENDED)
        return in.n;
    if (s->state == POP3_SENDING)
        return 0;
    if (conn_queued(s->c) >= POP3_REFILL_BELOW) { /* answers to pipelined commands may not pile up either */
        conn_want_drain(s->c);
        return 0;
    }
    str line;
    size_t used;
    bool in_sasl = s->state == POP3_SASL;
    switch (pop3_line(in, pop3_line_most(in, in_sasl), &line, &used)) {
    case POP3_CUT_MORE:
        return 0;
    case POP3_CUT_LONG:
        pop3_refuse(s, "", "Line too long");
        pop3_end(s);
        return in.n;
    case POP3_CUT_LINE:
        break;
    }
    if (in_sasl)
        pop3_sasl_line(s, line);
    else
        pop3_command(s, line);
    if (s->drop)
        conn_deadline(s->c, s->service->idle_ms);
    return used;
}

static void on_drained(void *session) {
    pop3 *s = session;
    if (s->drop)
        conn_deadline(s->c, s->service->idle_ms);
    if (s->state == POP3_SENDING)
        pop3_pump(s);
}

/* RFC 1939 3: closes without a response and without removing any message. */
static void on_expired(void *session) { pop3_end(session); }

static void on_closed(void *session) {
    pop3 *s = session;
    if (s->account)
        log_info("pop3.closed", lf_c("conn", conn_id(s->c)), lf_i64("account", s->account),
                 lf_u64("retrieved", s->retrieved), lf_u64("removed", s->removed));
    maildrop_close(s->drop);
    sasl_free(s->sasl);
    pop3_forget_user(s);
    free(s);
}

const conn_ops pop3_ops = {.input = on_input, .drained = on_drained, .expired = on_expired, .closed = on_closed};
const str pop3_busy = {"-ERR [SYS/TEMP] Too many connections, try again later\r\n", 55};
