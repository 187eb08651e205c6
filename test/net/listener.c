#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/mem.h"
#include "lines.h"
#include "net/conn_private.h"
#include "net/fiber.h"
#include "on_loop.h"
#include "peer.h"

static int setup(void **state) {
    (void)state;
    check_ok(loops_start(2));
    return 0;
}

/* Two loops would take each other's spare descriptors. */
static int setup_one(void **state) {
    (void)state;
    check_ok(loops_start(1));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    check_size(lines_counts.opened, lines_counts.closed);
    loops_stop();
    check_size(fiber_count(), 0);
    return 0;
}

static int greeted(const addr *at) {
    int fd = peer_connect(at);
    peer_expect(fd, S("hello\n"));
    return fd;
}

static void expect_busy(const addr *at) {
    int fd = peer_connect(at);
    peer_expect(fd, S("busy\n"));
    peer_expect_end(fd);
    close(fd);
}

static void await_connections(const listener *l, size_t n) {
    deadline until = deadline_in(10000);
    while (listener_connections(l) != n) {
        check(!deadline_passed(until));
        usleep(500);
    }
}

/* ---- limits ---- */

static void connections_are_limited(void **state) {
    (void)state;
    listener_config config = lines_config();
    config.max_connections = 3;
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int fds[3];
    for (size_t i = 0; i < 3; i++)
        fds[i] = greeted(&at);
    check_size(listener_connections(l), 3);
    expect_busy(&at);
    expect_busy(&at);
    close(fds[1]);
    await_connections(l, 2);
    fds[1] = greeted(&at);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    listener_close(l);
}

static int greeted_from(const addr *at, uint8_t last) {
    struct sockaddr_storage from;
    addr mine = {.family = ADDR_V4, .ip = {127, 0, 0, last}};
    socklen_t n = addr_to_sockaddr(&mine, &from);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(fd, (struct sockaddr *)&from, n) == 0);
    n = addr_to_sockaddr(at, &from);
    check(connect(fd, (struct sockaddr *)&from, n) == 0);
    peer_expect(fd, S("hello\n"));
    return fd;
}

static void connections_of_one_client_are_limited_over_all_loops(void **state) {
    (void)state;
    listener_config config = lines_config();
    config.max_per_client = 4;
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int fds[4];
    for (size_t i = 0; i < 4; i++)
        fds[i] = greeted(&at);
    for (size_t i = 0; i < 10; i++)
        expect_busy(&at);
    close(greeted_from(&at, 2)); /* somebody else */
    close(fds[0]);
    await_connections(l, 3);
    fds[0] = greeted(&at);
    expect_busy(&at);
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    listener_close(l);
}

/* The table of clients has a size too: who finds no place in it is one too many. */
static void the_table_of_clients_is_bounded(void **state) {
    (void)state;
    listener l = {.lock = PTHREAD_MUTEX_INITIALIZER};
    addr one, two, three;
    map_init(&l.clients, 2);
    check(addr_parse(S("192.0.2.1"), &one) && addr_parse(S("192.0.2.2"), &two) && addr_parse(S("192.0.2.3"), &three));
    check(listener_admit(&l, &one, 10) && listener_admit(&l, &two, 10));
    check(!listener_admit(&l, &three, 10));
    check(listener_admit(&l, &one, 10));
    listener_dismiss(&l, &two);
    check(listener_admit(&l, &three, 10));
    map_free(&l.clients);
}

/* ---- lack of descriptors ---- */

static void lack_of_descriptors_is_survived(void **state) {
    (void)state;
    struct rlimit before, few;
    listener_config config = lines_config();
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int first = greeted(&at);
    int waiting[5];
    for (size_t i = 0; i < 5; i++)
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few = before;
    few.rlim_cur = (rlim_t)waiting[4] + 1;
    check(setrlimit(RLIMIT_NOFILE, &few) == 0);
    struct sockaddr_storage to;
    socklen_t n = addr_to_sockaddr(&at, &to);
    struct timeval patience = {.tv_sec = PEER_SECONDS};
    for (size_t i = 0; i < 5; i++) {
        setsockopt(waiting[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        check(connect(waiting[i], (struct sockaddr *)&to, n) == 0);
        peer_expect(waiting[i], S("busy\n"));
        peer_expect_end(waiting[i]);
    }
    check(setrlimit(RLIMIT_NOFILE, &before) == 0);
    peer_send(first, S("alive\n"));
    peer_expect(first, S("alive!\n"));
    close(greeted(&at));
    close(first);
    for (size_t i = 0; i < 5; i++)
        close(waiting[i]);
    listener_close(l);
}

/* ---- PROXY ---- */

static const addr_net from_loopback = {.base = {.family = ADDR_V4, .ip = {127}}, .bits = 8};

static void proxies_say_who_is_there(void **state) {
    (void)state;
    listener_config config = lines_config();
    config.proxies = &from_loopback;
    config.proxies_n = 1;
    config.max_per_client = 2;
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    str header = S("PROXY TCP6 2001:db8::1 2001:db8::2 4000 25\r\n");
    for (size_t cut = 0; cut <= header.n; cut++) {
        int fd = peer_connect(&at);
        peer_send(fd, str_sub(header, 0, cut));
        if (cut % 8 == 0)
            usleep(1000);
        peer_send(fd, str_skip(header, cut));
        peer_send(fd, S("peer\nlocal\n"));
        peer_expect(fd, S("hello\n[2001:db8::1]:4000\n[2001:db8::2]:25\n"));
        close(fd);
        await_connections(l, 0);
    }
    /* The limit is one of clients, not of the proxy; neighbours in a /64 are one client. */
    int fds[3];
    for (size_t i = 0; i < 3; i++)
        fds[i] = peer_connect(&at);
    peer_send(fds[0], header);
    peer_expect(fds[0], S("hello\n"));
    peer_send(fds[1], S("PROXY TCP6 2001:db8::ffff 2001:db8::2 4000 25\r\n"));
    peer_expect(fds[1], S("hello\n"));
    peer_send(fds[2], S("PROXY TCP6 2001:db8::3 2001:db8::2 4000 25\r\n"));
    peer_expect(fds[2], S("busy\n"));
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    int fd = peer_connect(&at); /* no header: the connection was not made by the proxy's configuration */
    peer_send(fd, S("EHLO x\r\n"));
    check(peer_is_gone(fd));
    close(fd);
    listener_close(l);
}

static void strangers_may_not_pretend_to_be_proxies(void **state) {
    (void)state;
    addr_net elsewhere = {.base = {.family = ADDR_V4, .ip = {192, 0, 2, 1}}, .bits = 32};
    listener_config config = lines_config();
    config.proxies = &elsewhere;
    config.proxies_n = 1;
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int fd = greeted(&at);
    peer_send(fd, S("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\npeer\n"));
    peer_expect(fd, S("PROXY TCP4 10.0.0.1 10.0.0.2 1 2!\n127.0.0.1:"));
    close(fd);
    listener_close(l);
}

static void silence_before_the_session_has_a_deadline(void **state) {
    (void)state;
    listener_config config = lines_config();
    config.proxies = &from_loopback;
    config.proxies_n = 1;
    config.first_deadline_ms = 3600000;
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int fd = peer_connect(&at);
    peer_send(fd, S("PROXY "));
    usleep(10000);
    time_test_advance(3600000);
    loop_kick();
    check(peer_is_gone(fd));
    close(fd);
    listener_close(l);
}

/* ---- Unix sockets ---- */

static void unix_sockets_work_and_stale_ones_are_replaced(void **state) {
    (void)state;
    char directory[] = "/tmp/godwit-listener-XXXXXX";
    check(mkdtemp(directory));
    addr at = {.family = ADDR_UNIX};
    snprintf(at.path, sizeof at.path, "%s/socket", directory);
    for (int i = 0; i < 2; i++) {
        listener_config config = lines_config();
        config.max_per_client = 1; /* does not count here */
        listener *l;
        int fds[2], busy;
        check_ok(listener_bind(&at, &fds[0]));
        fds[1] = dup(fds[0]);
        check_ok(listener_open(&l, &config, fds, 2));
        check_fails(listener_bind(&at, &busy), ERR_TEMP, ERR_IO);
        addr told = listener_address(l);
        check_str(str_c(told.path), str_c(at.path));
        int a = greeted(&at), b = greeted(&at);
        peer_send(a, S("local\n"));
        peer_expect(a, S("unix:"));
        peer_expect(a, str_c(at.path));
        close(a);
        close(b);
        listener_close(l); /* leaves the socket file, as a crash would */
        check_size(lines_counts.closed, 3); /* the second bind has looked whether somebody answers */
    }
    unlink(at.path);
    rmdir(directory);
}

/* ---- addresses ---- */

static void any_address_is_both_families(void **state) {
    (void)state;
    listener_config config = lines_config();
    listener *l;
    addr any, v4 = loopback(0), v6 = {.family = ADDR_V6, .ip = {[15] = 1}};
    int fd;
    check(addr_parse_port(S("*:0"), 25, &any));
    check_ok(listener_bind(&any, &fd));
    check_ok(listener_open(&l, &config, &fd, 1));
    v4.port = v6.port = listener_address(l).port;
    check(v4.port != 0);
    int a = greeted(&v4);
    peer_send(a, S("peer\n"));
    peer_expect(a, S("127.0.0.1:"));
    close(a);
    if (listener_address(l).family == ADDR_V6)
        close(greeted(&v6));
    listener_close(l);
    addr none = {0};
    check_fails(listener_bind(&none, &fd), ERR_PERM, ERR_SYNTAX);
}

/* ---- new settings ---- */

static void new_settings_are_for_new_connections(void **state) {
    (void)state;
    listener_config config = lines_config();
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int before = greeted(&at);
    config.max_per_client = 1;
    listener_reconfigure(l, &config);
    int after = greeted(&at); /* the first that counts */
    expect_busy(&at);
    config.busy_text = S("full\n");
    config.max_connections = 2;
    listener_reconfigure(l, &config);
    int refused = peer_connect(&at);
    peer_expect(refused, S("full\n"));
    close(refused);
    peer_send(before, S("one\n"));
    peer_expect(before, S("one!\n"));
    close(before);
    close(after);
    await_connections(l, 0);
    close(greeted(&at));
    listener_close(l);
}

/* ---- all connections ---- */

static void everybody_hears_goodbye(void **state) {
    (void)state;
    listener_config config = lines_config();
    listener *l = peer_listen(&config), *other = peer_listen(&config);
    addr at = listener_address(l), other_at = listener_address(other);
    int fds[20], outsider = greeted(&other_at);
    for (size_t i = 0; i < 20; i++)
        fds[i] = greeted(&at);
    peer_send(fds[0], S("sleep 50\n"));
    usleep(10000);
    listener_stop(l);
    listener_stop(l);
    listener_each(l, lines_goodbye);
    peer_expect(fds[0], S("slept\n"));
    for (size_t i = 0; i < 20; i++) {
        peer_expect(fds[i], S("goodbye\n"));
        peer_expect_end(fds[i]);
        close(fds[i]);
    }
    peer_send(outsider, S("still\n"));
    peer_expect(outsider, S("still!\n"));
    close(outsider);
    listener_close(l);
    listener_close(other);
    listener_close(NULL);
}

static void closing_waits_for_sessions_at_work(void **state) {
    (void)state;
    listener_config config = lines_config();
    listener *l = peer_listen(&config);
    addr at = listener_address(l);
    int busy = greeted(&at), idle = greeted(&at), silent = greeted(&at);
    peer_send(busy, S("sleep 100\n"));
    peer_send(silent, S("quit\n")); /* lingers, for its peer does not close */
    peer_expect(silent, S("bye\n"));
    usleep(10000);
    listener_close(l);
    check_size(lines_counts.closed, 3);
    check(peer_is_gone(busy) && peer_is_gone(idle));
    close(busy);
    close(idle);
    close(silent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(connections_are_limited),
        TEST(connections_of_one_client_are_limited_over_all_loops),
        cmocka_unit_test(the_table_of_clients_is_bounded),
        cmocka_unit_test_setup_teardown(lack_of_descriptors_is_survived, setup_one, teardown),
        TEST(proxies_say_who_is_there),
        TEST(strangers_may_not_pretend_to_be_proxies),
        TEST(silence_before_the_session_has_a_deadline),
        TEST(unix_sockets_work_and_stale_ones_are_replaced),
        TEST(any_address_is_both_families),
        TEST(new_settings_are_for_new_connections),
        TEST(everybody_hears_goodbye),
        TEST(closing_waits_for_sessions_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
