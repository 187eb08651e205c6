#include "app/server.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/outbound.h"
#include "app/services.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/fiber.h"

enum { GOODBYE_MS = 2000 };

struct server {
    boot *boot;
    store *store;
    tls_server *tls;
    services *services; /* newest first */
    outbound *outbound;
    listener **listeners; /* as boot->sockets at the start */
    size_t listeners_n;
    int64_t started;
};

static err open_store(server *s) {
    const config *c = &s->boot->config;
    const store_config sc = {
        .kind = S("sqlite"),
        .path = c->data,
        .blob_path = c->blobs,
        .blob_least = c->blob_least,
        .readers = (size_t)c->readers,
    };
    return store_open(&s->store, &sc);
}

static err start_dns(config *c) {
    const dns_config dc = config_dns(c);
    return dns_start(&dc);
}

static err open_listeners(server *s) {
    boot *b = s->boot;
    s->listeners = mem_array(b->sockets_n ? b->sockets_n : 1, sizeof *s->listeners);
    for (size_t i = 0; i < b->sockets_n; i++) {
        const config_listener *l = &b->config.listeners[b->sockets[i].listener];
        SCOPED_BUF at;
        buf_init(&at, 256);
        addr_print_port(&at, &b->sockets[i].at);
        TRY(listener_open(&s->listeners[i], &s->services->items[b->sockets[i].listener].listener, b->sockets[i].fds,
                          b->loops));
        s->listeners_n++;
        log_info("listener.open", lf_str("listener", l->name), lf_c("protocol", config_protocols[l->protocol]),
                 lf_str("address", buf_str(&at)), lf_c("tls", config_tls_modes[l->tls]));
    }
    return OK;
}

static err start_all(server *s) {
    boot *b = s->boot;
    TRY(loops_start(b->loops));
    TRY(start_dns(&b->config));
    TRY(open_store(s));
    TRY(tls_server_create(&s->tls, b->certs.pairs, b->certs.n));
    const services_parts parts = {s->store, s->tls, b->certs.secret};
    TRY(services_create(&s->services, &b->config, &parts));
    TRY(outbound_start(&s->outbound, s->store, &s->services->mail, &b->config, b->certs.smarthost_password));
    return open_listeners(s);
}

err server_start(server **out, boot *b) {
    server *s = mem_alloc(sizeof *s);
    s->boot = b;
    s->started = time_mono_ms();
    err e = start_all(s);
    if (failed(e)) {
        server_stop(s, 0);
        return e;
    }
    log_info("server.started", lf_c("version", GODWIT_VERSION), lf_str("host", b->config.host),
             lf_u64("loops", b->loops), lf_i64("ms", time_mono_ms() - s->started));
    *out = s;
    return OK;
}

/* The listener of that name in the newer configuration; their order may differ. */
static const listener_config *config_for(const services *fresh, const config *c, str name, int protocol) {
    for (size_t i = 0; i < c->listeners_n; i++)
        if (str_eq(c->listeners[i].name, name) && c->listeners[i].protocol == protocol)
            return &fresh->items[i].listener;
    return NULL;
}

static void say_restart(buf *said, const boot *old, const config *fresh) {
    bool same = old->config.listeners_n == fresh->listeners_n;
    for (size_t i = 0; same && i < fresh->listeners_n; i++) {
        const option_list *a = &old->config.listeners[i].addresses, *b = &fresh->listeners[i].addresses;
        same = a->n == b->n;
        for (size_t k = 0; same && k < a->n; k++)
            same = str_eq(a->items[k], b->items[k]);
    }
    if (!same)
        buf_add(said, S("listeners that came, went or moved take effect at the next start\n"));
    if (!str_eq(old->config.data, fresh->data) || !str_eq(old->config.blobs, fresh->blobs))
        buf_add(said, S("the data directory stays what it was until the next start\n"));
}

err server_reload_certificates(server *s, const boot *b) {
    return tls_server_reload(s->tls, b->certs.pairs, b->certs.n);
}

err server_reload(server *s, boot *b, buf *said) {
    services *fresh;
    const services_parts parts = {s->store, s->tls, b->certs.secret};
    TRY(server_reload_certificates(s, b));
    TRY(services_create(&fresh, &b->config, &parts));
    TRY(outbound_reload(s->outbound, &fresh->mail, &b->config, b->certs.smarthost_password));
    fresh->older = s->services;
    s->services = fresh;
    for (size_t i = 0; i < s->listeners_n; i++) {
        const config_listener *was = &s->boot->config.listeners[s->boot->sockets[i].listener];
        const listener_config *now = config_for(fresh, &b->config, was->name, was->protocol);
        if (now)
            listener_reconfigure(s->listeners[i], now);
    }
    log_setup((log_format)b->config.log_format, (log_level)b->config.log_level, STDERR_FILENO);
    say_restart(said, s->boot, &b->config);
    log_info("server.reloaded", lf_str("config", b->config.path));
    return OK;
}

void server_poke(server *s) {
    err e = store_poke(s->store);
    if (failed(e))
        log_warn("store.poke_failed", lf_err(&e));
}

static void write_listener(const server *s, size_t i, json *w) {
    const boot_socket *socket = &s->boot->sockets[i];
    SCOPED_BUF at;
    buf_init(&at, 256);
    addr_print_port(&at, &socket->at);
    json_object(w);
    json_put_str(w, "name", s->boot->config.listeners[socket->listener].name);
    json_put_str(w, "address", buf_str(&at));
    json_put_u64(w, "connections", listener_connections(s->listeners[i]));
    json_end(w);
}

err server_status(server *s, buf *out) {
    static const principal operator= {.role = ROLE_ADMIN};
    uint64_t waiting, active, held;
    struct rusage used;
    TRY(queue_count(s->store, &operator, & waiting, &active, &held));
    getrusage(RUSAGE_SELF, &used);
    json w = json_begin(out);
    json_object(&w);
    json_put_str(&w, "version", S(GODWIT_VERSION));
    json_put_i64(&w, "pid", getpid());
    json_put_i64(&w, "uptime_ms", time_mono_ms() - s->started);
    json_put_i64(&w, "peak_memory_kb", used.ru_maxrss);
    json_put_u64(&w, "fibers", fiber_count());
    json_key(&w, S("queue"));
    json_object(&w);
    json_put_u64(&w, "waiting", waiting);
    json_put_u64(&w, "active", active);
    json_put_u64(&w, "held", held);
    json_end(&w);
    json_key(&w, S("listeners"));
    json_array(&w);
    for (size_t i = 0; i < s->listeners_n; i++)
        write_listener(s, i, &w);
    json_end(&w);
    json_end(&w);
    return out->over ? err_make(ERR_BUG, ERR_LIMIT, "too long", "status does not fit") : OK;
}

/* Tells every session that the server ends; those in the middle of a command finish it. */
static void say_goodbye(server *s, deadline until) {
    const services *first = s->services;
    while (first && first->older)
        first = first->older; /* the one the listeners were opened with: same order, and protocols never change */
    for (size_t i = 0; i < s->listeners_n; i++) {
        void (*goodbye)(void *) = first->items[s->boot->sockets[i].listener].goodbye;
        listener_stop(s->listeners[i]);
        if (goodbye)
            listener_each(s->listeners[i], goodbye);
    }
    for (size_t i = 0; i < s->listeners_n; i++)
        while (listener_connections(s->listeners[i]) && !deadline_passed(until))
            poll(NULL, 0, 5);
}

void server_stop(server *s, int64_t patience_ms) {
    say_goodbye(s, deadline_in(patience_ms < GOODBYE_MS ? patience_ms : GOODBYE_MS));
    outbound_stop(s->outbound, deadline_in(patience_ms));
    for (size_t i = 0; i < s->listeners_n; i++)
        listener_close(s->listeners[i]);
    store_close(s->store);
    dns_stop();
    loops_stop();
    services_free(s->services);
    outbound_free(s->outbound);
    tls_server_free(s->tls);
    free(s->listeners);
    free(s);
}
