#include "check.h"

#include "peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>

int peer_connect(const addr *to) {
    struct sockaddr_storage at;
    socklen_t n = addr_to_sockaddr(to, &at);
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    struct timeval patience = {.tv_sec = PEER_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    check(connect(fd, (struct sockaddr *)&at, n) == 0);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void peer_send(int fd, str s) {
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        check(n > 0);
        s = str_skip(s, (size_t)n);
    }
}

str peer_read(int fd, char *to, size_t n) {
    ssize_t got = recv(fd, to, n, 0);
    check(got >= 0);
    return str_of(to, (size_t)got);
}

void peer_expect(int fd, str s) {
    char got[4096];
    while (s.n) {
        str some = peer_read(fd, got, s.n < sizeof got ? s.n : sizeof got);
        check_str(some, str_sub(s, 0, some.n ? some.n : s.n));
        s = str_skip(s, some.n);
    }
}

void peer_expect_many(int fd, char c, size_t n) {
    char got[4096];
    while (n) {
        str some = peer_read(fd, got, n < sizeof got ? n : sizeof got);
        check(some.n > 0);
        for (size_t i = 0; i < some.n; i++)
            check(some.p[i] == c);
        n -= some.n;
    }
}

void peer_expect_end(int fd) {
    char got[256];
    check_str(peer_read(fd, got, sizeof got), S(""));
}

bool peer_is_gone(int fd) {
    char got[4096];
    ssize_t n;
    while ((n = recv(fd, got, sizeof got, 0)) > 0)
        ;
    return n == 0 || errno == ECONNRESET;
}

bool peer_is_silent(int fd, int ms) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, ms) == 0;
}

addr loopback(uint16_t port) { return (addr){.family = ADDR_V4, .ip = {127, 0, 0, 1}, .port = port}; }

listener *peer_listen(const listener_config *config) {
    int fds[16];
    addr at = loopback(0);
    size_t n = loops_count();
    check(n <= 16);
    for (size_t i = 0; i < n; i++) {
        check_ok(listener_bind(&at, &fds[i]));
        struct sockaddr_storage name;
        socklen_t length = sizeof name;
        check(getsockname(fds[i], (struct sockaddr *)&name, &length) == 0);
        check(addr_from_sockaddr((struct sockaddr *)&name, &at));
    }
    listener *l;
    check_ok(listener_open(&l, config, fds, n));
    return l;
}

void await_count(_Atomic size_t *value, size_t n) {
    deadline until = deadline_in(PEER_SECONDS * 1000);
    while (atomic_load(value) < n) {
        check(!deadline_passed(until));
        usleep(500);
    }
}
