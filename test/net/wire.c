#include "check.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "lines.h"
#include "net/fiber.h"
#include "net/wire.h"
#include "on_loop.h"
#include "peer.h"
#include "wires.h"

static listener *lines;
static addr at;

static int setup(void **state) {
    (void)state;
    listener_config config = lines_config();
    check_ok(loops_start(2));
    lines = peer_listen(&config);
    at = listener_address(lines);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    listener_close(lines);
    check_size(lines_counts.opened, lines_counts.closed);
    loops_stop();
    check_size(fiber_count(), 0);
    return 0;
}

static wire *greeted(void) {
    wire *w;
    check_ok(wire_connect(&w, &at, NULL, soon()));
    wire_expect(w, S("hello"));
    return w;
}

/* ---- lines and bytes ---- */

static void talk(void *arg) {
    (void)arg;
    wire *w = greeted();
    check(!wire_is_tls(w) && !wire_tls_info(w) && !wire_stale(w));
    check(addr_ip_equal(wire_peer(w), &at) && wire_local(w)->port != 0);
    wire_say(w, S("one"));
    wire_say(w, S("two")); /* reads send what is queued */
    wire_expect(w, S("one\r!")); /* the session answers the CR too */
    str first;
    check_ok(wire_read_line(w, 6, &first, soon()));
    wire_say(w, S("three"));
    check_ok(wire_flush(w, soon()));
    check_ok(fiber_sleep(deadline_in(20)));
    check_str(first, S("two\r!")); /* valid until the next read, whatever arrives */
    wire_expect(w, S("three\r!"));

    wire_say(w, S("12345"));
    str line;
    check_fails(wire_read_line(w, 6, &line, soon()), ERR_PEER, ERR_LIMIT); /* "12345\r!" */
    wire_close(w);

    w = greeted();
    check_ok(wire_write(w, S("big 3000000\nquit\nno answer"), soon()));
    size_t got = 0;
    str some;
    while (got < 3000000 + 1 + 4) {
        check_ok(wire_read_some(w, 5000, &some, soon()));
        check(some.n > 0 && some.n <= 5000);
        got += some.n;
    }
    check(str_ends(some, S("bye\n")));
    check_fails(wire_read_some(w, 10, &some, soon()), ERR_TEMP, ERR_CLOSED);
    check_fails(wire_read_line(w, 10, &line, soon()), ERR_TEMP, ERR_CLOSED);
    check(wire_stale(w));
    wire_close(w);
    wire_close(NULL);
}

static void lines_and_bytes(void **state) {
    (void)state;
    in_fiber(0, talk, NULL);
}

/* ---- a server of single bytes: every split of what a wire reads ---- */

static void read_script(void *arg) {
    scripted *s = arg;
    wire *w;
    str line;
    check_ok(wire_connect(&w, &s->at, NULL, soon()));
    wire_expect(w, S("220 first"));
    wire_expect(w, S(""));
    wire_expect(w, S("bare"));
    check_fails(wire_read_line(w, 1000, &line, soon()), ERR_TEMP, ERR_CLOSED); /* a line without end is none */
    wire_close(w);
}

static void lines_in_any_pieces(void **state) {
    (void)state;
    str text = S("220 first\r\n\r\nbare\nhalf");
    for (size_t piece = 1; piece <= text.n; piece++) {
        scripted s = {.says = text, .piece = piece};
        scripted_start(&s);
        in_fiber(piece % 2, read_script, &s);
        scripted_end(&s);
    }
}

/* ---- failures ---- */

static void meet_nobody(void *arg) {
    (void)arg;
    wire *w;
    addr gone = loopback(1), none = {0}, path = {.family = ADDR_UNIX, .path = "/nonexistent/socket"}, odd = at;
    check_fails(wire_connect(&w, &gone, NULL, soon()), ERR_TEMP, ERR_CLOSED);
    check_fails(wire_connect(&w, &none, NULL, soon()), ERR_TEMP, ERR_UNAVAILABLE);
    check_fails(wire_connect(&w, &path, NULL, soon()), ERR_TEMP, ERR_UNAVAILABLE);
    odd.ip[0] = 192; /* not ours, so no source address */
    check_fails(wire_connect(&w, &at, &odd, soon()), ERR_TEMP, ERR_UNAVAILABLE);
}

static void unreachable_servers(void **state) {
    (void)state;
    in_fiber(0, meet_nobody, NULL);
}

static void meet_silence(void *arg) {
    addr *full = arg;
    wire *w;
    str line;
    static const char piece[8000];
    check_fails(wire_connect(&w, full, NULL, deadline_in(50)), ERR_TEMP, ERR_TIMEOUT);
    w = greeted();
    check_fails(wire_read_line(w, 100, &line, deadline_in(20)), ERR_TEMP, ERR_TIMEOUT);
    wire_say(w, S("hold"));
    err e = OK;
    for (int i = 0; i < 2000 && !failed(e); i++)
        e = wire_write(w, str_of(piece, sizeof piece), deadline_in(50));
    check(e.kind == ERR_TEMP && (e.what == ERR_TIMEOUT || e.what == ERR_CLOSED)); /* it cuts off endless input */
    wire_close(w);
}

static void silence_is_a_timeout(void **state) {
    (void)state;
    addr any = loopback(0), full;
    int fd, waiting[4];
    struct sockaddr_storage name;
    socklen_t n = sizeof name;
    check_ok(listener_bind(&any, &fd));
    check(listen(fd, 0) == 0 && getsockname(fd, (struct sockaddr *)&name, &n) == 0);
    check(addr_from_sockaddr((struct sockaddr *)&name, &full));
    for (size_t i = 0; i < 4; i++) { /* fill the queue of one who does not accept */
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        check(connect(waiting[i], (struct sockaddr *)&name, n) != 0);
    }
    usleep(10000);
    in_fiber(0, meet_silence, &full);
    for (size_t i = 0; i < 4; i++)
        close(waiting[i]);
    close(fd);
}

/* A server that says why before it hangs up: the words can be read after our write has failed. */
static void serve_last_words(int fd) {
    peer_send(fd, S("421 go away\r\n"));
    usleep(20000);
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}

static void read_last_words(void *arg) {
    wire *w;
    str line;
    check_ok(wire_connect(&w, arg, NULL, soon()));
    check_ok(fiber_sleep(deadline_in(60)));
    err e = wire_write(w, S("EHLO x\r\n"), soon());
    if (!failed(e))
        e = wire_flush(w, soon());
    check(failed(e) && e.what == ERR_CLOSED);
    wire_expect(w, S("421 go away"));
    check_fails(wire_read_line(w, 100, &line, soon()), ERR_TEMP, ERR_CLOSED);
    wire_close(w);
}

static void last_words_are_heard(void **state) {
    (void)state;
    scripted s = {.serve = serve_last_words};
    scripted_start(&s);
    in_fiber(0, read_last_words, &s.at);
    scripted_end(&s);
}

/* ---- where from, and Unix sockets ---- */

static void come_from(void *arg) {
    (void)arg;
    wire *w;
    addr from = loopback(0);
    from.ip[3] = 9;
    check_ok(wire_connect(&w, &at, &from, soon()));
    check(addr_ip_equal(wire_local(w), &from));
    wire_expect(w, S("hello"));
    check_ok(wire_write(w, S("peer\n"), soon()));
    str line;
    check_ok(wire_read_line(w, 100, &line, soon()));
    check(str_starts(line, S("127.0.0.9:")));
    wire_close(w);
}

static void source_addresses(void **state) {
    (void)state;
    in_fiber(1, come_from, NULL);
}

static void talk_by_path(void *arg) {
    wire *w;
    check_ok(wire_connect(&w, arg, NULL, soon()));
    wire_expect(w, S("hello"));
    check_ok(wire_write(w, S("path\n"), soon()));
    wire_expect(w, S("path!"));
    wire_close(w);
}

static void unix_sockets(void **state) {
    (void)state;
    char directory[] = "/tmp/godwit-wire-XXXXXX";
    addr path = {.family = ADDR_UNIX};
    listener_config config = lines_config();
    listener *l;
    int fd;
    check(mkdtemp(directory));
    snprintf(path.path, sizeof path.path, "%s/socket", directory);
    check_ok(listener_bind(&path, &fd));
    check_ok(listener_open(&l, &config, &fd, 1));
    in_fiber(0, talk_by_path, &path);
    listener_close(l);
    unlink(path.path);
    rmdir(directory);
}

/* ---- at rest ---- */

static wire *pooled[3];

static void fill_pool(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 3; i++)
        pooled[i] = greeted();
    check(!wire_stale(pooled[0]));
    wire_say(pooled[1], S("quit"));
    check_ok(wire_flush(pooled[1], soon()));
    check_ok(wire_write(pooled[2], S("deadline 10\n"), soon()));
    check_ok(wire_flush(pooled[2], soon()));
    check_ok(fiber_sleep(deadline_in(100)));
    check(!wire_stale(pooled[0]) && wire_stale(pooled[1]) && wire_stale(pooled[2]));
    wire_close(pooled[1]);
}

static void wires_at_rest_end_with_their_loop(void **state) {
    (void)state;
    in_fiber(0, fill_pool, NULL);
    listener_close(lines);
    loops_stop();
    wire_close(pooled[0]);
    wire_close(pooled[2]);
    check_ok(loops_start(2)); /* for the teardown */
    listener_config config = lines_config();
    lines = peer_listen(&config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lines_and_bytes),
        TEST(lines_in_any_pieces),
        TEST(unreachable_servers),
        TEST(silence_is_a_timeout),
        TEST(last_words_are_heard),
        TEST(source_addresses),
        TEST(unix_sockets),
        TEST(wires_at_rest_end_with_their_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
