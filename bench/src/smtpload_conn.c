#include "smtpload.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BROKEN_MOST = 100 }; /* beyond two for each session: the server will not have us */

void conn_note(conn *c, const char *what, const char *line) {
    char *error = c->of->error;
    if (error[0])
        return;
    snprintf(error, sizeof c->of->error, "%s: %.180s", what, line);
    bench_quote_free(error);
}

static void watch(conn *c, uint32_t events) {
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (c->events != events)
        epoll_ctl(c->of->epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
    c->events = events;
}

void conn_open(conn *c) {
    *c = (conn){.of = c->of, .fd = bench_connect(&c->of->server, true)};
    if (c->fd < 0)
        bench_die("connect");
    watch(c, EPOLLOUT);
    c->of->live++;
}

void conn_close(conn *c, outcome why) {
    load *l = c->of;
    SSL_free(c->ssl);
    close(c->fd);
    c->fd = -1;
    l->live--;
    if (why == BROKEN) {
        l->broken++;
        l->failed += c->at >= TALK_MAIL && c->at <= TALK_BODY;
        if (l->broken > 2 * l->sessions + BROKEN_MOST) {
            l->gave_up = true;
            l->total = l->started;
        }
    }
    if (l->started < l->total)
        conn_open(c);
}

/* ---- writing ---- */

static ssize_t write_tls(conn *c) {
    bool head = c->out_at < c->out_n;
    const char *p = head ? c->out + c->out_at : c->of->body + c->body_at;
    size_t n = head ? c->out_n - c->out_at : c->body_n - c->body_at;
    int w = SSL_write(c->ssl, p, (int)n);
    if (w > 0)
        return w;
    int why = SSL_get_error(c->ssl, w);
    errno = why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? EAGAIN : EIO;
    return -1;
}

static ssize_t write_plain(conn *c) {
    struct iovec pieces[] = {{c->out + c->out_at, c->out_n - c->out_at},
                             {c->of->body + c->body_at, c->body_n - c->body_at}};
    return writev(c->fd, pieces, 2);
}

outcome conn_flush(conn *c) {
    while (c->out_at < c->out_n || c->body_at < c->body_n) {
        ssize_t w = c->ssl ? write_tls(c) : write_plain(c);
        if (w < 0 && errno == EAGAIN) {
            watch(c, EPOLLIN | EPOLLOUT);
            return GO_ON;
        }
        if (w < 0)
            return BROKEN;
        size_t head = c->out_n - c->out_at;
        head = head < (size_t)w ? head : (size_t)w;
        c->out_at += head;
        c->body_at += (size_t)w - head;
    }
    watch(c, EPOLLIN);
    return GO_ON;
}

/* ---- TLS ---- */

void conn_start_tls(conn *c) {
    c->ssl = SSL_new(c->of->tls);
    if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
        bench_die("SSL_new");
    SSL_set_connect_state(c->ssl);
    c->at = TALK_HANDSHAKE;
    c->in_n = 0;
}

static outcome shake(conn *c) {
    int r = SSL_do_handshake(c->ssl);
    if (r == 1) {
        c->of->handshakes++;
        watch(c, EPOLLIN);
        if (!c->of->implicit)
            return talk_hello(c, TALK_HELLO_AGAIN);
        c->at = TALK_GREETING;
        return GO_ON;
    }
    int why = SSL_get_error(c->ssl, r);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        watch(c, EPOLLIN | (why == SSL_ERROR_WANT_WRITE ? EPOLLOUT : 0));
        return GO_ON;
    }
    conn_note(c, "TLS handshake", ERR_error_string(ERR_get_error(), NULL));
    return BROKEN;
}

/* ---- reading ---- */

/* Bytes read; 0 when there are none now, -1 when there will be none. */
static ssize_t receive(conn *c) {
    char *p = c->in + c->in_n;
    size_t room = sizeof c->in - c->in_n;
    if (!c->ssl) {
        ssize_t n = read(c->fd, p, room);
        return n < 0 && errno == EAGAIN ? 0 : n > 0 ? n : -1;
    }
    int n = SSL_read(c->ssl, p, (int)room);
    return n > 0 ? n : SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static outcome take_lines(conn *c) {
    char *at = c->in, *end = c->in + c->in_n, *lf;
    while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
        *lf = 0;
        if (lf - at >= 4 && at[3] != '-') {
            outcome o = talk_line(c, at);
            if (o != GO_ON || c->at == TALK_HANDSHAKE)
                return o;
        }
        at = lf + 1;
    }
    c->in_n = (size_t)(end - at);
    memmove(c->in, at, c->in_n);
    if (c->in_n < sizeof c->in)
        return GO_ON;
    conn_note(c, "line too long", "");
    return BROKEN;
}

static outcome readable(conn *c) {
    for (;;) {
        if (c->at == TALK_HANDSHAKE) {
            outcome o = shake(c);
            if (o != GO_ON || c->at == TALK_HANDSHAKE)
                return o;
        }
        ssize_t n = receive(c);
        if (n < 0 && c->at == TALK_QUIT)
            return ENDED;
        if (n < 0)
            conn_note(c, "closed by the server", "");
        if (n <= 0)
            return n < 0 ? BROKEN : GO_ON;
        c->in_n += (size_t)n;
        outcome o = take_lines(c);
        if (o != GO_ON || !c->ssl) /* without TLS nothing hides in a buffer: epoll tells */
            return o;
    }
}

static outcome connected(conn *c) {
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) {
        conn_note(c, "connect", strerror(error));
        return BROKEN;
    }
    c->at = TALK_GREETING;
    watch(c, EPOLLIN);
    if (!c->of->implicit)
        return GO_ON;
    conn_start_tls(c);
    return readable(c);
}

outcome conn_event(conn *c, uint32_t events) {
    if (c->at == TALK_CONNECTING)
        return connected(c);
    if (events & EPOLLOUT && c->at != TALK_HANDSHAKE && conn_flush(c) == BROKEN)
        return BROKEN;
    return events & (EPOLLIN | EPOLLHUP | EPOLLERR) || c->at == TALK_HANDSHAKE ? readable(c) : GO_ON;
}
