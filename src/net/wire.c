#include <sys/socket.h>
#include <uv.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/transport.h"
#include "net/transport_tls.h"
#include "net/wire.h"

enum {
    FINISH_MS = 5000,
    GIVEN_KEPT = 1024,  /* memory kept from one read to the next */
    GATHER = 32 * 1024, /* queued bytes that are worth a write of their own */
};

struct wire {
    transport t; /* first, for its callbacks know nothing else */
    fiber_cond changed;
    buf given; /* what the last read answered */
    addr peer, local;
    uv_connect_t connect;
    bool connecting;
    bool released; /* wire_close was called */
    bool gone;     /* the transport has been closed */
};

/* ---- callbacks ---- */

static void on_changed(transport *t) {
    wire *w = (wire *)t;
    fiber_cond_wake_all(&w->changed);
    if (t->broken && t->home->stopping)
        transport_close(t); /* one that rests in a pool has nobody to see it */
}

static void on_expired(transport *t) { (void)t; }

static void wire_free(wire *w) {
    buf_free(&w->given);
    free(w);
}

static void on_closed(transport *t) {
    wire *w = (wire *)t;
    w->gone = true;
    if (w->released)
        wire_free(w);
}

static const transport_ops ops = {on_changed, on_expired, on_closed};

/* ---- errors ---- */

static err failure_of(int code, const char *tls) {
    if (tls)
        return err_make(ERR_TEMP, ERR_TLS, "TLS failed", "TLS: %s", tls);
    switch (code) {
    case UV_ETIMEDOUT: return err_make(ERR_TEMP, ERR_TIMEOUT, "timed out", "%s", uv_strerror(code));
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_ECANCELED: return err_make(ERR_TEMP, ERR_CLOSED, "connection closed", "%s", uv_strerror(code));
    default: return err_make(ERR_TEMP, ERR_UNAVAILABLE, "not reachable", "%s", uv_strerror(code));
    }
}

static err wire_failure(const wire *w) { return failure_of(w->t.error, transport_tls_failure(&w->t)); }

static err ended(void) { return err_make(ERR_TEMP, ERR_CLOSED, "connection closed", "the peer closed the connection"); }

static void assert_home(const wire *w) { ASSERT(loop_current() == w->t.home); }

/* ---- connecting ---- */

static void on_connect(uv_connect_t *request, int status) {
    wire *w = request->data;
    w->connecting = false;
    if (w->t.closing)
        return;
    if (status < 0)
        transport_break(&w->t, status);
    else
        transport_connected(&w->t);
    on_changed(&w->t);
}

static int begin_connect(wire *w, const addr *to, const addr *from) {
    struct sockaddr_storage at;
    w->connect.data = w;
    if (to->family == ADDR_UNIX) {
        uv_pipe_connect(&w->connect, &w->t.uv.pipe, to->path, on_connect);
        return 0;
    }
    if (from && addr_to_sockaddr(from, &at)) {
        int failure = uv_tcp_bind(&w->t.uv.tcp, (struct sockaddr *)&at, 0);
        if (failure)
            return failure;
    }
    if (!addr_to_sockaddr(to, &at))
        return UV_EAFNOSUPPORT;
    int failure = uv_tcp_connect(&w->connect, &w->t.uv.tcp, (struct sockaddr *)&at, on_connect);
    if (!failure)
        uv_tcp_nodelay(&w->t.uv.tcp, 1);
    return failure;
}

static void find_local(wire *w) {
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof at;
    int fd;
    if (uv_fileno(&w->t.uv.handle, &fd) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        addr_from_sockaddr((struct sockaddr *)&at, &w->local);
}

err wire_connect(wire **out, const addr *to, const addr *from, deadline until) {
    wire *w = mem_alloc(sizeof *w);
    w->peer = *to;
    buf_init(&w->given, SIZE_MAX);
    transport_init(&w->t, loop_current(), &ops, to->family == ADDR_UNIX);
    int failure = begin_connect(w, to, from);
    w->connecting = failure == 0;
    err e = failure ? failure_of(failure, NULL) : OK;
    while (w->connecting && !w->t.broken && !failed(e))
        e = fiber_cond_wait(&w->changed, until);
    if (!failed(e) && w->t.broken)
        e = wire_failure(w);
    if (failed(e)) {
        wire_close(w);
        return e;
    }
    find_local(w);
    *out = w;
    return OK;
}

/* An unconnected one has nothing to say goodbye to. */
void wire_close(wire *w) {
    if (!w)
        return;
    w->released = true;
    if (w->gone) {
        wire_free(w); /* on any thread: its loop has ended */
        return;
    }
    assert_home(w);
    if (w->connecting || w->t.broken)
        transport_close(&w->t);
    else
        transport_finish(&w->t, FINISH_MS);
}

/* ---- writing ---- */

static err flush_to(wire *w, size_t most, deadline until) {
    assert_home(w);
    transport_flush(&w->t);
    while (!w->t.broken && transport_queued(&w->t) > most)
        TRY(fiber_cond_wait(&w->changed, until));
    return w->t.broken ? wire_failure(w) : OK;
}

err wire_write(wire *w, str bytes, deadline until) {
    while (bytes.n) {
        str piece = str_sub(bytes, 0, LIMIT_CONN_OUT);
        bytes = str_skip(bytes, piece.n);
        buf_add(&w->t.out, piece);
        if (transport_queued(&w->t) >= GATHER)
            TRY(flush_to(w, LIMIT_CONN_OUT, until));
    }
    return w->t.broken ? wire_failure(w) : OK;
}

err wire_flush(wire *w, deadline until) { return flush_to(w, 0, until); }

/* ---- reading ---- */

/* Waits until more than n bytes are there. */
static err await_more(wire *w, size_t n, deadline until) {
    assert_home(w);
    transport_flush(&w->t);
    while (transport_input(&w->t).n <= n) {
        if (w->t.broken)
            return wire_failure(w);
        if (w->t.eof)
            return ended();
        TRY(fiber_cond_wait(&w->changed, until));
    }
    return OK;
}

/* Keeps n bytes for the caller, out of the way of what arrives. */
static str give(wire *w, size_t n) {
    if (w->given.cap > GIVEN_KEPT)
        buf_free(&w->given);
    buf_clear(&w->given);
    buf_add(&w->given, str_sub(transport_input(&w->t), 0, n));
    transport_consume(&w->t, n);
    return buf_str(&w->given);
}

static str without_end(str line) {
    line.n--;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

err wire_read_line(wire *w, size_t max, str *line, deadline until) {
    for (size_t seen = 0;;) {
        str in = transport_input(&w->t);
        size_t at = str_find(str_skip(in, seen), '\n');
        if (at != STR_NONE && seen + at <= max + 1) {
            *line = without_end(give(w, seen + at + 1));
            if (line->n <= max)
                return OK;
        }
        seen = in.n;
        if (at != STR_NONE || seen > max + 1 || seen >= LIMIT_CONN_IN)
            return err_make(ERR_PEER, ERR_LIMIT, "line too long", "line of more than %zu bytes", max);
        TRY(await_more(w, seen, until));
    }
}

err wire_read_some(wire *w, size_t max, str *bytes, deadline until) {
    ASSERT(max > 0);
    TRY(await_more(w, 0, until));
    size_t n = transport_input(&w->t).n;
    *bytes = give(w, n < max ? n : max);
    return OK;
}

/* ---- TLS ---- */

err wire_starttls(wire *w, tls_client *tls, str name, tls_verify verify, deadline until) {
    ASSERT(!w->t.tls);
    struct transport_tls *begun;
    TRY(wire_flush(w, until));
    TRY(transport_tls_client(&begun, tls, name, verify));
    transport_start_tls(&w->t, begun, false);
    while (!w->t.broken && !w->t.eof && !transport_is_secured(&w->t))
        TRY(fiber_cond_wait(&w->changed, until));
    if (w->t.broken)
        return wire_failure(w);
    return transport_is_secured(&w->t) ? OK : ended();
}

bool wire_is_tls(const wire *w) { return transport_is_secured(&w->t); }
const tls_info *wire_tls_info(const wire *w) { return transport_tls_info(&w->t); }

bool wire_channel_binding(const wire *w, str type, uint8_t out[64], size_t *n) {
    return transport_channel_binding(&w->t, type, out, n);
}

const addr *wire_peer(const wire *w) { return &w->peer; }
const addr *wire_local(const wire *w) { return &w->local; }

bool wire_stale(const wire *w) { return w->t.broken || w->t.eof || w->t.closing || transport_input(&w->t).n > 0; }
