#include "app/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/drop.h"
#include "app/frame.h"
#include "app/server.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/mem.h"
#include "mime/word.h"

enum { ASK_MS = 30000, ANSWER_MOST = 1 << 20, STOP_MS = 10000, GENERATIONS = 256 };

typedef struct control {
    boot *boots[GENERATIONS]; /* all that are in use: [0] is the first, the last is in force */
    size_t boots_n;
    server *server;
    int link, door, asking; /* asking: the command line that waits for a reload by the supervisor */
    bool stop;
} control;

static bool unix_address(str data, struct sockaddr_un *at) {
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(at->sun_path, sizeof at->sun_path, "%.*s/control.sock", STR_ARG(data));
    return n > 0 && (size_t)n < sizeof at->sun_path;
}

/* ---- alone on the data directory ---- */

/* Not the store's own lock: that one is for whoever does the housekeeping, and a command may hold it. */
static err lock_data(str data, int *fd) {
    SCOPED_BUF path;
    buf_init(&path, 4096);
    buf_addf(&path, "%.*s/server.lock", STR_ARG(data));
    buf_add_byte(&path, '\0');
    *fd = path.over ? -1 : open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_errno("open the data directory's lock");
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        return err_make(ERR_PERM, ERR_CONFLICT, "already running", "another server runs on %.*s",
                        STR_ARG(str_sub(data, 0, 60)));
    return OK;
}

static err open_door(str data, int *fd) {
    struct sockaddr_un at;
    if (!unix_address(data, &at))
        return err_make(ERR_PERM, ERR_LIMIT, "path too long",
                        "the data directory's name is too long for a socket in it");
    unlink(at.sun_path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    bool fine = *fd >= 0 && bind(*fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(*fd, 16) == 0;
    umask(before);
    return fine ? OK : err_errno("open the control socket");
}

/* ---- requests ---- */

static void answer(int fd, err e, const buf *said) {
    str text = failed(e) ? str_c(e.log[0] ? e.log : e.text) : buf_str(said);
    err sent = frame_send(fd, failed(e) ? FRAME_REFUSED : FRAME_OK, said->n ? buf_str(said) : text);
    if (failed(sent))
        log_debug("control.answer_lost", lf_err(&sent));
}

/* Certificates must never end because nobody restarted the server: they are always taken. */
static err apply_certificates(control *c, const boot *b) {
    TRY(server_reload_certificates(c->server, b));
    return err_make(ERR_PERM, ERR_LIMIT, "too many reloads",
                    "%d reloads: only certificates are taken now; restart the server for the rest", GENERATIONS - 1);
}

/* Takes the boot over, or frees it. */
static err apply(control *c, boot *b, buf *said) {
    err e = c->boots_n == GENERATIONS ? apply_certificates(c, b) : server_reload(c->server, b, said);
    if (!failed(e)) {
        c->boots[c->boots_n++] = b;
        return OK;
    }
    log_error("server.reload_failed", lf_err(&e));
    boot_free(b);
    free(b);
    return e;
}

static err reload_here(control *c, buf *said) {
    boot *b = mem_alloc(sizeof *b);
    err e = boot_read(b, c->boots[0]->config.path, said);
    if (!failed(e))
        e = boot_load_certs(b);
    if (!failed(e))
        return apply(c, b, said);
    log_error("server.reload_failed", lf_err(&e));
    boot_free(b);
    free(b);
    return e;
}

static void reload(control *c, int asking) {
    SCOPED_BUF said;
    buf_init(&said, ANSWER_MOST);
    if (c->link < 0) {
        err e = reload_here(c, &said);
        if (asking >= 0)
            answer(asking, e, &said);
        return;
    }
    err e = c->asking >= 0 ? err_make(ERR_TEMP, ERR_CONFLICT, "busy", "a reload is under way")
                           : frame_send(c->link, FRAME_RELOAD, S(""));
    if (failed(e) && asking >= 0)
        answer(asking, e, &said);
    else if (asking >= 0)
        c->asking = dup(asking);
}

/* The command line: one request, one answer. */
static void serve_request(control *c) {
    SCOPED_FD fd = accept4(c->door, NULL, NULL, SOCK_CLOEXEC);
    SCOPED_BUF payload, said;
    frame_type type;
    buf_init(&payload, 4096);
    buf_init(&said, ANSWER_MOST);
    if (fd < 0 || failed(frame_receive(fd, &type, &payload, deadline_in(1000))))
        return;
    if (type == FRAME_RELOAD) {
        reload(c, fd);
        return;
    }
    err e = OK;
    if (type == FRAME_POKE)
        server_poke(c->server);
    else if (type == FRAME_STATUS)
        e = server_status(c->server, &said);
    else
        e = err_make(ERR_PEER, ERR_UNSUPPORTED, "unknown request", "unknown request %d", (int)type);
    answer(fd, e, &said);
}

/* The supervisor: a new boot, or why there is none; its end is ours. */
static void serve_link(control *c) {
    SCOPED_BUF payload, said;
    frame_type type;
    buf_init(&payload, FRAME_MOST);
    buf_init(&said, ANSWER_MOST);
    if (failed(frame_receive(c->link, &type, &payload, deadline_in(ASK_MS)))) {
        c->stop = true;
        return;
    }
    err e = err_make(ERR_PEER, ERR_SYNTAX, "refused", "see the lines above");
    if (type == FRAME_BOOT) {
        boot *b = mem_alloc(sizeof *b);
        e = boot_unpack(b, buf_str(&payload));
        if (!failed(e))
            e = apply(c, b, &said);
    } else {
        buf_add(&said, buf_str(&payload));
    }
    mem_wipe(payload.p, payload.n);
    if (c->asking >= 0)
        answer(c->asking, e, &said);
    fd_close_ptr(&c->asking);
}

static void serve_signals(control *c, int signals) {
    for (int number; (number = signals_next(signals)) != 0;) {
        if (number == SIGHUP)
            reload(c, -1);
        else if (number == SIGTERM || number == SIGINT)
            c->stop = true;
    }
}

static void wait_and_serve(control *c, int signals) {
    while (!c->stop) {
        struct pollfd ready[] = {{signals, POLLIN, 0}, {c->door, POLLIN, 0}, {c->link, POLLIN, 0}};
        if (poll(ready, 3, -1) < 0 && errno != EINTR)
            break;
        if (ready[0].revents)
            serve_signals(c, signals);
        if (ready[1].revents)
            serve_request(c);
        if (ready[2].revents)
            serve_link(c);
    }
}

/* ---- start ---- */

/* What the server may touch for the rest of its life. */
static err raise_walls(boot *b, bool alone) {
    drop_path paths[64] = {
        {b->config.data.p, true},
        {b->config.blobs.p, true},
        {"/etc/resolv.conf", false},
        {"/etc/hosts", false},
        {"/etc/nsswitch.conf", false},
        {"/etc/ssl", false},
        {"/usr/lib/ssl", false},
        {"/etc/ca-certificates", false},
        {"/usr/share/ca-certificates", false},
        {"/usr/local/share/ca-certificates", false},
        {"/usr/share/dns", false},
        {"/usr/share/zoneinfo", false},
        {"/etc/localtime", false},
        {"/usr/lib/x86_64-linux-gnu/gconv", false},
        {"/usr/lib/aarch64-linux-gnu/gconv", false},
        {"/dev/null", true},
        {"/dev/urandom", false},
        {"/proc/sys/kernel", false},
        {"/proc/self", false},
        {"/sys/devices/system/cpu", false},
    };
    size_t n = 20;
    const str named[] = {b->config.relay_ca_file, b->config.dns_anchor_file, alone ? b->config.path : S(""),
                         alone ? b->config.smarthost_password_file : S("")};
    for (size_t i = 0; i < 4; i++)
        if (!str_empty(named[i]))
            paths[n++] = (drop_path){arena_cstr(&b->memory, named[i]), false};
    for (size_t i = 0; alone && i < b->config.certificates_n && n + 2 < 64; i++) {
        paths[n++] = (drop_path){arena_cstr(&b->memory, b->config.certificates[i].certificate), false};
        paths[n++] = (drop_path){arena_cstr(&b->memory, b->config.certificates[i].key), false};
    }
    drop_level level = {0};
    if (b->config.sandbox)
        TRY(drop_walls(paths, n, &level));
    log_info("server.walls", lf_bool("seccomp", level.seccomp), lf_i64("landlock", level.landlock),
             lf_u64("uid", geteuid()));
    return OK;
}

static err start(control *c, boot *b, int *signals, int *lock) {
    drop_open_files(b->config.max_files);
    TRY(drop_user(b->uid, b->gid));
    umask(0077);
    TRY(signals_open(signals));
    TRY(lock_data(b->config.data, lock));
    TRY(open_door(b->config.data, &c->door));
    charset_preload(); /* tables of charsets are files behind the walls */
    TRY(raise_walls(b, c->link < 0));
    return server_start(&c->server, b);
}

int control_run(boot *b, int link, void (*ready)(const boot *b, void *arg), void *arg) {
    control c = {.boots = {b}, .boots_n = 1, .link = link, .door = -1, .asking = -1};
    int signals = -1;
    SCOPED_FD lock = -1;
    log_setup((log_format)b->config.log_format, (log_level)b->config.log_level, STDERR_FILENO);
    err e = start(&c, b, &signals, &lock);
    if (failed(e)) {
        log_error("server.start_failed", lf_err(&e));
        return e.kind == ERR_PERM ? EX_CONFIG : EX_OSERR;
    }
    if (link >= 0 && failed(frame_send(link, FRAME_READY, S(""))))
        c.stop = true;
    if (link < 0)
        control_notify(S("READY=1"));
    if (ready)
        ready(b, arg);
    wait_and_serve(&c, signals);
    log_info("server.stopping");
    server_stop(c.server, STOP_MS);
    fd_close_ptr(&c.door);
    for (size_t i = 1; i < c.boots_n; i++) {
        boot_free(c.boots[i]);
        free(c.boots[i]);
    }
    log_info("server.stopped");
    return EX_OK;
}

/* ---- the command line's side ---- */

err control_ask(str data, int type, buf *said) {
    struct sockaddr_un at;
    SCOPED_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !unix_address(data, &at) || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        return err_make(ERR_TEMP, ERR_UNAVAILABLE, "not running", "no server runs on %.*s",
                        STR_ARG(str_sub(data, 0, 60)));
    frame_type answered;
    TRY(frame_send(fd, (frame_type)type, S("")));
    TRY(frame_receive(fd, &answered, said, deadline_in(ASK_MS)));
    if (answered == FRAME_OK)
        return OK;
    return err_make(ERR_PEER, ERR_CONFLICT, "refused", "the server refused: %.*s",
                    STR_ARG(str_sub(buf_str(said), 0, 80)));
}

void control_notify(str state) {
    const char *where = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (!where || !where[0] || strlen(where) >= sizeof at.sun_path)
        return;
    memcpy(at.sun_path, where, strlen(where));
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(where));
    if (at.sun_path[0] == '@')
        at.sun_path[0] = '\0';
    SCOPED_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && sendto(fd, state.p, state.n, MSG_NOSIGNAL, (struct sockaddr *)&at, n) < 0)
        log_debug("control.notify_failed");
}
