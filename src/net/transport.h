/* A byte stream on a loop, plain or under TLS: the common core of inbound connections (conn) and outbound ones (wire).
 *
 * For net/ alone, on the loop's thread. The owner embeds a transport, looks at `in`, `eof` and `broken` when `changed`
 * is called, and queues into `out`. Nothing is called back out of a function the owner calls: callbacks come from the
 * loop. At rest a transport holds no buffer: bytes are read into the loop's buffer, and only what the owner does
 * not take at once stays in `in`. */
#ifndef GODWIT_NET_TRANSPORT_H
#define GODWIT_NET_TRANSPORT_H

#include <uv.h>

#include "base/buf.h"
#include "net/loop_private.h"

typedef struct transport transport;
struct transport_tls;

typedef struct transport_ops {
    void (*changed)(transport *t); /* more input, its end, output gone, handshake done, or broken: look what it was */
    void (*expired)(transport *t); /* the owner's deadline passed */
    void (*closed)(transport *t);  /* last call: nothing refers to it any more, free it */
} transport_ops;

struct transport {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    loop *home;
    const transport_ops *ops;
    struct transport_tls *tls; /* NULL: plain */
    transport *next, *prev;    /* of the loop */
    timer timer;
    buf in; /* plaintext received and not yet taken, from in_at on */
    size_t in_at;
    buf out; /* plaintext to be sent, from out_at on */
    size_t out_at;
    size_t in_flight; /* bytes the kernel has not yet taken, in a write of libuv's */
    size_t discarded; /* while finishing */
    int error;        /* libuv's, once broken */
    bool reading;
    bool eof;       /* the peer will send no more */
    bool broken;    /* neither direction works any more */
    bool finishing; /* the owner is gone but what it queued */
    bool shut;      /* our direction has been closed */
    bool closing;
};

/* A TCP or Unix handle. It must be closed by transport_close or transport_finish. */
void transport_init(transport *t, loop *home, const transport_ops *ops, bool unix_socket);
void transport_adopt(transport *t, int fd, bool unix_socket); /* connected; owned from now on; may set broken */
void transport_connected(transport *t); /* begins to read */

static inline str transport_input(const transport *t) { return str_skip(buf_str(&t->in), t->in_at); }
void transport_consume(transport *t, size_t n); /* frees the buffer with the last byte, reads on if that was stopped */
void transport_drop_input(transport *t);
/* Takes the input out, so that it stays where it is while more arrives; then gives back what was not used, in front of
 * that. */
void transport_take_input(transport *t, buf *taken);
void transport_untake_input(transport *t, buf *taken, size_t used);

void transport_flush(transport *t); /* may set broken */
size_t transport_queued(const transport *t);

void transport_deadline(transport *t, deadline at);

/* Begins TLS: what is queued in plaintext goes first, what was received stays only with keep_input (the bytes behind a
 * PROXY header). The handshake goes on by itself: `changed` when secured, broken when it failed. */
void transport_start_tls(transport *t, struct transport_tls *tls, bool keep_input);

/* The owner has no more interest: sends what is queued, says goodbye, waits shortly for the peer to have read it,
 * closes. */
void transport_finish(transport *t, int64_t patience_ms);
void transport_close(transport *t);          /* at once */
void transport_break(transport *t, int error); /* marks broken; the owner sees it at its next look */

#endif
