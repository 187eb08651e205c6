/* From an accepted socket to a session: PROXY header, implicit TLS, limits. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/conn_private.h"
#include "net/proxy.h"
#include "net/transport_tls.h"

enum { REFUSE_MS = 5000 };

/* Short, and unique in the process: a number in base 36. */
static void make_id(char out[CONN_ID]) {
    static atomic_uint_fast64_t last;
    uint64_t n = atomic_fetch_add(&last, 1) + 1;
    char digits[CONN_ID];
    size_t at = CONN_ID - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
        n /= 36;
    } while (n && at);
    memmove(out, digits + at, CONN_ID - at);
}

static bool is_proxy(const listener_config *config, const addr *peer) {
    for (size_t i = 0; i < config->proxies_n; i++)
        if (addr_in_net(peer, &config->proxies[i]))
            return true;
    return false;
}

void conn_refuse(conn *c) {
    c->stage = CONN_ENDED;
    if (!c->settings->config.implicit_tls && !c->t.broken)
        buf_add(&c->t.out, c->settings->config.busy_text);
    transport_finish(&c->t, REFUSE_MS);
}

/* There is no session yet that could say who it was. */
static void log_early_end(const conn *c, const char *event, const char *why) {
    char client[ADDR_TEXT];
    addr_print(&c->peer, client);
    log_info(event, lf_c("conn", c->id), lf_c("client", client), lf_c("error", why));
}

static void give_up(conn *c) {
    c->stage = CONN_ENDED;
    transport_close(&c->t);
}

static void begin_session(conn *c) {
    c->stage = CONN_OPENING;
    conn_pump(c);
}

/* The client is known: is it welcome, and does it begin with a handshake? */
static void admit(conn *c) {
    size_t most = c->peer.family == ADDR_UNIX ? 0 : c->settings->config.max_per_client;
    c->counted = most && listener_admit(c->owner, &c->peer, most);
    if (most && !c->counted) {
        listener_refused(c->owner, "client", &c->peer);
        conn_refuse(c);
    } else if (c->settings->config.implicit_tls) {
        c->stage = CONN_HANDSHAKE;
        transport_start_tls(&c->t, transport_tls_server(c->settings->config.tls), true);
        conn_begin_changed(c);
    } else {
        begin_session(c);
    }
}

static void read_proxy(conn *c) {
    proxy_header header;
    long n = proxy_parse(transport_input(&c->t), &header);
    if (n == 0 && !c->t.eof)
        return;
    if (n <= 0) {
        log_early_end(c, "net.proxy_header_bad", n < 0 ? "no PROXY header" : "half a PROXY header");
        give_up(c);
        return;
    }
    transport_consume(&c->t, (size_t)n);
    if (!header.local) {
        c->peer = header.source;
        c->local = header.destination;
    }
    admit(c);
}

void conn_begin_changed(conn *c) {
    if (c->t.broken || c->expired) {
        const char *why = transport_tls_failure(&c->t);
        if (why)
            log_early_end(c, "net.handshake_failed", why);
        give_up(c);
    } else if (c->stage == CONN_PROXY) {
        read_proxy(c);
    } else if (transport_is_secured(&c->t)) {
        begin_session(c);
    } else if (c->t.eof) {
        give_up(c);
    }
}

static void find_local(int fd, addr *out) {
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        addr_from_sockaddr((struct sockaddr *)&at, out);
}

void conn_begin(listener *l, listener_settings *settings, loop *home, int fd, const addr *peer) {
    conn *c = mem_alloc(sizeof *c);
    bool is_unix = peer->family == ADDR_UNIX;
    int on = 1;
    c->owner = l;
    c->settings = settings;
    c->peer = *peer;
    make_id(c->id);
    find_local(fd, &c->local);
    if (!is_unix) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    transport_init(&c->t, home, &conn_transport_ops, is_unix);
    transport_adopt(&c->t, fd, is_unix);
    transport_deadline(&c->t, deadline_in(settings->config.first_deadline_ms));
    if (c->t.broken)
        give_up(c);
    else if (is_proxy(&settings->config, peer))
        c->stage = CONN_PROXY;
    else
        admit(c);
}
