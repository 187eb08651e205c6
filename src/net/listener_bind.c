/* Sockets to listen on. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/conn.h"

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
static int bind_at(const addr *at, bool shared, int *fd) {
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
        if (shared)
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

static err bind_any(const addr *at, bool shared, int *fd) {
    if (at->family == ADDR_NONE)
        return err_make(ERR_PERM, ERR_SYNTAX, "no address", "no address to listen on");
    int failure = bind_at(at, shared, fd);
    if (is_any_v6(at) && (failure == EAFNOSUPPORT || failure == EADDRNOTAVAIL)) {
        addr v4 = {.family = ADDR_V4, .port = at->port}; /* a machine without IPv6 */
        failure = bind_at(&v4, shared, fd);
    }
    errno = failure;
    return failure ? err_errno("bind") : OK;
}

err listener_bind(const addr *at, int *fd) { return bind_any(at, true, fd); }

err listener_probe(const addr *at) {
    SCOPED_FD fd = -1;
    return at->family == ADDR_UNIX ? OK : bind_any(at, false, &fd);
}
