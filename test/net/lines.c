#include "check.h"

#include "lines.h"

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"

enum { PIECE = 1000, OVER = 17 * 1024 * 1024 };

typedef struct session {
    conn *c;
    size_t left; /* bytes of a big answer still to be written */
    bool holds;
    bool in_event; /* never two at a time */
} session;

struct lines_counts lines_counts;
tls_server *lines_tls;
waker *lines_waker;
bool lines_refuse;

static void enter(session *s) {
    check(!s->in_event && fiber_self());
    s->in_event = true;
}

static void leave(session *s) { s->in_event = false; }

static void *open_session(void *service, conn *c) {
    check(service == &lines_counts);
    atomic_fetch_add(&lines_counts.opened, 1);
    conn_deadline(c, 60000);
    if (lines_refuse) {
        conn_write(c, S("go away\n"));
        return NULL;
    }
    session *s = mem_alloc(sizeof *s);
    s->c = c;
    conn_write(c, S("hello\n"));
    return s;
}

/* ---- words ---- */

static void say(session *s, const char *text) {
    conn_write(s->c, str_c(text));
    conn_write(s->c, S("\n"));
}

static void write_big(session *s) {
    char piece[PIECE];
    memset(piece, 'x', sizeof piece);
    while (s->left && conn_queued(s->c) < LIMIT_CONN_OUT) {
        size_t n = s->left < sizeof piece ? s->left : sizeof piece;
        conn_write(s->c, str_of(piece, n));
        s->left -= n;
        check(conn_is_tls(s->c) || conn_queued(s->c) <= LIMIT_CONN_OUT + PIECE);
    }
    if (s->left)
        conn_want_drain(s->c);
    else
        say(s, "");
}

static void say_addr(session *s, const addr *a) {
    addr_print_port(conn_out(s->c), a);
    say(s, "");
}

static void say_info(session *s) {
    const tls_info *info = conn_tls_info(s->c);
    if (!info)
        say(s, "plain");
    else
        buf_addf(conn_out(s->c), "%s %s %d %s\n", info->version, info->cipher, info->bits, info->sni);
}

static void say_binding(session *s, str type) {
    uint8_t bytes[64];
    size_t n;
    if (!conn_channel_binding(s->c, type, bytes, &n))
        buf_add(conn_out(s->c), S("none"));
    else
        for (size_t i = 0; i < n; i++)
            buf_addf(conn_out(s->c), "%02x", bytes[i]);
    say(s, "");
}

static void write_over(session *s) {
    char piece[PIECE] = {0};
    for (size_t n = 0; n < OVER; n += PIECE)
        buf_add(conn_out(s->c), str_of(piece, PIECE));
}

static bool run_number(session *s, str word, uint64_t n) {
    if (str_eq(word, S("sleep"))) {
        check_ok(fiber_sleep(deadline_in((int64_t)n)));
        say(s, "slept");
    } else if (str_eq(word, S("deadline"))) {
        conn_deadline(s->c, (int64_t)n);
        say(s, "ok");
    } else if (str_eq(word, S("big"))) {
        s->left = n;
        write_big(s);
    } else {
        return false;
    }
    return true;
}

static bool run_word(session *s, str line) {
    if (str_eq(line, S("quit"))) {
        say(s, "bye");
        conn_close(s->c);
    } else if (str_eq(line, S("abort"))) {
        conn_abort(s->c);
        check(conn_is_closing(s->c));
    } else if (str_eq(line, S("tls"))) {
        say(s, "go on");
        conn_starttls(s->c, lines_tls);
    } else if (str_eq(line, S("peer"))) {
        say_addr(s, conn_peer(s->c));
    } else if (str_eq(line, S("local"))) {
        say_addr(s, conn_local(s->c));
    } else if (str_eq(line, S("info"))) {
        say_info(s);
    } else if (str_eq(line, S("hold"))) {
        s->holds = true;
    } else if (str_eq(line, S("over"))) {
        write_over(s);
    } else if (str_eq(line, S("waker"))) {
        lines_waker = conn_waker(s->c);
        say(s, "ok");
    } else {
        return false;
    }
    return true;
}

static void run_line(session *s, str line) {
    size_t blank = str_find(line, ' ');
    str word = str_sub(line, 0, blank), rest = blank == STR_NONE ? S("") : str_skip(line, blank + 1);
    uint64_t n;
    if (str_eq(word, S("binding")))
        say_binding(s, rest);
    else if (!(str_to_u64(rest, 1 << 30, &n) && run_number(s, word, n)) && !run_word(s, line)) {
        conn_write(s->c, line);
        say(s, "!");
    }
}

/* ---- events ---- */

static size_t on_input(void *arg, str in) {
    session *s = arg;
    str rest = in, line;
    enter(s);
    atomic_fetch_add(&lines_counts.inputs, 1);
    bool whole = !s->left && !s->holds && str_cut_line(&rest, &line);
    if (whole)
        run_line(s, str_sub(line, 0, line.n - 1));
    leave(s);
    return whole ? line.n : 0;
}

static void on_drained(void *arg) {
    enter(arg);
    atomic_fetch_add(&lines_counts.drained, 1);
    write_big(arg);
    leave(arg);
}

static void on_woken(void *arg) {
    session *s = arg;
    enter(s);
    atomic_fetch_add(&lines_counts.woken, 1);
    say(s, "woken");
    leave(s);
}

static void on_expired(void *arg) {
    session *s = arg;
    enter(s);
    atomic_fetch_add(&lines_counts.expired, 1);
    say(s, "too late");
    conn_close(s->c);
    leave(s);
}

static void on_closed(void *arg) {
    session *s = arg;
    enter(s);
    conn_write(s->c, S("never seen"));
    buf_add(conn_out(s->c), S("never seen"));
    free(s);
    atomic_fetch_add(&lines_counts.closed, 1);
}

void lines_goodbye(void *arg) {
    session *s = arg;
    enter(s);
    say(s, "goodbye");
    conn_close(s->c);
    leave(s);
}

const conn_ops lines_ops = {on_input, on_drained, on_woken, on_expired, on_closed};

listener_config lines_config(void) {
    lines_counts = (struct lines_counts){0};
    lines_refuse = false;
    return (listener_config){.name = "lines", .first_deadline_ms = 60000, .open = open_session, .ops = &lines_ops,
                             .service = &lines_counts, .busy_text = S("busy\n")};
}
