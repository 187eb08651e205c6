#include "app/boot.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/drop.h"
#include "app/files.h"
#include "app/frame.h"
#include "base/mem.h"
#include "net/conn.h"

enum { BOOT_MEMORY = 8 << 20, LOOPS_MOST = 256 };

static size_t loops_wanted(const config *c) {
    if (c->loops)
        return (size_t)c->loops;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > LOOPS_MOST ? LOOPS_MOST : (size_t)cores;
}

err boot_read(boot *b, str config_path, buf *complain) {
    *b = (boot){0};
    arena_init(&b->memory, BOOT_MEMORY);
    config_mistakes mistakes;
    bool fine = config_read(&b->config, config_path, &mistakes);
    for (size_t i = 0; i < mistakes.n; i++) {
        buf_add(complain, config_mistake_print(&b->config, &mistakes.items[i], &b->memory));
        buf_add_byte(complain, '\n');
    }
    if (!fine)
        return err_make(ERR_PERM, ERR_SYNTAX, "bad configuration", "%zu mistakes in the configuration", mistakes.n);
    b->loops = loops_wanted(&b->config);
    b->uid = geteuid();
    b->gid = getegid();
    char found[64];
    return b->uid == 0 ? drop_find_user(b->config.user, &b->uid, &b->gid, found) : OK;
}

/* Whether the server's user can pass through a directory (its supplementary groups are given up). */
static bool may_pass(const boot *b, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return true;
    mode_t bit = info.st_uid == b->uid ? S_IXUSR : info.st_gid == b->gid ? S_IXGRP : S_IXOTH;
    return (info.st_mode & bit) != 0;
}

/* Root may go everywhere, the server may not: a home directory on the way is usually closed to it. */
static err check_way(const boot *b, char *path) {
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool open = may_pass(b, path);
        err e = open ? OK
                     : err_make(ERR_PERM, ERR_DENIED, "closed",
                                "%.60s is closed to the server's user; choose a directory as "
                                "/var/lib/...",
                                path);
        *at = '/';
        TRY(e);
    }
    return OK;
}

/* What lies in the data directory its user can replace: through a link there, root would give away what it points to.
 * Such a link is left alone; flags is AT_SYMLINK_NOFOLLOW then, else 0. */
static err own_directory(boot *b, str path, int flags) {
    TRY(directory_make(path, 0700, &b->memory));
    char *name = arena_cstr(&b->memory, path);
    if (geteuid() == 0)
        TRY(check_way(b, name));
    if (geteuid() == 0 && fchownat(AT_FDCWD, name, b->uid, b->gid, flags) != 0)
        return err_errno("chown the data directory");
    return OK;
}

/* The address a socket was really bound to: with the port that the system chose. */
static err bound_address(int fd, addr *at) {
    struct sockaddr_storage storage;
    socklen_t n = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &n) != 0)
        return err_errno("getsockname");
    return addr_from_sockaddr((struct sockaddr *)&storage, at)
               ? OK
               : err_make(ERR_BUG, ERR_UNSUPPORTED, "bad address", "unknown address family");
}

/* One socket for each loop at the same address; when the system chose the port, the first one's. */
static err bind_address(boot *b, size_t which, str text) {
    boot_socket *s = &b->sockets[b->sockets_n];
    *s = (boot_socket){.listener = which, .fds = arena_array(&b->memory, b->loops, sizeof *s->fds)};
    if (!s->fds || !addr_parse_port(text, 0, &s->at))
        return err_make(ERR_BUG, ERR_SYNTAX, "bad address", "listener address \"%.*s\"", STR_ARG(text));
    for (size_t i = 0; i < b->loops; i++)
        s->fds[i] = -1;
    b->sockets_n++;
    for (size_t i = 0; i < b->loops; i++) {
        if (i > 0 && s->at.family == ADDR_UNIX) {
            s->fds[i] = dup(s->fds[0]);
            continue;
        }
        err e = i == 0 ? listener_probe(&s->at) : OK;
        if (!failed(e))
            e = listener_bind(&s->at, &s->fds[i]);
        if (failed(e))
            return err_make(e.kind, e.what, e.text, "listener \"%.*s\" at %.*s: %s",
                            STR_ARG(b->config.listeners[which].name), STR_ARG(str_sub(text, 0, 40)), e.log);
        if (i == 0 && s->at.family != ADDR_UNIX && s->at.port == 0)
            TRY(bound_address(s->fds[0], &s->at));
    }
    return OK;
}

static err bind_all(boot *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->config.listeners_n; i++)
        n += b->config.listeners[i].addresses.n;
    b->sockets = arena_array(&b->memory, n, sizeof *b->sockets);
    if (n && !b->sockets)
        return err_make(ERR_PERM, ERR_LIMIT, "too many listeners", "too many listener addresses");
    for (size_t i = 0; i < b->config.listeners_n; i++)
        for (size_t k = 0; k < b->config.listeners[i].addresses.n; k++)
            TRY(bind_address(b, i, b->config.listeners[i].addresses.items[k]));
    return OK;
}

err boot_load_certs(boot *b) { return certs_load(&b->certs, &b->config); }

err boot_directories(boot *b) {
    TRY(own_directory(b, b->config.data, 0));
    TRY(own_directory(b, b->config.blobs, AT_SYMLINK_NOFOLLOW));
    return own_directory(b, arena_strf(&b->memory, "%.*s/spool", STR_ARG(b->config.data)), AT_SYMLINK_NOFOLLOW);
}

err boot_prepare(boot *b) {
    TRY(boot_directories(b));
    TRY(boot_load_certs(b));
    return bind_all(b);
}

void boot_pack(const boot *b, buf *payload) {
    frame_put(payload, b->config.path);
    frame_put(payload, b->config.text);
    frame_put(payload, b->certs.smarthost_password);
    frame_put(payload, b->certs.secret);
    for (size_t i = 0; i < b->certs.n; i++) {
        frame_put(payload, b->certs.pairs[i].name);
        frame_put(payload, b->certs.pairs[i].certificate);
        frame_put(payload, b->certs.pairs[i].key);
    }
}

err boot_unpack(boot *b, str payload) {
    const err broken = err_make(ERR_BUG, ERR_SYNTAX, "bad message", "the supervisor's message cannot be read");
    config_mistakes mistakes;
    str path, text, password, secret;
    *b = (boot){0};
    arena_init(&b->memory, BOOT_MEMORY);
    if (!frame_take(&payload, &path) || !frame_take(&payload, &text) || !frame_take(&payload, &password) ||
        !frame_take(&payload, &secret) || !config_read_text(&b->config, path, text, &mistakes))
        return broken;
    arena_init(&b->certs.memory, FRAME_MOST);
    b->certs.smarthost_password = arena_str(&b->certs.memory, password);
    b->certs.secret = arena_str(&b->certs.memory, secret);
    b->certs.pairs = arena_array(&b->certs.memory, b->config.certificates_n + 1, sizeof *b->certs.pairs);
    while (payload.n) {
        tls_pair *pair = &b->certs.pairs[b->certs.n];
        if (b->certs.n > b->config.certificates_n || !frame_take(&payload, &pair->name) ||
            !frame_take(&payload, &pair->certificate) || !frame_take(&payload, &pair->key))
            return broken;
        *pair = (tls_pair){
            .name = arena_str(&b->certs.memory, pair->name),
            .certificate = arena_str(&b->certs.memory, pair->certificate),
            .key = arena_str(&b->certs.memory, pair->key),
        };
        b->certs.n++;
    }
    return OK;
}

void boot_close_sockets(boot *b) {
    for (size_t i = 0; i < b->sockets_n; i++)
        for (size_t k = 0; k < b->loops; k++)
            fd_close_ptr(&b->sockets[i].fds[k]);
}

void boot_free(boot *b) {
    certs_free(&b->certs);
    config_free(&b->config);
    arena_free(&b->memory);
}
