/* Inbound connections: a small struct at rest, a fiber when something happens.
 *
 * The owner of a connection is a session (SMTP, IMAP, POP3 ...), driven by events. Each event runs in a fiber on the
 * connection's loop, one at a time for a connection, so a session needs no lock and may call anything that waits
 * (store, dns, offload ...). At rest there is no stack and no buffer. A session never waits for its peer: it returns
 * and is called again. */
#ifndef GODWIT_NET_CONN_H
#define GODWIT_NET_CONN_H

#include "base/buf.h"
#include "net/addr.h"
#include "net/loop.h"
#include "net/tls.h"

typedef struct conn conn;

typedef struct conn_ops {
    /* `in` is everything received and not consumed; it stays where it is until the event returns. Answers how much it
     * consumed; called again at once while it consumes and something is left, else when more has arrived or after
     * another event of the session. What it must not do is leave LIMIT_CONN_IN bytes unconsumed: then the connection
     * is closed as broken; but from conn_want_drain to the return of `drained` reading merely stops (a cursor is at
     * work; pipelined commands wait). Bytes that came before a STARTTLS handshake are never seen after it. */
    size_t (*input)(void *session, str in);
    /* The output queue has run down below a quarter of LIMIT_CONN_OUT after conn_want_drain. */
    void (*drained)(void *session);
    /* A waker was woken (any number of times since the last). */
    void (*woken)(void *session);
    /* The deadline of conn_deadline passed. */
    void (*expired)(void *session);
    /* Last call, always made exactly once: the connection is gone, or only sends what is left; free the session. Writes
     * are no-ops by now. */
    void (*closed)(void *session);
} conn_ops;

/* Output is queued and sent when the event returns, or as soon as conn_flush is called or a lot has gathered. */
void conn_write(conn *c, str s);
buf *conn_out(conn *c); /* append here directly; max is LIMIT_CONN_OUT plus one large answer (16 MB); over closes */
void conn_flush(conn *c);        /* hand what is queued to the kernel now, without waiting */
size_t conn_queued(const conn *c); /* plaintext bytes not yet taken by the kernel */
void conn_want_drain(conn *c);   /* asks for one `drained` event */

/* From now; replaces the previous one. Every connection has one: the listener's at first. */
void conn_deadline(conn *c, int64_t ms);
void conn_close(conn *c); /* after what is queued has been sent (bounded by a short deadline); no more input events */
void conn_abort(conn *c); /* at once */
bool conn_is_closing(const conn *c); /* or the peer is gone: a long event may look whether anybody still listens */
/* Back-pressure: LIMIT_CONN_IN bytes of unconsumed input stop reading; with more than LIMIT_CONN_OUT queued no input
 * is offered. A peer that closed its half still gets the answers to all it had sent, then the connection closes. */

/* STARTTLS, in an event: when it returns, sends what is queued, drops any input received so far (command injection),
 * then shakes hands; input events go on under TLS. A failed handshake closes. */
void conn_starttls(conn *c, tls_server *tls);
bool conn_is_tls(const conn *c);
const tls_info *conn_tls_info(const conn *c); /* NULL without TLS */
/* Channel binding for SCRAM, by type: "tls-exporter" (RFC 9266) for TLS 1.3, "tls-unique" below it (RFC 5929, only
 * with an extended master secret), "tls-server-end-point". False when there is none. */
bool conn_channel_binding(conn *c, str type, uint8_t out[64], size_t *n);

const addr *conn_peer(const conn *c);  /* the client; as the PROXY header says when that was trusted */
const addr *conn_local(const conn *c);
const char *conn_id(const conn *c);    /* unique in the process, short, for logs */

/* A handle that may be woken from any thread and outlive the connection. */
typedef struct waker waker;
waker *conn_waker(conn *c);  /* a new reference; release it */
void waker_wake(waker *w);
void waker_release(waker *w);

/* ---- listeners ---- */

typedef struct listener_config {
    const char *name;       /* static; of the fibers its events run in, for the debugger. NULL: "conn" */
    tls_server *tls;        /* NULL: plain */
    bool implicit_tls;      /* handshake first */
    const addr_net *proxies; /* who may (and then must) send a PROXY header */
    size_t proxies_n;
    size_t max_connections; /* of this listener, all loops together; 0: no limit */
    size_t max_per_client;  /* of one IP (v6: one /64) */
    str busy_text;          /* said before closing at a limit; with implicit TLS nothing is said */
    int64_t first_deadline_ms; /* until the first conn_deadline, handshake and PROXY header included */
    /* Makes the session of a new connection, in a fiber, after PROXY header and implicit TLS. NULL refuses (closes). */
    void *(*open)(void *service, conn *c);
    const conn_ops *ops;
    void *service;
} listener_config;

typedef struct listener listener;
/* A bound (not yet listening) socket for the address; SO_REUSEPORT, TCP_NODELAY. Used by the supervisor, tests, and
 * serve. A socket file left over from a dead process is replaced. */
err listener_bind(const addr *at, int *fd) MUST_USE;
/* Whether nobody listens there: sockets that share a port (SO_REUSEPORT) would let two servers of one user split its
 * connections in silence. */
err listener_probe(const addr *at) MUST_USE;
/* Listens on all loops. fds: one bound socket per loop (dup of the same is fine for Unix sockets); owned afterwards,
 * also on failure. With fewer the first loops take all connections. Main thread. */
err listener_open(listener **out, const listener_config *config, const int *fds, size_t n) MUST_USE;
addr listener_address(const listener *l); /* with the real port when 0 was asked */
size_t listener_connections(const listener *l);
/* New connections live by this configuration; old ones go on as they began. ops, service, tls and name must outlive
 * them; the rest is copied. Any thread. */
void listener_reconfigure(listener *l, const listener_config *config);
void listener_stop(listener *l);  /* accepts no more; connections go on */
/* Runs fn(session) as a `fiber` event on every connection of the listener, on its loop; e.g. to say goodbye. */
void listener_each(listener *l, void (*fn)(void *session));
void listener_close(listener *l); /* stops, aborts what is left, waits for all `closed` calls, frees. Main thread */

#endif
