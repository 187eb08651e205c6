/* What sessions call. */
#include <uv.h>

#include "base/limits.h"
#include "net/conn_private.h"
#include "net/transport_tls.h"

enum { GATHER = 32 * 1024 }; /* queued bytes that are worth a write of their own */

static bool is_writable(const conn *c) { return c->stage < CONN_ENDED && !c->t.broken; }

void conn_write(conn *c, str s) {
    if (!is_writable(c))
        return;
    buf_add(&c->t.out, s);
    if (c->t.out.n - c->t.out_at >= GATHER || !c->in_fiber)
        conn_flush(c);
}

buf *conn_out(conn *c) {
    static _Thread_local buf nowhere;
    if (is_writable(c))
        return &c->t.out;
    buf_init(&nowhere, 0);
    return &nowhere;
}

void conn_flush(conn *c) {
    if (!is_writable(c))
        return;
    transport_flush(&c->t);
    conn_pump(c); /* outside of events nobody else would see that it broke */
}

size_t conn_queued(const conn *c) { return is_writable(c) ? transport_queued(&c->t) : 0; }

void conn_want_drain(conn *c) {
    c->wants_drain = true;
    conn_pump(c);
}

void conn_deadline(conn *c, int64_t ms) {
    c->expired = false;
    if (c->stage < CONN_ENDED)
        transport_deadline(&c->t, deadline_in(ms));
}

void conn_close(conn *c) {
    c->ending = true;
    conn_pump(c);
}

void conn_abort(conn *c) {
    transport_break(&c->t, UV_ECANCELED);
    conn_pump(c);
}

bool conn_is_closing(const conn *c) { return c->ending || c->t.broken || c->stage == CONN_ENDED; }

void conn_starttls(conn *c, tls_server *tls) {
    ASSERT(c->in_fiber && !c->t.tls);
    c->starttls = tls;
}

bool conn_is_tls(const conn *c) { return transport_is_secured(&c->t); }
const tls_info *conn_tls_info(const conn *c) { return transport_tls_info(&c->t); }

bool conn_channel_binding(conn *c, str type, uint8_t out[64], size_t *n) {
    return transport_channel_binding(&c->t, type, out, n);
}

const addr *conn_peer(const conn *c) { return &c->peer; }
const addr *conn_local(const conn *c) { return &c->local; }
const char *conn_id(const conn *c) { return c->id; }
