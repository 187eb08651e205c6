/* Listeners: opening, visiting all connections, closing. */
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "net/conn_private.h"
#include "net/listener_private.h"

enum { CLIENTS_MAX = 1000 * 1000, BACKLOG = 1024 };

void listener_hold(listener *l) { atomic_fetch_add(&l->references, 1); }

void listener_drop(listener *l) {
    if (atomic_fetch_sub(&l->references, 1) == 1)
        completion_signal(&l->gone);
}

static void listener_free(listener *l) {
    map_free(&l->clients);
    pthread_mutex_destroy(&l->lock);
    listener_settings_drop(l->settings);
    free(l->acceptors);
    free(l);
}

static listener *listener_new(const listener_config *config, size_t n) {
    listener *l = mem_alloc(sizeof *l);
    l->settings = listener_settings_new(config);
    pthread_mutex_init(&l->lock, NULL);
    map_init(&l->clients, CLIENTS_MAX);
    completion_init(&l->gone);
    atomic_init(&l->references, 1);
    l->acceptors = mem_array(n, sizeof *l->acceptors);
    return l;
}

static void read_address(listener *l, int fd) {
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        addr_from_sockaddr((struct sockaddr *)&at, &l->address);
}

err listener_open(listener **out, const listener_config *config, const int *fds, size_t n) {
    ASSERT(n > 0 && config->open && config->ops && (config->tls || !config->implicit_tls));
    ASSERT(!loop_current());
    listener *l = listener_new(config, n);
    err e = OK;
    for (size_t i = 0; i < n && !failed(e); i++)
        if (listen(fds[i], BACKLOG) != 0)
            e = err_errno("listen");
    if (failed(e)) {
        for (size_t i = 0; i < n; i++)
            close(fds[i]);
        listener_free(l);
        return e;
    }
    read_address(l, fds[0]);
    l->acceptors_n = n;
    for (size_t i = 0; i < n; i++) {
        l->acceptors[i] = (acceptor){.owner = l, .home = loop_at(i % loops_count()), .fd = fds[i], .spare = -1};
        listener_hold(l);
        loop_post(l->acceptors[i].home, acceptor_begin, &l->acceptors[i]);
    }
    *out = l;
    return OK;
}

addr listener_address(const listener *l) { return l->address; }
size_t listener_connections(const listener *l) { return atomic_load(&l->connections); }

void listener_stop(listener *l) {
    if (atomic_exchange(&l->stopped, true))
        return;
    for (size_t i = 0; i < l->acceptors_n; i++)
        loop_post(l->acceptors[i].home, acceptor_end, &l->acceptors[i]);
}

/* ---- all connections ---- */

typedef struct round_work {
    listener *owner;
    void (*fn)(void *session); /* NULL: abort */
} round_work;

static void visit(conn *c, void (*fn)(void *session)) {
    if (!fn) {
        conn_abort(c);
        if (c->stage < CONN_OPENING || c->t.finishing)
            transport_close(&c->t);
    } else if (c->stage <= CONN_OPEN) {
        conn_call **end = &c->calls;
        while (*end)
            end = &(*end)->next;
        *end = mem_alloc(sizeof **end);
        (*end)->fn = fn;
        conn_pump(c);
    }
}

static void visit_all(void *arg) {
    round_work *work = arg;
    listener *l = work->owner;
    for (transport *t = loop_current()->transports, *next; t; t = next) {
        next = t->next;
        conn *c = (conn *)t;
        if (t->ops == &conn_transport_ops && c->owner == l && !t->closing)
            visit(c, work->fn);
    }
    free(work);
    listener_drop(l);
}

static void post_visits(listener *l, void (*fn)(void *session)) {
    for (size_t i = 0; i < l->acceptors_n; i++) {
        round_work *work = mem_alloc(sizeof *work);
        *work = (round_work){l, fn};
        bool again = false; /* two acceptors of one loop share its connections */
        for (size_t k = 0; k < i && !again; k++)
            again = l->acceptors[k].home == l->acceptors[i].home;
        if (again) {
            free(work);
            continue;
        }
        listener_hold(l);
        loop_post(l->acceptors[i].home, visit_all, work);
    }
}

void listener_each(listener *l, void (*fn)(void *session)) {
    ASSERT(fn);
    post_visits(l, fn);
}

void listener_close(listener *l) {
    if (!l)
        return;
    ASSERT(!loop_current());
    listener_stop(l);
    post_visits(l, NULL);
    listener_drop(l);
    completion_wait_done(&l->gone);
    listener_free(l);
}
