#include <sys/socket.h>
#include <uv.h>

#include "check.h"

#include <fcntl.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/transport.h"
#include "net/transport_tls.h"
#include "on_loop.h"
#include "peer.h"
#include "tls_peer.h"

static transport *t;
static int peer; /* the other end */
static atomic_size_t changes, closings;

static void on_changed(transport *at) {
    check(at == t);
    atomic_fetch_add(&changes, 1);
}

static void on_expired(transport *at) { transport_close(at); }

static void on_closed(transport *at) {
    check(at == t);
    free(t);
    atomic_fetch_add(&closings, 1);
}

static const transport_ops ops = {on_changed, on_expired, on_closed};

static void adopt(void *fd) {
    t = mem_alloc(sizeof *t);
    transport_init(t, loop_current(), &ops, true);
    transport_adopt(t, *(int *)fd, true);
    check(!t->broken);
}

static int setup(void **state) {
    (void)state;
    int pair[2];
    struct timeval patience = {.tv_sec = PEER_SECONDS};
    changes = closings = 0;
    check_ok(loops_start(1));
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    peer = pair[1];
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    on_loop(0, adopt, &pair[0]);
    return 0;
}

static void close_now(void *arg) {
    (void)arg;
    if (!closings)
        transport_close(t);
}

static int teardown(void **state) {
    (void)state;
    on_loop(0, close_now, NULL);
    await_count(&closings, 1);
    close(peer);
    loops_stop();
    return 0;
}

static void await_change(size_t n) { await_count(&changes, n); }

/* ---- input ---- */

static void look_at_input(void *arg) {
    check_str(transport_input(t), str_c(arg));
    transport_consume(t, transport_input(t).n);
    check(!t->in.p && !t->out.p); /* at rest there is no buffer */
}

static buf taken;
static void take_out(void *arg) {
    (void)arg;
    check_str(transport_input(t), S("one two "));
    transport_consume(t, 4);
    transport_take_input(t, &taken);
    check_str(buf_str(&taken), S("two "));
    check_size(transport_input(t).n, 0);
}

static void put_back(void *used) {
    transport_untake_input(t, &taken, (size_t)(uintptr_t)used);
    check_str(transport_input(t), S("o three"));
    transport_take_input(t, &taken);
    transport_untake_input(t, &taken, taken.n); /* all was used */
    check(!t->in.p && t->in_at == 0);
}

static void input_taken_out_comes_back_in_order(void **state) {
    (void)state;
    static char hello[] = "hello";
    peer_send(peer, S("hello"));
    await_change(1);
    on_loop(0, look_at_input, hello);
    peer_send(peer, S("one two "));
    await_change(2);
    on_loop(0, take_out, NULL);
    peer_send(peer, S("three"));
    await_change(3);
    on_loop(0, put_back, (void *)2);
}

static void look_at_full(void *arg) {
    (void)arg;
    check(!t->reading && t->in.n >= LIMIT_CONN_IN && t->in.n <= LIMIT_CONN_IN + LOOP_READ_BYTES);
}

static void reading_stops_at_the_limit(void **state) {
    (void)state;
    char piece[1024] = {0};
    fcntl(peer, F_SETFL, O_NONBLOCK);
    size_t sent = 0;
    for (int waited = 0; waited < 20;) {
        ssize_t n = send(peer, piece, sizeof piece, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0) {
            usleep(2000);
            waited++;
        }
    }
    check(sent > LIMIT_CONN_IN);
    on_loop(0, look_at_full, NULL);
}
/* ---- the end ---- */

static void finish_with_much(void *arg) {
    int64_t patience = *(int64_t *)arg;
    char piece[1000];
    memset(piece, 'z', sizeof piece);
    for (int i = 0; i < 3000; i++)
        buf_add(&t->out, str_of(piece, sizeof piece));
    transport_finish(t, patience);
    check(transport_queued(t) > 1000000);
    transport_finish(t, patience);
}

static void finishing_sends_what_is_left(void **state) {
    (void)state;
    int64_t patience = 60000;
    on_loop(0, finish_with_much, &patience);
    peer_expect_many(peer, 'z', 3000000);
    peer_expect_end(peer);
    check_size(closings, 0); /* it lingers: what the peer still says is read and thrown away */
    peer_send(peer, S("too late"));
    close(peer);
    peer = -1;
    await_count(&closings, 1);
}

static void finishing_is_not_patient_for_ever(void **state) {
    (void)state;
    int64_t patience = 3600000;
    on_loop(0, finish_with_much, &patience);
    usleep(10000);
    check_size(closings, 0);
    time_test_advance(3600000);
    loop_kick();
    await_count(&closings, 1);
}

static void finish_quietly(void *arg) {
    (void)arg;
    transport_finish(t, 60000);
}

static void lingering_is_bounded_in_time_and_bytes(void **state) {
    (void)state;
    on_loop(0, finish_quietly, NULL);
    peer_expect_end(peer);
    char junk[4096] = {0};
    for (int i = 0; i < 200 && !closings; i++)
        if (send(peer, junk, sizeof junk, MSG_NOSIGNAL) < 0)
            break;
    await_count(&closings, 1);
}

static void lingering_ends_by_itself(void **state) {
    (void)state;
    on_loop(0, finish_quietly, NULL);
    peer_expect_end(peer);
    time_test_advance(60000);
    loop_kick();
    await_count(&closings, 1);
}

static void peers_that_leave_break_it(void **state) {
    (void)state;
    int64_t patience = 60000;
    on_loop(0, finish_with_much, &patience);
    close(peer);
    peer = -1;
    await_count(&closings, 1);
}

/* ---- TLS ---- */

static tls_server *tls;

static void begin_tls(void *arg) {
    (void)arg;
    check(!transport_is_secured(t) && !transport_tls_info(t) && !transport_tls_failure(t));
    transport_start_tls(t, transport_tls_server(tls), false);
}

/* What the kernel does not take yet is sealed only a little ahead: a large answer is not held twice. */
static void write_much_under_tls(void *arg) {
    (void)arg;
    check(transport_is_secured(t));
    char piece[1000];
    memset(piece, 'z', sizeof piece);
    for (int i = 0; i < 5000; i++)
        buf_add(&t->out, str_of(piece, sizeof piece));
    transport_flush(t);
    check(t->in_flight > 0 && t->in_flight < 256 * 1024);
    check(t->out.n - t->out_at > 4000000);
}

static void look_at_rest(void *arg) {
    (void)arg;
    check(!t->out.p && !t->in.p && !transport_tls_sealed(t)->p && t->in_flight == 0);
}

static void answers_are_sealed_a_little_at_a_time(void **state) {
    (void)state;
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 20);
    tls_pair pair = tls_test_pair(&memory, "transport.test");
    check_ok(tls_server_create(&tls, &pair, 1));
    on_loop(0, begin_tls, NULL);
    SSL *ssl = tls_peer(peer, NULL);
    on_loop(0, write_much_under_tls, NULL);
    tls_peer_expect_many(ssl, 'z', 5000000);
    usleep(5000);
    on_loop(0, look_at_rest, NULL);
    SSL_free(ssl);
    tls_server_free(tls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(input_taken_out_comes_back_in_order),
        TEST(reading_stops_at_the_limit),
        TEST(finishing_sends_what_is_left),
        TEST(finishing_is_not_patient_for_ever),
        TEST(lingering_is_bounded_in_time_and_bytes),
        TEST(lingering_ends_by_itself),
        TEST(peers_that_leave_break_it),
        TEST(answers_are_sealed_a_little_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
