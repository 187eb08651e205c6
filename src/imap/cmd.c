#include "imap/cmd.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "imap/print.h"
#include "imap/sync.h"

enum {
    OUT_HIGH = LIMIT_CONN_OUT / 2, /* queued bytes before a command waits for its client */
    TURN_US = 5000,                /* of one command before the loop does its other work */
    STALL_MS = 5 * 60 * 1000,      /* for a client to take what is queued */
    ANSWER_MAX = 16 * 1024 * 1024, /* a COPYUID of a badly fragmented mailbox */
};

/* ---- answers ---- */

__attribute__((format(printf, 3, 0))) static void answer(imap_command *c, const char *kind, const char *format,
                                                         va_list args) {
    SCOPED_BUF b;
    buf_init(&b, ANSWER_MAX);
    buf_add(&b, str_c(kind));
    char text[512];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n > 0)
        buf_add(&b, str_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
    imap_answer(c, &b);
}

void imap_answer(imap_command *c, const buf *b) {
    ASSERT(!c->answered);
    c->answer = b->over ? (str){NULL, 0} : arena_str(&c->memory, buf_str(b));
    if (!c->answer.p)
        c->answer = S("NO [LIMIT] The answer is too large");
    c->answered = true;
}

#define ANSWER(c, kind, format) \
    do { \
        va_list args; \
        va_start(args, format); \
        answer(c, kind, format, args); \
        va_end(args); \
    } while (0)

void imap_ok(imap_command *c, const char *format, ...) { ANSWER(c, "OK ", format); }

void imap_no(imap_command *c, const char *format, ...) { ANSWER(c, "NO ", format); }

void imap_bad_because(imap_command *c, const char *format, ...) {
    ANSWER(c, "BAD ", format);
    c->session->errors++;
}

void imap_bad(imap_command *c) { imap_bad_because(c, "Expected: %.*s", STR_ARG(c->entry->usage)); }

void imap_fail(imap_command *c, err e) {
    if (e.kind == ERR_TEMP || e.kind == ERR_BUG)
        log_warn("imap.failed", lf_c("conn", conn_id(c->session->conn)), lf_str("command", c->entry->name), lf_err(&e));
    str code = imap_error_code(&e);
    const char *text = e.text && e.text[0] ? e.text : "Not possible";
    imap_no(c, "%.*s%s", STR_ARG(code), text);
}

/* ---- the table ---- */

extern const imap_entry imap_cmd_append, imap_cmd_authenticate, imap_cmd_capability, imap_cmd_check, imap_cmd_close,
    imap_cmd_copy, imap_cmd_create, imap_cmd_delete, imap_cmd_enable, imap_cmd_examine, imap_cmd_expunge,
    imap_cmd_fetch, imap_cmd_id, imap_cmd_idle, imap_cmd_list, imap_cmd_login, imap_cmd_logout, imap_cmd_lsub,
    imap_cmd_move, imap_cmd_namespace, imap_cmd_noop, imap_cmd_rename, imap_cmd_search, imap_cmd_select,
    imap_cmd_starttls, imap_cmd_status, imap_cmd_store, imap_cmd_subscribe, imap_cmd_unselect, imap_cmd_unsubscribe;

static const imap_entry *find_entry(str name) {
    static const imap_entry *const table[] = {
        &imap_cmd_append,  &imap_cmd_authenticate, &imap_cmd_capability, &imap_cmd_check,    &imap_cmd_close,
        &imap_cmd_copy,    &imap_cmd_create,       &imap_cmd_delete,     &imap_cmd_enable,   &imap_cmd_examine,
        &imap_cmd_expunge, &imap_cmd_fetch,        &imap_cmd_id,         &imap_cmd_idle,     &imap_cmd_list,
        &imap_cmd_login,   &imap_cmd_logout,       &imap_cmd_lsub,       &imap_cmd_move,     &imap_cmd_namespace,
        &imap_cmd_noop,    &imap_cmd_rename,       &imap_cmd_search,     &imap_cmd_select,   &imap_cmd_starttls,
        &imap_cmd_status,  &imap_cmd_store,        &imap_cmd_subscribe,  &imap_cmd_unselect, &imap_cmd_unsubscribe,
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (str_caseeq(table[i]->name, name))
            return table[i];
    return NULL;
}

/* ---- beginning ---- */

/* RFC 9051 2.2.1: tag SP command; false: answered. */
static bool parse_head(imap_command *c) {
    str name;
    bool tagged = imap_scan_tag(&c->args, &c->tag) && imap_scan_sp(&c->args);
    if (!tagged)
        c->tag = S("*");
    if (!tagged || !imap_scan_atom(&c->args, &name)) {
        imap_bad_because(c, "Expected: tag command arguments");
        return false;
    }
    c->uid = str_caseeq(name, S("UID"));
    if (c->uid && (!imap_scan_sp(&c->args) || !imap_scan_atom(&c->args, &name)))
        name = S("UID");
    c->entry = find_entry(name);
    if (!c->entry || (c->uid && !(c->entry->flags & ENTRY_UID))) {
        imap_bad_because(c, "There is no such command");
        return false;
    }
    return true;
}

static bool is_allowed(imap_command *c) {
    imap_state state = c->session->state;
    if (c->entry->states & state)
        return true;
    imap_bad_because(c, "%.*s is not possible %s", STR_ARG(c->entry->name),
                     state == IMAP_GREETED                                              ? "before the login"
                     : state == IMAP_AUTHENTICATED && c->entry->states == IMAP_SELECTED ? "without a selected mailbox"
                                                                                        : "after the login");
    return false;
}

/* A blank between name and arguments, or nothing at all. */
static bool has_blank(imap_command *c) {
    if (c->args.rest.n == 0 || imap_scan_sp(&c->args))
        return true;
    imap_bad(c);
    return false;
}

imap_command *imap_command_new(imap_session *s, buf text) {
    imap_command *c = mem_alloc(sizeof *c);
    c->session = s;
    c->text = text;
    arena_init(&c->memory, IMAP_ARENA);
    c->args = (imap_scan){buf_str(&c->text), &c->memory};
    s->command = c;
    return c;
}

bool imap_command_begin(imap_command *c) { return parse_head(c) && is_allowed(c) && has_blank(c); }

void imap_command_run(imap_session *s, buf text, bool dropped) {
    imap_command *c = imap_command_new(s, text);
    if (dropped && parse_head(c))
        imap_bad_because(c, "The command is too long");
    if (!dropped && imap_command_begin(c))
        c->entry->run(c);
}

/* ---- going on ---- */

static bool may_expunge(const imap_command *c) { return !(c->entry->flags & ENTRY_QUIET) || c->uid; }

/* EXPUNGEs that had to wait are told as soon as they may. */
static bool wants_look(const imap_command *c) {
    const imap_session *s = c->session;
    if (s->state != IMAP_SELECTED || !c->entry)
        return false;
    return (c->entry->flags & ENTRY_LOOKS) || atomic_load(&s->box->dirty) ||
           (may_expunge(c) && s->box->expunges_since < s->box->changes_since);
}

static void write_answer(imap_command *c) {
    buf *out = imap_out(c);
    buf_add(out, c->tag);
    buf_add_byte(out, ' ');
    buf_add(out, c->answer);
    buf_add(out, S("\r\n"));
}

void imap_command_free(imap_session *s) {
    imap_command *c = take(s->command);
    if (!c)
        return;
    if (c->end)
        c->end(c);
    imap_sync_free(c->sync);
    if (c->text.p)
        mem_wipe(c->text.p, c->text.n); /* it may hold a password */
    buf_free(&c->text);
    arena_free(&c->memory);
    free(c);
}

static void finish(imap_command *c) {
    imap_session *s = c->session;
    void (*after)(imap_session *) = c->after;
    if (s->state != IMAP_LEAVING)
        write_answer(c);
    imap_command_free(s);
    if (after)
        after(s);
    else if (s->errors > s->service->max_errors)
        imap_session_bye(s, S("Too many errors"));
    imap_session_rest(s);
}

/* News come before the tagged answer, so that the client acts on what is true now. */
static void tell_news(imap_command *c) {
    if (!c->sync && wants_look(c))
        c->sync = imap_sync_begin(c->session, may_expunge(c), c->uid);
    if (!c->sync || imap_sync_step(c->sync))
        finish(c);
}

/* A client that does not read gets no more until it has. */
static bool has_room(imap_session *s) {
    if (conn_queued(s->conn) < OUT_HIGH)
        return true;
    conn_flush(s->conn);
    return conn_queued(s->conn) < OUT_HIGH;
}

void imap_command_advance(imap_session *s) {
    int64_t began = time_mono_us();
    while (s->command && (s->command->answered || s->command->step)) {
        if (s->state == IMAP_LEAVING || conn_is_closing(s->conn)) {
            imap_command_free(s);
            return;
        }
        if (!has_room(s) || time_mono_us() - began > TURN_US) {
            conn_deadline(s->conn, STALL_MS);
            conn_want_drain(s->conn);
            return;
        }
        if (s->command->answered)
            tell_news(s->command);
        else
            s->command->step(s->command);
    }
}
