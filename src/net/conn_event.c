/* Events of a connection: noted as flags by the loop, run by one fiber at a time. */
#include <uv.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/conn_private.h"
#include "net/transport_tls.h"

enum {
    TURN_US = 5000,     /* of events in a row before the loop looks after others */
    STARVED_MS = 20,    /* until the next try to get a fiber */
    FLUSH_MS = 10000,   /* for a peer to take our last answer */
};

static const conn_ops *ops(const conn *c) { return c->settings->config.ops; }

/* ---- what is due ---- */

static bool is_handshaking(const conn *c) { return c->t.tls && !transport_is_secured(&c->t); }
static bool has_unread(const conn *c) { return transport_input(&c->t).n > c->refused; }

/* A peer that does not read its answers is given no new ones. */
static bool input_due(const conn *c) {
    return has_unread(c) && !is_handshaking(c) && transport_queued(&c->t) <= LIMIT_CONN_OUT;
}

static bool drain_due(const conn *c) { return c->wants_drain && transport_queued(&c->t) < LIMIT_CONN_OUT / 4; }

/* The peer's half is closed: it still gets answers to everything it sent. */
static bool end_due(const conn *c) {
    return c->ending || c->t.broken || (c->t.eof && !c->wants_drain && (is_handshaking(c) || !has_unread(c)));
}

static bool anything_due(const conn *c) {
    if (c->stage == CONN_OPENING)
        return true;
    return c->stage == CONN_OPEN &&
           (end_due(c) || c->calls || c->woken || c->expired || drain_due(c) || input_due(c));
}

/* ---- the events; each tells whether it ran ---- */

static bool run_calls(conn *c) {
    conn_call *call = c->calls;
    if (!call)
        return false;
    c->calls = call->next;
    call->fn(c->session);
    free(call);
    return true;
}

static bool run_woken(conn *c) {
    if (!c->woken)
        return false;
    c->woken = false;
    if (ops(c)->woken)
        ops(c)->woken(c->session);
    return true;
}

static bool run_drained(conn *c) {
    if (!drain_due(c))
        return false;
    c->wants_drain = false;
    if (ops(c)->drained)
        ops(c)->drained(c->session);
    return true;
}

static bool run_expired(conn *c) {
    if (!c->expired)
        return false;
    c->expired = false;
    if (ops(c)->expired)
        ops(c)->expired(c->session);
    else
        c->ending = true;
    return true;
}

/* The input is taken out while the session looks at it: what arrives meanwhile must not move it. */
static bool run_input(conn *c) {
    if (!input_due(c))
        return false;
    buf in;
    transport_take_input(&c->t, &in);
    size_t all = in.n, used = ops(c)->input(c->session, buf_str(&in));
    ASSERT(used <= all);
    transport_untake_input(&c->t, &in, used);
    c->refused = used ? 0 : all;
    if (c->refused >= LIMIT_CONN_IN && !c->wants_drain && !c->starttls)
        transport_break(&c->t, UV_ENOBUFS);
    return true;
}

static void begin_starttls(conn *c) {
    tls_server *tls = c->starttls;
    c->starttls = NULL;
    c->refused = 0;
    transport_start_tls(&c->t, transport_tls_server(tls), false);
}

static void after_event(conn *c, bool was_input) {
    if (!was_input)
        c->refused = 0; /* a session that refused input may take it now */
    if (c->starttls)
        begin_starttls(c);
    if (c->t.out.over)
        transport_break(&c->t, UV_ENOBUFS);
    transport_flush(&c->t);
}

/* ---- begin and end ---- */

static void run_open(conn *c) {
    const listener_config *config = &c->settings->config;
    c->session = config->open(config->service, c);
    if (c->session) {
        c->stage = CONN_OPEN;
        after_event(c, false);
        return;
    }
    c->stage = CONN_ENDED;
    waker_disconnect(take(c->waker));
    transport_finish(&c->t, FLUSH_MS);
}

static void log_break(const conn *c) {
    const char *tls = transport_tls_failure(&c->t);
    if (tls || c->t.error == UV_ENOBUFS)
        log_info("net.broken", lf_c("conn", c->id), lf_c("error", tls ? tls : "too much queued"));
    else if (c->t.error != UV_ECANCELED)
        log_debug("net.lost", lf_c("conn", c->id), lf_c("error", uv_strerror(c->t.error)));
}

static void run_end(conn *c) {
    if (c->t.broken)
        log_break(c);
    c->stage = CONN_ENDED;
    waker_disconnect(take(c->waker));
    ops(c)->closed(take(c->session));
    if (c->t.broken)
        transport_close(&c->t);
    else
        transport_finish(&c->t, FLUSH_MS);
}

/* ---- the fiber ---- */

/* Each kind once in a round, so that none can keep another waiting. False when nothing was left to do. */
static bool run_round(conn *c) {
    static bool (*const kinds[])(conn *c) = {run_calls, run_woken, run_drained, run_expired, run_input};
    bool any = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !end_due(c); i++) {
        if (!kinds[i](c))
            continue;
        any = true;
        after_event(c, kinds[i] == run_input);
    }
    return any;
}

static void run_events(void *arg) {
    conn *c = arg;
    c->in_fiber = true;
    if (c->stage == CONN_OPENING)
        run_open(c);
    int64_t began = time_mono_us();
    while (c->stage == CONN_OPEN) {
        if (end_due(c))
            run_end(c);
        else if (!run_round(c))
            break;
        else if (time_mono_us() - began > TURN_US) {
            fiber_yield();
            began = time_mono_us();
        }
    }
    c->in_fiber = false;
}

/* ---- no fiber free: try again shortly ---- */

static void retry_starved(timer *t) {
    loop *l = (loop *)((char *)t - offsetof(loop, starved_timer));
    conn *all = take(l->starved);
    while (all) {
        conn *c = all;
        all = c->starved_next;
        c->starved = false;
        conn_pump(c);
    }
}

static void starve(conn *c) {
    loop *l = c->t.home;
    c->starved = true;
    c->starved_next = l->starved;
    l->starved = c;
    if (!l->starved_timer.at_ms)
        timer_set(&l->starved_timer, deadline_in(STARVED_MS), retry_starved);
}

void conn_pump(conn *c) {
    if (c->in_fiber || c->starved || !anything_due(c))
        return;
    const char *name = c->settings->config.name;
    err e = fiber_start(name ? name : "conn", run_events, c);
    if (!failed(e))
        return;
    if (c->stage == CONN_OPENING)
        conn_refuse(c);
    else
        starve(c);
}

/* ---- the transport's callbacks ---- */

static void on_changed(transport *t) {
    conn *c = (conn *)t;
    if (c->stage < CONN_OPENING)
        conn_begin_changed(c);
    else
        conn_pump(c);
}

static void on_expired(transport *t) {
    conn *c = (conn *)t;
    c->expired = true;
    if (c->stage < CONN_OPENING)
        conn_begin_changed(c);
    else
        conn_pump(c);
}

static void on_closed(transport *t) {
    conn *c = (conn *)t;
    listener *l = c->owner;
    if (c->counted)
        listener_dismiss(l, &c->peer);
    for (conn_call *call; (call = c->calls); free(call))
        c->calls = call->next;
    atomic_fetch_sub(&l->connections, 1);
    listener_settings_drop(c->settings);
    free(c);
    listener_drop(l);
}

const transport_ops conn_transport_ops = {on_changed, on_expired, on_closed};

void conn_woken(conn *c) {
    c->woken = true;
    conn_pump(c);
}
