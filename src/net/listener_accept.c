/* Accepting: on each loop from its own socket, some at a time, surviving the lack of descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "net/conn_private.h"
#include "net/listener_private.h"

enum {
    BATCH = 64,     /* connections in a row before the loop looks after others */
    PAUSE_MS = 100, /* after an error that will not go away at once */
};

static int open_spare(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

static void on_readable(uv_poll_t *poll, int status, int events);

static void resume(timer *t) {
    acceptor *a = (acceptor *)((char *)t - offsetof(acceptor, pause));
    if (a->spare < 0)
        a->spare = open_spare();
    uv_poll_start(&a->poll, UV_READABLE, on_readable);
}

static void pause_accepting(acceptor *a, int error) {
    log_warn("net.accept_paused", lf_c("error", uv_strerror(-error)));
    uv_poll_stop(&a->poll);
    timer_set(&a->pause, deadline_in(PAUSE_MS), resume);
}

/* A client that cannot be served is told so in one write, and only if it does not begin with a handshake. */
static void turn_away(const listener_config *config, int fd) {
    if (!config->implicit_tls && config->busy_text.n) {
        ssize_t ignored = send(fd, config->busy_text.p, config->busy_text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)ignored;
    }
    close(fd);
}

/* No descriptor left: give one up for as long as it takes to refuse the client, so that it does not hang.
 * errno of the accept, 0 when a client was refused. */
static int refuse_with_spare(acceptor *a) {
    if (a->spare < 0)
        return EMFILE;
    close(a->spare);
    int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int failure = fd < 0 ? errno : 0;
    if (fd >= 0) {
        listener_settings *settings = listener_settings_now(a->owner);
        turn_away(&settings->config, fd);
        listener_settings_drop(settings);
        listener_refused(a->owner, "descriptors", NULL);
    }
    a->spare = open_spare();
    return failure;
}

static bool reserve_place(listener *l, size_t most) {
    size_t before = atomic_fetch_add(&l->connections, 1);
    if (!most || before < most)
        return true;
    atomic_fetch_sub(&l->connections, 1);
    return false;
}

static void begin(acceptor *a, int fd, const struct sockaddr *from) {
    addr peer;
    listener_settings *settings = listener_settings_now(a->owner);
    if (!addr_from_sockaddr(from, &peer) || !reserve_place(a->owner, settings->config.max_connections)) {
        listener_refused(a->owner, "listener", &peer);
        turn_away(&settings->config, fd);
        listener_settings_drop(settings);
        return;
    }
    listener_hold(a->owner);
    conn_begin(a->owner, settings, a->home, fd, &peer);
}

static bool is_passing(int error) {
    return error == 0 || error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
           error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    acceptor *a = poll->data;
    for (int i = 0; i < BATCH && !atomic_load(&a->owner->stopped); i++) {
        struct sockaddr_storage from = {0};
        socklen_t n = sizeof from;
        int fd = accept4(a->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int failure = fd < 0 ? errno : 0;
        if (failure == EMFILE || failure == ENFILE) /* also with nobody waiting */
            failure = refuse_with_spare(a);
        if (fd >= 0)
            begin(a, fd, (struct sockaddr *)&from);
        else if (failure == EAGAIN)
            return;
        else if (!is_passing(failure)) {
            pause_accepting(a, failure);
            return;
        }
    }
}

void acceptor_begin(void *arg) {
    acceptor *a = arg;
    a->spare = open_spare();
    int failure = uv_poll_init(loop_uv(a->home), &a->poll, a->fd);
    a->poll.data = a;
    if (!failure)
        failure = uv_poll_start(&a->poll, UV_READABLE, on_readable);
    a->polling = !failure;
    if (failure)
        log_error("net.listen_failed", lf_c("error", uv_strerror(failure)));
}

static void on_closed(uv_handle_t *handle) {
    acceptor *a = handle->data;
    close(a->fd);
    if (a->spare >= 0)
        close(a->spare);
    listener_drop(a->owner);
}

void acceptor_end(void *arg) {
    acceptor *a = arg;
    timer_clear(&a->pause);
    a->poll.data = a;
    if (a->polling)
        uv_close((uv_handle_t *)&a->poll, on_closed);
    else
        on_closed((uv_handle_t *)&a->poll);
}
