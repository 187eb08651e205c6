#include "smtp/session.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

enum { AUTH_LINE_MOST = 12288 }; /* RFC 4954 4 */

const str smtp_busy = {"421 4.3.2 Too many connections, try again later\r\n",
                       sizeof "421 4.3.2 Too many connections, try again later\r\n" - 1};

/* ---- states ---- */

static const struct {
    smtp_state state;
    const char *name;
    unsigned next;
} states[] = {
    {SMTP_FRESH, "fresh", SMTP_READY | SMTP_CHUNK | SMTP_OVER},
    {SMTP_READY, "ready", SMTP_FRESH | SMTP_MAIL | SMTP_AUTH | SMTP_CHUNK | SMTP_OVER},
    {SMTP_MAIL, "mail", SMTP_RCPT | SMTP_READY | SMTP_CHUNK | SMTP_OVER},
    {SMTP_RCPT, "rcpt", SMTP_DATA | SMTP_CHUNK | SMTP_READY | SMTP_OVER},
    {SMTP_DATA, "data", SMTP_READY | SMTP_OVER},
    {SMTP_CHUNK, "chunk", SMTP_BDAT | SMTP_READY | SMTP_MAIL | SMTP_FRESH | SMTP_OVER},
    {SMTP_BDAT, "bdat", SMTP_CHUNK | SMTP_READY | SMTP_OVER},
    {SMTP_AUTH, "auth", SMTP_READY | SMTP_OVER},
    {SMTP_OVER, "over", SMTP_OVER},
};

void smtp_move(smtp_session *s, smtp_state to) {
    size_t i = 0;
    while (states[i].state != s->state)
        i++;
    ASSERT(states[i].next & to);
    s->state = to;
}

void smtp_reset(smtp_session *s) {
    smtp_state to = s->hello == SMTP_HELLO_NONE ? SMTP_FRESH : SMTP_READY;
    smtp_inbound_free(s->tx);
    s->tx = NULL;
    s->chunk_refusal = NULL;
    if (s->state != to)
        smtp_move(s, to);
}

void smtp_wait_ms(smtp_session *s, int64_t ms) {
    s->due_ms = time_mono_ms() + ms;
    conn_deadline(s->conn, ms);
}

void smtp_close(smtp_session *s) {
    smtp_move(s, SMTP_OVER);
    conn_close(s->conn);
}

/* ---- the commands ---- */

enum {
    ANY = SMTP_FRESH | SMTP_READY | SMTP_MAIL | SMTP_RCPT | SMTP_BDAT,
    GREETED = SMTP_READY | SMTP_MAIL | SMTP_RCPT | SMTP_BDAT,
};

const smtp_command smtp_commands[] = {
    {"EHLO", ANY, true, smtp_cmd_hello, "EHLO domain"},
    {"HELO", ANY, true, smtp_cmd_hello, "HELO domain"},
    {"LHLO", ANY, true, smtp_cmd_hello, "LHLO domain"},
    {"STARTTLS", SMTP_READY, true, smtp_cmd_starttls, "STARTTLS"},
    {"AUTH", SMTP_READY, false, smtp_cmd_auth, "AUTH mechanism [initial-response]"},
    {"MAIL", SMTP_READY, false, smtp_cmd_mail, "MAIL FROM:<address> [parameters]"},
    {"RCPT", SMTP_MAIL | SMTP_RCPT, false, smtp_cmd_rcpt, "RCPT TO:<address> [parameters]"},
    {"DATA", SMTP_MAIL | SMTP_RCPT, false, smtp_cmd_data, "DATA"},
    {"BDAT", ANY, false, smtp_cmd_bdat, "BDAT size [LAST]"},
    {"RSET", ANY, true, smtp_cmd_rset, "RSET"},
    {"NOOP", ANY, true, smtp_cmd_noop, "NOOP [text]"},
    {"VRFY", ANY, true, smtp_cmd_vrfy, "VRFY address"},
    {"EXPN", ANY, true, smtp_cmd_expn, "EXPN list"},
    {"HELP", ANY, true, smtp_cmd_help, "HELP [command]"},
    {"QUIT", ANY, false, smtp_cmd_quit, "QUIT"},
};
const size_t smtp_commands_n = sizeof smtp_commands / sizeof *smtp_commands;

static void out_of_order(smtp_session *s) {
    if (s->state == SMTP_FRESH)
        smtp_say(s, 503, "5.5.1", "Say %s first", s->policy->each_recipient ? "LHLO" : "EHLO or HELO");
    else if (s->state == SMTP_BDAT)
        smtp_say(s, 503, "5.5.1", "A message by BDAT is under way");
    else
        smtp_say(s, 503, "5.5.1", s->tx ? "A transaction is under way" : "Say MAIL first");
}

static void run_command(smtp_session *s, str line) {
    str verb, args;
    smtp_words(line, &verb, &args);
    for (size_t i = 0; i < smtp_commands_n; i++) {
        const smtp_command *c = &smtp_commands[i];
        if (!str_caseeq(verb, str_c(c->verb)))
            continue;
        s->junk += c->junk;
        if (c->states & s->state)
            c->run(s, verb, args);
        else
            out_of_order(s);
        return;
    }
    smtp_say(s, 500, "5.5.2", "Command not known");
}

/* ---- lines ---- */

uint64_t smtp_line_most(const smtp_session *s) {
    uint64_t most = s->service->config->max_line;
    if (s->state == SMTP_AUTH && most < AUTH_LINE_MOST)
        most = AUTH_LINE_MOST;
    return most < LIMIT_CONN_IN / 2 ? most : LIMIT_CONN_IN / 2;
}

static void bad_line(smtp_session *s, const char *text) {
    smtp_say(s, 500, "5.5.2", "%s", text);
    if (s->state == SMTP_AUTH)
        smtp_auth_end(s);
}

/* No line end yet: waits for more, or begins to throw away what no line may be. */
static size_t part_of_line(smtp_session *s, str in) {
    if (!s->skipping && in.n <= smtp_line_most(s))
        return 0;
    if (!s->skipping)
        bad_line(s, "Line too long");
    s->skipping = true;
    return in.n - (in.p[in.n - 1] == '\r'); /* which may be half of the line's end */
}

static void whole_line(smtp_session *s, smtp_line_kind kind, str line) {
    bool tainted = s->tainted;
    s->tainted = kind == SMTP_LINE_BARE_LF;
    if (s->skipping)
        s->skipping = s->tainted;
    else if (line.n > smtp_line_most(s))
        bad_line(s, "Line too long");
    else if (kind == SMTP_LINE_BARE_LF || tainted)
        bad_line(s, "Bare LF: lines end with CRLF"); /* RFC 5321 2.3.8; what follows it is no command either */
    else if (kind == SMTP_LINE_BAD)
        bad_line(s, "Bare CR or NUL in a command");
    else if (s->state == SMTP_AUTH)
        smtp_auth_line(s, line);
    else
        run_command(s, line);
}

/* A client that has used up its patience with us is sent away. */
static void check_limits(smtp_session *s) {
    const smtp_config *c = s->service->config;
    const char *why = s->errors > c->max_errors ? "errors" : s->junk > c->max_junk ? "commands without mail" : NULL;
    if (!why || s->state == SMTP_OVER)
        return;
    char client[ADDR_TEXT];
    addr_print(conn_peer(s->conn), client);
    log_info("smtp.limit", lf_c("client", client), lf_c("limit", why), lf_str("listener", s->service->listener));
    smtp_say(s, 421, "4.7.0", "%.*s Too many %s", STR_ARG(c->host), why);
    smtp_close(s);
}

static size_t line_input(smtp_session *s, str in) {
    str line;
    size_t used;
    smtp_line_kind kind = smtp_line_take(in, &line, &used);
    if (kind == SMTP_LINE_NONE)
        used = part_of_line(s, in);
    else
        whole_line(s, kind, line);
    check_limits(s);
    /* The clock of the greeting runs through until there is one, whatever is said before it. */
    bool line_state = s->state & (GREETED | SMTP_AUTH);
    if (kind != SMTP_LINE_NONE && line_state)
        smtp_wait_ms(s, s->service->config->command_ms);
    return used;
}

/* ---- events ---- */

static size_t one_input(smtp_session *s, str in) {
    switch (s->state) {
    case SMTP_DATA:
        return smtp_data_input(s, in);
    case SMTP_CHUNK:
        return smtp_chunk_input(s, in);
    case SMTP_OVER:
        return in.n;
    default:
        return line_input(s, in);
    }
}

/* As much as there is in one go, so that the replies to a pipelined group leave together (RFC 2920 3.2). */
static size_t on_input(void *session, str in) {
    smtp_session *s = session;
    size_t used = 0, n;
    s->handshaking = false;
    while (used < in.n && !s->handshaking && (n = one_input(s, str_skip(in, used))))
        used += n;
    return used;
}

static void on_expired(void *session) {
    smtp_session *s = session;
    int64_t left = s->due_ms - time_mono_ms();
    if (s->state == SMTP_OVER)
        return;
    if (left > 0) { /* it passed while a command ran, which has set a new one */
        conn_deadline(s->conn, left);
        return;
    }
    if (s->state & (SMTP_DATA | SMTP_CHUNK) && s->body_until_ms <= s->due_ms) {
        smtp_collect_wait(s); /* which says that the whole took too long */
        return;
    }
    smtp_say(s, 421, "4.4.2", "%.*s Timeout", STR_ARG(s->service->config->host));
    smtp_close(s);
}

static void on_closed(void *session) {
    smtp_session *s = session;
    smtp_inbound_free(s->tx);
    sasl_free(s->sasl);
    free(s->user);
    free((void *)(uintptr_t)s->helo.p);
    free((void *)(uintptr_t)s->client_name.p);
    free(s);
}

void smtp_goodbye(void *session) {
    smtp_session *s = session;
    if (s->state == SMTP_OVER)
        return;
    smtp_say(s, 421, "4.3.2", "%.*s Shutting down", STR_ARG(s->service->config->host));
    smtp_close(s);
}

void *smtp_open(void *service, conn *c) {
    static const smtp_policy *const policies[] = {
        [SMTP_MX] = &smtp_policy_mx, [SMTP_SUBMIT] = &smtp_policy_submit, [SMTP_LMTP] = &smtp_policy_lmtp};
    const smtp_service *v = service;
    smtp_session *s = mem_alloc(sizeof *s);
    *s = (smtp_session){.conn = c, .service = v, .policy = policies[v->role], .state = SMTP_FRESH};
    s->trusted = smtp_peer_trusted(v, conn_peer(c));
    smtp_say(s, 220, "", "%.*s %s Godwit", STR_ARG(v->config->host), s->policy->protocol);
    smtp_wait_ms(s, v->config->greeting_ms);
    return s;
}

const conn_ops smtp_ops = {.input = on_input, .expired = on_expired, .closed = on_closed};
