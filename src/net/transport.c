#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/transport.h"
#include "net/transport_tls.h"

enum {
    IN_MAX = 4 * (LIMIT_CONN_IN + LOOP_READ_BYTES), /* reading stops long before; more is a bug */
    OUT_MAX = LIMIT_CONN_OUT + 16 * 1024 * 1024,    /* a full queue and one large answer */
    SEALED_MOST = 64 * 1024,                        /* ciphertext made ahead of the kernel */
    LINGER_MS = 2000,                               /* for the peer to read our last words */
    LINGER_BYTES = 256 * 1024,                      /* of its own that it may still send meanwhile */
};

typedef struct write_op {
    uv_write_t request;
    transport *t;
    buf data;
    size_t n;
} write_op;

static void finish_step(transport *t);

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)suggested;
    transport *t = handle->data;
    *out = uv_buf_init(t->home->read_bytes, LOOP_READ_BYTES);
}

static void stop_reading(transport *t) {
    if (t->reading)
        uv_read_stop(&t->uv.stream);
    t->reading = false;
}

/* After the peer's TLS goodbye its bytes are nobody's: reading them as plaintext is how state machines are confused. */
static void take_bytes(transport *t, str bytes) {
    if (t->finishing || t->eof)
        t->discarded += bytes.n;
    else if (t->tls)
        transport_tls_feed(t, bytes);
    else
        ASSERT(buf_add(&t->in, bytes));
    if (t->eof || transport_input(t).n >= LIMIT_CONN_IN)
        stop_reading(t);
}

static void tell(transport *t) {
    if (t->finishing)
        finish_step(t);
    else
        t->ops->changed(t);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes) {
    transport *t = stream->data;
    if (n == 0 || t->closing)
        return;
    if (n > 0) {
        take_bytes(t, str_of(bytes->base, (size_t)n));
    } else if (n == UV_EOF) {
        stop_reading(t);
        t->eof = true;
    } else {
        transport_break(t, (int)n);
    }
    tell(t);
}

static void read_on(transport *t) {
    if (t->reading || t->eof || t->broken || t->closing || transport_input(t).n >= LIMIT_CONN_IN)
        return;
    int failure = uv_read_start(&t->uv.stream, on_alloc, on_read);
    if (failure)
        transport_break(t, failure);
    else
        t->reading = true;
}

void transport_consume(transport *t, size_t n) {
    ASSERT(n <= transport_input(t).n);
    t->in_at += n;
    if (t->in_at == t->in.n) {
        buf_free(&t->in);
        t->in_at = 0;
    }
    read_on(t);
}

void transport_drop_input(transport *t) { transport_consume(t, transport_input(t).n); }

void transport_take_input(transport *t, buf *taken) {
    if (t->in_at)
        buf_consume(&t->in, t->in_at);
    *taken = t->in;
    buf_init(&t->in, IN_MAX);
    t->in_at = 0;
}

void transport_untake_input(transport *t, buf *taken, size_t used) {
    ASSERT(t->in_at == 0 && used <= taken->n);
    if (used == taken->n) {
        buf_free(taken);
    } else {
        ASSERT(buf_add(taken, buf_str(&t->in)));
        buf_free(&t->in);
        t->in = *taken;
        t->in_at = used;
    }
    read_on(t);
}

/* ---- writing ---- */

size_t transport_queued(const transport *t) {
    return t->out.n - t->out_at + t->in_flight + (t->tls ? transport_tls_sealed(t)->n : 0);
}

static void on_written(uv_write_t *request, int status) {
    write_op *op = request->data;
    transport *t = op->t;
    t->in_flight -= op->n;
    buf_free(&op->data);
    free(op);
    if (t->closing)
        return;
    if (status < 0)
        transport_break(t, status);
    transport_flush(t);
    tell(t);
}

/* What the kernel did not take at once goes on in libuv's queue; the bytes move there, they are not copied. */
static void send_rest(transport *t, buf *b, size_t at) {
    write_op *op = mem_alloc(sizeof *op);
    *op = (write_op){.t = t, .data = *b, .n = b->n - at};
    buf_init(b, b->max);
    op->request.data = op;
    uv_buf_t bytes = uv_buf_init(op->data.p + at, (unsigned)op->n);
    int failure = uv_write(&op->request, &t->uv.stream, &bytes, 1, on_written);
    if (!failure) {
        t->in_flight += op->n;
        return;
    }
    buf_free(&op->data);
    free(op);
    transport_break(t, failure);
}

/* Sends the buffer from `at` on; it is empty afterwards. */
static void send_buf(transport *t, buf *b, size_t at) {
    uv_buf_t bytes = uv_buf_init(b->p + at, (unsigned)(b->n - at));
    int n = t->in_flight ? UV_EAGAIN : uv_try_write(&t->uv.stream, &bytes, 1);
    if (n < 0 && n != UV_EAGAIN)
        transport_break(t, n);
    else if (n < 0)
        send_rest(t, b, at);
    else if ((size_t)n < bytes.len)
        send_rest(t, b, at + (size_t)n);
    buf_free(b);
}

static void send_plain(transport *t) {
    if (t->out.n > t->out_at)
        send_buf(t, &t->out, t->out_at);
    t->out_at = 0;
}

void transport_flush(transport *t) {
    if (t->broken || t->closing || t->in_flight)
        return;
    if (!t->tls) {
        send_plain(t);
        return;
    }
    /* A little ciphertext at a time: a large answer is not held twice. */
    do {
        transport_tls_seal(t, SEALED_MOST);
        buf *sealed = transport_tls_sealed(t);
        if (!sealed->n)
            return;
        send_buf(t, sealed, 0);
    } while (!t->broken && !t->in_flight);
}

/* ---- life ---- */

static void on_timer(timer *timer_at) {
    transport *t = (transport *)((char *)timer_at - offsetof(transport, timer));
    if (t->finishing)
        transport_close(t);
    else
        t->ops->expired(t);
}

void transport_deadline(transport *t, deadline at) {
    if (!t->finishing && !t->closing)
        timer_set(&t->timer, at, on_timer);
}

void transport_init(transport *t, loop *home, const transport_ops *ops, bool unix_socket) {
    t->home = home;
    t->ops = ops;
    buf_init(&t->in, IN_MAX);
    buf_init(&t->out, OUT_MAX);
    int failure = unix_socket ? uv_pipe_init(loop_uv(home), &t->uv.pipe, 0) : uv_tcp_init(loop_uv(home), &t->uv.tcp);
    ASSERT(!failure); /* without a socket yet they only fill in the handle */
    t->uv.handle.data = t;
    t->next = home->transports;
    if (t->next)
        t->next->prev = t;
    home->transports = t;
}

void transport_adopt(transport *t, int fd, bool unix_socket) {
    int failure = unix_socket ? uv_pipe_open(&t->uv.pipe, fd) : uv_tcp_open(&t->uv.tcp, fd);
    if (failure) {
        close(fd);
        transport_break(t, failure);
    } else {
        read_on(t);
    }
}

void transport_connected(transport *t) { read_on(t); }

void transport_break(transport *t, int error) {
    if (t->broken)
        return;
    stop_reading(t);
    t->broken = true;
    t->error = error;
}

void transport_start_tls(transport *t, struct transport_tls *tls, bool keep_input) {
    ASSERT(!t->tls);
    buf received;
    transport_take_input(t, &received);
    if (!keep_input)
        buf_clear(&received);
    if (!t->broken)
        send_plain(t);
    t->tls = tls;
    transport_tls_feed(t, buf_str(&received));
    buf_free(&received);
    read_on(t);
}

static void on_closed(uv_handle_t *handle) {
    transport *t = handle->data;
    *(t->prev ? &t->prev->next : &t->home->transports) = t->next;
    if (t->next)
        t->next->prev = t->prev;
    buf_free(&t->in);
    buf_free(&t->out);
    transport_tls_free(t->tls);
    t->tls = NULL;
    t->ops->closed(t);
}

void transport_close(transport *t) {
    if (t->closing)
        return;
    t->closing = true;
    t->reading = false;
    timer_clear(&t->timer);
    uv_close(&t->uv.handle, on_closed);
}

void transport_finish(transport *t, int64_t patience_ms) {
    if (t->finishing || t->closing)
        return;
    t->finishing = true;
    transport_drop_input(t);
    timer_set(&t->timer, deadline_in(patience_ms), on_timer);
    transport_flush(t);
    finish_step(t);
}

/* Closing a socket with unread input resets it, and the peer may lose our last answer: so only our direction is
 * closed at first, and what still comes is thrown away until the peer closes too. */
static void finish_step(transport *t) {
    if (!t->shut && !t->broken && t->tls && !transport_queued(t)) {
        transport_tls_goodbye(t);
        transport_flush(t);
    }
    if (!t->shut && !t->broken && !transport_queued(t)) {
        int fd;
        t->shut = true;
        timer_set(&t->timer, deadline_in(LINGER_MS), on_timer);
        if (uv_fileno(&t->uv.handle, &fd) != 0 || shutdown(fd, SHUT_WR) != 0)
            transport_break(t, UV_ENOTCONN);
    }
    if (t->broken || (t->shut && (t->eof || t->discarded > LINGER_BYTES)))
        transport_close(t);
}

void transports_abort(loop *l) {
    for (transport *t = l->transports, *next; t; t = next) {
        next = t->next;
        transport_break(t, UV_ECANCELED);
        if (!t->closing)
            tell(t);
    }
}
