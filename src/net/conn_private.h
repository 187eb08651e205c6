/* The inside of a connection and of a listener, for conn*.c, waker.c and listener*.c. After <uv.h>. */
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

struct conn {
    transport t; /* first, for its callbacks know nothing else */
    listener *owner;
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

/* conn_begin.c: a socket that was accepted becomes a connection. Counts as one of the listener's already. */
void conn_begin(listener *l, loop *home, int fd, const addr *peer);
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
    listener_config config; /* strings and networks are its own copies */
    acceptor *acceptors;
    size_t acceptors_n;
    addr address;
    atomic_bool stopped;
    atomic_size_t connections;
    atomic_size_t references; /* acceptors, connections, posted work, the owner */
    completion gone;          /* signalled with the last reference */
    pthread_mutex_t lock;
    map clients; /* under lock: how many connections an address has */
};

void listener_hold(listener *l);
void listener_drop(listener *l);
bool listener_admit(listener *l, const addr *client); /* false: it has too many already */
void listener_dismiss(listener *l, const addr *client);

#endif
