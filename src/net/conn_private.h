/* The inside of a connection and of a listener, for conn*.c and listener*.c. After <uv.h>. */
#ifndef GODWIT_NET_CONN_PRIVATE_H
#define GODWIT_NET_CONN_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "net/conn.h"
#include "net/transport.h"

enum { CONN_ID = 12 };

typedef enum conn_stage {
    CONN_PROXY,     /* waits for the PROXY header */
    CONN_HANDSHAKE, /* implicit TLS */
    CONN_OPENING,   /* its session is to be made */
    CONN_OPEN,      /* has a session */
    CONN_ENDED,     /* has none any more; the transport sends what is left, and closes */
} conn_stage;

/* A function of listener_each waiting for its turn. */
typedef struct conn_call {
    void (*fn)(void *session);
    struct conn_call *next;
} conn_call;

/* A configuration of a listener: shared by the connections that began with it. Strings and networks are copies. */
typedef struct listener_settings {
    atomic_size_t references;
    listener_config config;
} listener_settings;

struct conn {
    transport t; /* first, for its callbacks know nothing else */
    listener *owner;
    listener_settings *settings;
    void *session;
    waker *waker;
    conn_call *calls;
    tls_server *starttls; /* asked for by the present event */
    conn *starved_next;
    addr peer, local;
    char id[CONN_ID];
    conn_stage stage;
    bool in_fiber, starved;
    size_t refused; /* bytes of input the session has seen and left: it waits for more, or for another event */
    bool woken, expired, wants_drain;
    bool ending;  /* conn_close */
    bool counted; /* in the listener's table of clients */
};

/* conn_event.c: runs what is pending, in a fiber, unless one is at it already. On the loop, in or out of fibers. */
void conn_pump(conn *c);
extern const transport_ops conn_transport_ops;

/* conn_begin.c: a socket that was accepted becomes a connection. Counts as one of the listener's already, and takes the
 * reference on the settings over. */
void conn_begin(listener *l, listener_settings *settings, loop *home, int fd, const addr *peer);
void conn_begin_changed(conn *c); /* the stages before CONN_OPENING */
void conn_refuse(conn *c);        /* says the busy text, if it can, and closes */

void waker_disconnect(waker *w); /* its connection is gone. NULL-safe */
void conn_woken(conn *c);

typedef struct acceptor {
    uv_poll_t poll;
    listener *owner;
    loop *home;
    int fd, spare; /* spare: a descriptor to give up when the process has no other, so that a client can be told */
    timer pause;
    bool polling;
} acceptor;

struct listener {
    acceptor *acceptors;
    size_t acceptors_n;
    addr address;
    atomic_bool stopped;
    atomic_size_t connections;
    atomic_size_t refusals;         /* since the last line of the log about them */
    _Atomic int64_t refusals_at_ms; /* of that line */
    atomic_size_t references; /* acceptors, connections, posted work, the owner */
    completion gone;          /* signalled with the last reference */
    pthread_mutex_t lock;
    listener_settings *settings; /* under lock: of new connections */
    map clients;                 /* under lock: how many connections an address has */
};

void listener_refused(listener *l, const char *why, const addr *client); /* logs, a line a second at most */
void listener_hold(listener *l);
void listener_drop(listener *l);

/* listener_settings.c */
listener_settings *listener_settings_new(const listener_config *config);
listener_settings *listener_settings_now(listener *l); /* a reference */
void listener_settings_drop(listener_settings *s);
bool listener_admit(listener *l, const addr *client, size_t most); /* false: it has so many already */
void listener_dismiss(listener *l, const addr *client);

#endif
