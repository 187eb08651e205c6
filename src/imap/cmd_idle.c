/* IDLE, RFC 9051 6.3.13. At rest only the session and its box remain; the store's watch wakes the connection. */
#include <stdatomic.h>

#include "base/mem.h"
#include "imap/cmd.h"
#include "imap/sync.h"

typedef struct idle {
    int64_t began; /* monotonic ms */
    char tag[];
} idle;

/* "* OK Still here" keeps middle boxes from forgetting the connection; it does not make the client less silent. */
static void rest(imap_command *c) {
    const imap_service *service = c->session->service;
    const idle *i = c->own;
    int64_t left = i->began + service->idle_ms - time_mono_ms();
    bool beat = service->idle_keepalive_ms && service->idle_keepalive_ms < left;
    conn_deadline(c->session->conn, beat ? service->idle_keepalive_ms : left > 0 ? left : 0);
}

static void step(imap_command *c) {
    imap_box *b = c->session->box;
    if (!c->sync && b && atomic_load(&b->dirty))
        c->sync = imap_sync_begin(c->session, true, false);
    if (c->sync && !imap_sync_step(c->sync))
        return;
    bool again = c->sync && c->session->box && atomic_load(&c->session->box->dirty);
    imap_sync_free(take(c->sync));
    if (again)
        return;
    c->step = NULL; /* at rest, until `woken` */
    rest(c);
}

static void woken(imap_command *c) { c->step = step; }

static void expired(imap_command *c) {
    const idle *i = c->own;
    if (c->step) {
        conn_abort(c->session->conn); /* it does not read */
    } else if (time_mono_ms() - i->began >= c->session->service->idle_ms) {
        imap_session_bye(c->session, S("Idle for too long"));
    } else {
        buf_add(imap_out(c), S("* OK Still here\r\n"));
        rest(c);
    }
}

static void listen(imap_command *c, bool on) {
    imap_box *b = c->session->box;
    if (b)
        atomic_store(&b->listening, on);
}

static void line(imap_command *c, str text, bool dropped) {
    listen(c, false);
    if (!dropped && str_caseeq(text, S("DONE")))
        imap_ok(c, "IDLE done");
    else
        imap_bad(c);
}

static void end(imap_command *c) {
    listen(c, false);
    free(c->own);
}

static void run(imap_command *c) {
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    idle *i = mem_alloc(sizeof *i + c->tag.n);
    i->began = time_mono_ms();
    memcpy(i->tag, c->tag.p, c->tag.n);
    c->tag.p = i->tag;
    buf_free(&c->text);
    arena_free(&c->memory);
    c->own = i;
    c->end = end;
    c->line = line;
    c->woken = woken;
    c->expired = expired;
    c->step = step; /* what happened up to now is told at once */
    listen(c, true);
    buf_add(imap_out(c), S("+ Idling\r\n"));
}

const imap_entry imap_cmd_idle = {IMAP_WORD("IDLE"), IMAP_AUTHENTICATED | IMAP_SELECTED, ENTRY_LOOKS,
                                  IMAP_WORD("DONE, after IDLE"), run};
