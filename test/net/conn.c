#include "check.h"

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "peer.h"

/* A session of lines: each test gives what a line does. */
typedef struct session {
    conn *c;
    size_t left; /* bytes of a big answer still to be written */
    size_t lines;
} session;

static atomic_size_t opened, closed, woken, expired, drained;
static waker *last_waker;

static void *line_open(void *service, conn *c) {
    (void)service;
    session *s = mem_alloc(sizeof *s);
    s->c = c;
    atomic_fetch_add(&opened, 1);
    conn_deadline(c, 60000);
    conn_write(c, S("hello\n"));
    return s;
}

enum { PIECE = 1000 };

static void write_big(session *s) {
    char piece[PIECE];
    memset(piece, 'x', sizeof piece);
    while (s->left && conn_queued(s->c) < LIMIT_CONN_OUT) {
        size_t n = s->left < sizeof piece ? s->left : sizeof piece;
        conn_write(s->c, str_of(piece, n));
        s->left -= n;
        check(conn_queued(s->c) <= LIMIT_CONN_OUT + PIECE);
    }
    if (s->left)
        conn_want_drain(s->c);
    else
        conn_write(s->c, S("\n"));
}

static void run_line(session *s, str line) {
    uint64_t n;
    if (str_eq(line, S("quit"))) {
        conn_write(s->c, S("bye\n"));
        conn_close(s->c);
    } else if (str_eq(line, S("abort"))) {
        conn_abort(s->c);
    } else if (str_eq(line, S("waker"))) {
        last_waker = conn_waker(s->c);
        conn_write(s->c, S("ok\n"));
    } else if (str_starts(line, S("sleep ")) && str_to_u64(str_skip(line, 6), 10000, &n)) {
        check_ok(fiber_sleep(deadline_in((int64_t)n)));
        conn_write(s->c, S("slept\n"));
    } else if (str_starts(line, S("big ")) && str_to_u64(str_skip(line, 4), 1 << 30, &n)) {
        s->left = n;
        write_big(s);
    } else if (str_starts(line, S("deadline ")) && str_to_u64(str_skip(line, 9), 1 << 30, &n)) {
        conn_deadline(s->c, (int64_t)n);
        conn_write(s->c, S("ok\n"));
    } else {
        conn_write(s->c, line);
        conn_write(s->c, S("!\n"));
    }
}

static size_t line_input(void *arg, str in) {
    session *s = arg;
    str rest = in, line;
    if (s->left || !str_cut_line(&rest, &line))
        return 0;
    s->lines++;
    run_line(s, str_sub(line, 0, line.n - 1));
    return line.n;
}

static void line_drained(void *arg) {
    atomic_fetch_add(&drained, 1);
    write_big(arg);
}

static void line_woken(void *arg) {
    session *s = arg;
    atomic_fetch_add(&woken, 1);
    conn_write(s->c, S("woken\n"));
}

static void line_expired(void *arg) {
    session *s = arg;
    atomic_fetch_add(&expired, 1);
    conn_write(s->c, S("too late\n"));
    conn_close(s->c);
}

static void line_closed(void *arg) {
    session *s = arg;
    conn_write(s->c, S("never seen"));
    buf_add(conn_out(s->c), S("never seen"));
    free(s);
    atomic_fetch_add(&closed, 1);
}

static const conn_ops line_ops = {line_input, line_drained, line_woken, line_expired, line_closed};
static const listener_config plain = {
    .name = "line", .first_deadline_ms = 60000, .open = line_open, .ops = &line_ops, .busy_text = {"busy\n", 5}};

static listener *lines;
static addr at;

static int setup(void **state) {
    (void)state;
    opened = closed = woken = expired = drained = 0;
    check_ok(loops_start(2));
    lines = peer_listen(&plain);
    at = listener_address(lines);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    listener_close(lines);
    check_size(opened, closed);
    loops_stop();
    check_size(fiber_count(), 0);
    return 0;
}

static int greeted(void) {
    int fd = peer_connect(&at);
    peer_expect(fd, S("hello\n"));
    return fd;
}

static void echoes_lines_however_split(void **state) {
    (void)state;
    str text = S("one\ntwo\nthree\n"), answer = S("one!\ntwo!\nthree!\n");
    for (size_t cut = 0; cut <= text.n; cut++) {
        int fd = greeted();
        peer_send(fd, str_sub(text, 0, cut));
        usleep(200);
        peer_send(fd, str_skip(text, cut));
        peer_expect(fd, answer);
        close(fd);
    }
    int fd = greeted();
    for (size_t i = 0; i < text.n; i++)
        peer_send(fd, str_sub(text, i, 1));
    peer_expect(fd, answer);
    peer_send(fd, S("quit\n"));
    peer_expect(fd, S("bye\n"));
    peer_expect_end(fd);
    close(fd);
}

static void half_closed_peers_get_their_answers(void **state) {
    (void)state;
    int fd = greeted();
    peer_send(fd, S("sleep 50\ntwo\nno end of line"));
    shutdown(fd, SHUT_WR);
    peer_expect(fd, S("slept\ntwo!\n"));
    peer_expect_end(fd);
    close(fd);
}

static void big_answers_wait_for_the_peer(void **state) {
    (void)state;
    enum { BIG = 20 * 1000 * 1000 };
    int fd = greeted();
    peer_send(fd, S("big 20000000\nnext\n"));
    usleep(50000);
    char got[4096];
    for (size_t n = 0; n < BIG;) {
        str some = peer_read(fd, got, BIG - n < sizeof got ? BIG - n : sizeof got);
        check(some.n > 0 && some.p[0] == 'x' && some.p[some.n - 1] == 'x');
        n += some.n;
    }
    peer_expect(fd, S("\nnext!\n"));
    check(drained > 0);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(echoes_lines_however_split, setup, teardown),
        cmocka_unit_test_setup_teardown(half_closed_peers_get_their_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(big_answers_wait_for_the_peer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
