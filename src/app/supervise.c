#include "app/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/control.h"
#include "app/drop.h"
#include "app/frame.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/mem.h"

enum { REST_FIRST_MS = 100, REST_MOST_MS = 30000, STEADY_MS = 60000, PATIENCE_MS = 40000, COMPLAINT_MOST = 65536 };

typedef struct supervisor {
    boot *boot;
    pid_t child;
    int link, signals;
    int64_t started, rest_ms, kill_at;
    bool was_ready, stop;
    void (*ready)(const boot *b, void *arg);
    void *arg;
} supervisor;

static err start_child(supervisor *s) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_errno("socketpair");
    pid_t child = fork();
    if (child < 0)
        return err_errno("fork");
    if (child == 0) {
        close(ends[0]);
        drop_follow_parent();
        _exit(control_run(s->boot, ends[1], NULL, NULL));
    }
    close(ends[1]);
    s->child = child;
    s->link = ends[0];
    s->started = time_mono_ms();
    return OK;
}

static void reload(supervisor *s) {
    boot fresh;
    SCOPED_BUF text;
    buf_init(&text, FRAME_MOST);
    err e = boot_read(&fresh, s->boot->config.path, &text);
    if (!failed(e))
        e = boot_load_certs(&fresh);
    if (failed(e)) {
        log_error("server.reload_failed", lf_err(&e), lf_str("mistakes", buf_str(&text)));
        if (text.n == 0)
            buf_addf(&text, "%s\n", e.log);
        e = frame_send(s->link, FRAME_REFUSED, buf_str(&text));
    } else {
        buf_clear(&text);
        boot_pack(&fresh, &text);
        e = text.over ? err_make(ERR_PERM, ERR_LIMIT, "too large", "the certificates are too large together")
                      : frame_send(s->link, FRAME_BOOT, buf_str(&text));
        mem_wipe(text.p, text.n);
    }
    if (failed(e))
        log_error("server.reload_failed", lf_err(&e));
    boot_free(&fresh);
}

static void serve_link(supervisor *s) {
    SCOPED_BUF payload;
    frame_type type;
    buf_init(&payload, COMPLAINT_MOST);
    if (failed(frame_receive(s->link, &type, &payload, deadline_in(1000)))) {
        fd_close_ptr(&s->link); /* the child is ending; SIGCHLD follows */
        return;
    }
    if (type == FRAME_RELOAD)
        reload(s);
    if (type == FRAME_READY && !s->was_ready) {
        s->was_ready = true;
        control_notify(S("READY=1"));
        if (s->ready)
            s->ready(s->boot, s->arg);
    }
}

static void serve_signals(supervisor *s) {
    for (int number; (number = signals_next(s->signals)) != 0;) {
        if (number == SIGHUP && s->link >= 0)
            reload(s);
        if (number != SIGTERM && number != SIGINT)
            continue;
        s->stop = true;
        s->kill_at = time_mono_ms() + PATIENCE_MS;
        if (s->child)
            kill(s->child, SIGTERM);
    }
}

/* Waits before the next start; a signal to end need not wait. */
static void rest(supervisor *s) {
    int64_t until = time_mono_ms() + s->rest_ms;
    for (int64_t left = s->rest_ms; left > 0 && !s->stop; left = until - time_mono_ms()) {
        struct pollfd wait = {s->signals, POLLIN, 0};
        if (poll(&wait, 1, (int)left) > 0)
            serve_signals(s);
    }
}

/* The child ended: as asked, at its first start (then so do we), or by accident. */
static int child_ended(supervisor *s, int status, bool *over) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
    fd_close_ptr(&s->link);
    s->child = 0;
    *over = s->stop || !s->was_ready || (WIFEXITED(status) && code == EX_OK);
    if (*over)
        return s->stop ? EX_OK : code;
    if (time_mono_ms() - s->started > STEADY_MS)
        s->rest_ms = REST_FIRST_MS;
    log_error("server.died", lf_i64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0), lf_i64("code", code),
              lf_i64("again_in_ms", s->rest_ms));
    rest(s);
    if (s->stop) {
        *over = true;
        return EX_OK;
    }
    s->rest_ms = s->rest_ms * 2 < REST_MOST_MS ? s->rest_ms * 2 : REST_MOST_MS;
    err e = start_child(s);
    if (failed(e)) {
        log_error("server.start_failed", lf_err(&e));
        *over = true;
    }
    return EX_OSERR;
}

int supervise(boot *b, void (*ready)(const boot *b, void *arg), void *arg) {
    supervisor s = {.boot = b, .link = -1, .rest_ms = REST_FIRST_MS, .ready = ready, .arg = arg};
    log_setup((log_format)b->config.log_format, (log_level)b->config.log_level, STDERR_FILENO);
    err e = signals_open(&s.signals);
    if (!failed(e))
        e = start_child(&s);
    if (failed(e)) {
        log_error("server.start_failed", lf_err(&e));
        return EX_OSERR;
    }
    for (;;) {
        struct pollfd wait[] = {{s.signals, POLLIN, 0}, {s.link, POLLIN, 0}};
        if (poll(wait, 2, 1000) < 0 && errno != EINTR)
            return EX_OSERR;
        if (wait[1].revents)
            serve_link(&s);
        if (wait[0].revents)
            serve_signals(&s);
        if (s.stop && s.child && time_mono_ms() > s.kill_at)
            kill(s.child, SIGKILL);
        int status;
        bool over = false;
        if (waitpid(s.child, &status, WNOHANG) == s.child) {
            int code = child_ended(&s, status, &over);
            if (over)
                return code;
        }
    }
}
