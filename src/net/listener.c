/* Listeners: opening, counting, saying goodbye. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "net/conn_private.h"
#include "net/listener_private.h"

enum { CLIENTS_MAX = 1000 * 1000, BACKLOG = 1024, CLIENT_KEY = 9 };

/* ---- binding ---- */

static bool is_any_v6(const addr *a) {
    static const uint8_t zero[16];
    return a->family == ADDR_V6 && memcmp(a->ip, zero, 16) == 0;
}

/* A socket file nobody listens on any more is left over from a process that died. */
static void remove_stale(const struct sockaddr *at, socklen_t n, const char *path) {
    struct stat what;
    if (lstat(path, &what) != 0 || !S_ISSOCK(what.st_mode))
        return;
    SCOPED_FD probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe >= 0 && connect(probe, at, n) != 0 && errno == ECONNREFUSED)
        unlink(path);
}

/* errno, or 0 and the socket. */
static int bind_at(const addr *at, int *fd) {
    struct sockaddr_storage storage;
    socklen_t n = addr_to_sockaddr(at, &storage);
    struct sockaddr *name = (struct sockaddr *)&storage;
    SCOPED_FD s = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return errno;
    int on = 1, only = !is_any_v6(at);
    if (at->family == ADDR_UNIX) {
        remove_stale(name, n, at->path);
    } else {
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (at->family == ADDR_V6)
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (bind(s, name, n) != 0)
        return errno;
    *fd = take_fd(&s);
    return 0;
}

err listener_bind(const addr *at, int *fd) {
    if (at->family == ADDR_NONE)
        return err_make(ERR_PERM, ERR_SYNTAX, "no address", "no address to listen on");
    int failure = bind_at(at, fd);
    if (is_any_v6(at) && (failure == EAFNOSUPPORT || failure == EADDRNOTAVAIL)) {
        addr v4 = {.family = ADDR_V4, .port = at->port}; /* a machine without IPv6 */
        failure = bind_at(&v4, fd);
    }
    errno = failure;
    return failure ? err_errno("bind") : OK;
}

/* ---- clients ---- */

static str client_key(const addr *a, char key[CLIENT_KEY]) {
    char text[ADDR_TEXT];
    addr v4;
    addr_print(a, text);
    if (addr_parse(str_c(text), &v4) && v4.family == ADDR_V4) { /* mapped ones too */
        key[0] = 4;
        memcpy(key + 1, v4.ip, 4);
        return str_of(key, 5);
    }
    key[0] = 6;
    memcpy(key + 1, a->ip, 8); /* whoever has one v6 address has its whole /64 */
    return str_of(key, 9);
}

/* Counts live in the table's pointers. */
static size_t count_of(void *value) { return (size_t)(uintptr_t)value; }
static void *as_value(size_t count) { return (void *)(uintptr_t)count; }

bool listener_admit(listener *l, const addr *client) {
    if (!l->config.max_per_client || client->family == ADDR_UNIX)
        return true;
    char bytes[CLIENT_KEY];
    str key = client_key(client, bytes);
    pthread_mutex_lock(&l->lock);
    size_t n = count_of(map_get(&l->clients, key));
    bool admitted = n < l->config.max_per_client && map_put(&l->clients, key, as_value(n + 1));
    pthread_mutex_unlock(&l->lock);
    return admitted;
}

void listener_dismiss(listener *l, const addr *client) {
    if (!l->config.max_per_client || client->family == ADDR_UNIX)
        return;
    char bytes[CLIENT_KEY];
    str key = client_key(client, bytes);
    pthread_mutex_lock(&l->lock);
    size_t n = count_of(map_get(&l->clients, key));
    if (n > 1)
        map_put(&l->clients, key, as_value(n - 1));
    else
        map_remove(&l->clients, key);
    pthread_mutex_unlock(&l->lock);
}

/* ---- life ---- */

void listener_hold(listener *l) { atomic_fetch_add(&l->references, 1); }

void listener_drop(listener *l) {
    if (atomic_fetch_sub(&l->references, 1) == 1)
        completion_signal(&l->gone);
}

static void listener_free(listener *l) {
    map_free(&l->clients);
    pthread_mutex_destroy(&l->lock);
    free((void *)l->config.proxies);
    free((void *)l->config.busy_text.p);
    free(l->acceptors);
    free(l);
}

static listener *listener_new(const listener_config *config, size_t n) {
    listener *l = mem_alloc(sizeof *l);
    l->config = *config;
    l->config.busy_text.p = mem_strdup(config->busy_text);
    addr_net *proxies = mem_array(config->proxies_n, sizeof *proxies);
    if (config->proxies_n)
        memcpy(proxies, config->proxies, config->proxies_n * sizeof *proxies);
    l->config.proxies = proxies;
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
