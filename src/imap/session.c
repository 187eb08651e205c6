#include "imap/session.h"

#include "base/log.h"
#include "base/mem.h"
#include "imap/append.h"
#include "imap/cmd.h"

enum {
    GREETED_COMMAND = 16 * 1024,  /* bytes of a command before the login: enough for any SASL response */
    DROP_MOST = 64 * 1024 * 1024, /* bytes of an unwanted literal that are read past; beyond, closing is cheaper */
};

const str imap_busy = {"* BYE [UNAVAILABLE] Too many connections\r\n", 42};

/* ---- states: RFC 9051 3 ---- */

static const struct {
    imap_state from;
    const char *name;
    unsigned to;
} moves[] = {
    {IMAP_GREETED, "greeted", IMAP_AUTHENTICATED | IMAP_LEAVING},
    {IMAP_AUTHENTICATED, "authenticated", IMAP_SELECTED | IMAP_LEAVING},
    {IMAP_SELECTED, "selected", IMAP_AUTHENTICATED | IMAP_LEAVING},
    {IMAP_LEAVING, "leaving", 0},
};

void imap_session_move(imap_session *s, imap_state to) {
    size_t i = 0;
    while (moves[i].from != s->state)
        i++;
    ASSERT(moves[i].to & to);
    log_debug("imap.state", lf_c("conn", conn_id(s->conn)), lf_c("from", moves[i].name), lf_u64("to", to));
    s->state = to;
}

void imap_session_login(imap_session *s, const auth_user *user) {
    s->who = user->who;
    imap_session_move(s, IMAP_AUTHENTICATED);
    imap_collect_limits(&s->collect, s->service->max_line, s->service->max_command);
    log_debug("imap.login", lf_c("conn", conn_id(s->conn)), lf_str("user", str_c(user->name)));
}

void imap_session_unselect(imap_session *s) {
    if (!s->box)
        return;
    imap_box_close(take(s->box));
    imap_ranges_free(&s->saved);
    if (s->state == IMAP_SELECTED)
        imap_session_move(s, IMAP_AUTHENTICATED);
}

void imap_session_bye(imap_session *s, str text) {
    if (s->state == IMAP_LEAVING)
        return;
    buf *out = conn_out(s->conn);
    buf_add(out, S("* BYE "));
    buf_add(out, text);
    buf_add(out, S("\r\n"));
    imap_session_move(s, IMAP_LEAVING);
    conn_close(s->conn);
}

void imap_condstore(imap_session *s) {
    if (s->box && !(s->enabled & ENABLED_CONDSTORE))
        buf_addf(conn_out(s->conn), "* OK [HIGHESTMODSEQ %llu] CONDSTORE is enabled\r\n",
                 (unsigned long long)s->box->changes_since);
    s->enabled |= ENABLED_CONDSTORE;
}

/* Before the login the listener's deadline stays: a total, so that a slow talker cannot hold on. */
void imap_session_rest(imap_session *s) {
    if (!s->command && (s->state == IMAP_AUTHENTICATED || s->state == IMAP_SELECTED))
        conn_deadline(s->conn, s->service->idle_ms);
}

/* ---- events ---- */

void *imap_open(void *service, conn *c) {
    imap_session *s = mem_alloc(sizeof *s);
    s->service = service;
    s->conn = c;
    s->state = IMAP_GREETED;
    uint64_t most = s->service->max_line < GREETED_COMMAND ? s->service->max_line : GREETED_COMMAND;
    imap_collect_init(&s->collect, most, most);
    conn_deadline(c, s->service->login_ms);
    buf *out = conn_out(c);
    buf_add(out, S("* OK [CAPABILITY "));
    imap_capabilities(out, s);
    buf_addf(out, "] %.*s ready\r\n", STR_ARG(s->service->host));
    return s;
}

/* The literal is refused: a client that waits for "+" hears it at once, of one that does not wait the bytes are read
 * past. */
static void refuse_literal(imap_session *s) {
    imap_collect *k = &s->collect;
    if (k->sync)
        imap_command_run(s, imap_collect_take(k), true);
    else if (k->literal > (s->state == IMAP_GREETED ? k->text.max : DROP_MOST))
        imap_session_bye(s, S("[TOOBIG] The literal is too large"));
    else
        imap_collect_drop(k);
}

static void end_line(imap_session *s, bool dropped) {
    SCOPED_BUF text = imap_collect_take(&s->collect);
    s->command->line(s->command, buf_str(&text), dropped);
    if (text.p)
        mem_wipe(text.p, text.n); /* a SASL response may hold a password */
}

static void on_literal(imap_session *s) {
    imap_collect *k = &s->collect;
    if (s->command) { /* where a line of a dialogue was expected, or a second message: RFC 9051 has neither */
        if (k->sync)
            end_line(s, true);
        else
            imap_session_bye(s, S("A literal was not expected"));
    } else if (imap_append_begin(s)) {
        return;
    } else if (!imap_collect_fits(k)) {
        refuse_literal(s);
    } else {
        if (k->sync)
            conn_write(s->conn, S("+ Go on\r\n"));
        imap_collect_keep(k);
    }
}

static void on_command(imap_session *s) {
    bool dropped = s->collect.dropped;
    if (s->command)
        end_line(s, dropped);
    else
        imap_command_run(s, imap_collect_take(&s->collect), dropped);
}

/* A command that works by itself: what the client says next waits. */
static bool is_busy(const imap_session *s) { return s->command && (s->command->step || s->command->answered); }

static size_t input(void *session, str in) {
    imap_session *s = session;
    if (s->state == IMAP_LEAVING)
        return in.n;
    if (is_busy(s))
        return 0;
    imap_event event;
    size_t taken = imap_collect_feed(&s->collect, in, &event);
    if (event == IMAP_LITERAL)
        on_literal(s);
    else if (event == IMAP_CHUNK)
        s->command->chunk(s->command, s->collect.chunk);
    else if (event == IMAP_COMMAND)
        on_command(s);
    imap_session_rest(s);
    imap_command_advance(s);
    return taken;
}

static void drained(void *session) { imap_command_advance(session); }

static void woken(void *session) {
    imap_session *s = session;
    if (s->command && s->command->woken)
        s->command->woken(s->command);
    imap_command_advance(s);
}

static void expired(void *session) {
    imap_session *s = session;
    if (s->command && s->command->expired)
        s->command->expired(s->command);
    else if (is_busy(s))
        conn_abort(s->conn); /* the client takes nothing: it would not take a BYE either */
    else
        imap_session_bye(s, s->state == IMAP_GREETED ? S("No login in time") : S("Nothing said for too long"));
    imap_command_advance(s);
}

static void closed(void *session) {
    imap_session *s = session;
    if (s->state != IMAP_GREETED)
        log_debug("imap.closed", lf_c("conn", conn_id(s->conn)));
    imap_command_free(s);
    imap_box_close(s->box);
    imap_ranges_free(&s->saved);
    imap_collect_free(&s->collect);
    free(s);
}

const conn_ops imap_ops = {.input = input, .drained = drained, .woken = woken, .expired = expired, .closed = closed};

void imap_goodbye(void *session) { imap_session_bye(session, S("The server is going down")); }
