#include "check.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "lines.h"
#include "net/fiber.h"
#include "net/wire.h"
#include "on_loop.h"
#include "peer.h"
#include "tls_peer.h"

static arena memory;
static listener *lines;
static addr at;
static char ca_path[] = "/tmp/godwit-ca-XXXXXX";
static tls_client *believer, *stranger; /* knows the certificate of mail.test; knows nobody */

static int setup_all(void **state) {
    (void)state;
    arena_init(&memory, 1 << 20);
    tls_pair pairs[] = {tls_test_pair(&memory, "mail.test"), tls_test_pair(&memory, "127.0.0.1")};
    check_ok(tls_server_create(&lines_tls, pairs, 2));
    int fd = mkstemp(ca_path);
    check(write(fd, pairs[0].certificate.p, pairs[0].certificate.n) == (ssize_t)pairs[0].certificate.n);
    close(fd);
    check_ok(tls_client_create(&believer, str_c(ca_path)));
    check_ok(tls_client_create(&stranger, S("")));
    return 0;
}

static int teardown_all(void **state) {
    (void)state;
    unlink(ca_path);
    tls_client_free(believer);
    tls_client_free(stranger);
    tls_server_free(lines_tls);
    arena_free(&memory);
    return 0;
}

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

static deadline soon(void) { return deadline_in(10000); }

static void expect_line(wire *w, str expected) {
    str line;
    check_ok(wire_read_line(w, 1000, &line, soon()));
    check_str(line, expected);
}

static void say(wire *w, str line) {
    check_ok(wire_write(w, line, soon()));
    check_ok(wire_write(w, S("\r\n"), soon()));
}

static wire *greeted(void) {
    wire *w;
    check_ok(wire_connect(&w, &at, NULL, soon()));
    expect_line(w, S("hello"));
    return w;
}

/* ---- lines and bytes ---- */

static void talk(void *arg) {
    (void)arg;
    wire *w = greeted();
    check(!wire_is_tls(w) && !wire_tls_info(w) && !wire_stale(w));
    check(addr_ip_equal(wire_peer(w), &at) && wire_local(w)->port != 0);
    say(w, S("one"));
    say(w, S("two")); /* reads send what is queued */
    expect_line(w, S("one\r!")); /* the session answers the CR too */
    str first;
    check_ok(wire_read_line(w, 6, &first, soon()));
    say(w, S("three"));
    check_ok(wire_flush(w, soon()));
    check_ok(fiber_sleep(deadline_in(20)));
    check_str(first, S("two\r!")); /* valid until the next read, whatever arrives */
    expect_line(w, S("three\r!"));

    say(w, S("12345"));
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

typedef struct scripted {
    str says;
    size_t piece;
    addr at;
    int listening;
    bool keeps_open;
} scripted;

static void *serve_script(void *arg) {
    scripted *s = arg;
    int fd = accept(s->listening, NULL, NULL), on = 1;
    check(fd >= 0);
    setsockopt(fd, 6, 1, &on, sizeof on); /* TCP_NODELAY */
    for (str rest = s->says; rest.n; rest = str_skip(rest, s->piece)) {
        peer_send(fd, str_sub(rest, 0, s->piece));
        usleep(200);
    }
    if (s->keeps_open)
        check(peer_is_gone(fd));
    close(fd);
    return NULL;
}

static pthread_t start_script(scripted *s) {
    pthread_t thread;
    addr any = loopback(0);
    struct sockaddr_storage name;
    socklen_t n = sizeof name;
    check_ok(listener_bind(&any, &s->listening));
    check(fcntl(s->listening, F_SETFL, 0) == 0 && listen(s->listening, 5) == 0);
    check(getsockname(s->listening, (struct sockaddr *)&name, &n) == 0);
    check(addr_from_sockaddr((struct sockaddr *)&name, &s->at));
    check(pthread_create(&thread, NULL, serve_script, s) == 0);
    return thread;
}

static void end_script(scripted *s, pthread_t thread) {
    pthread_join(thread, NULL);
    close(s->listening);
}

static void read_script(void *arg) {
    scripted *s = arg;
    wire *w;
    str line;
    check_ok(wire_connect(&w, &s->at, NULL, soon()));
    expect_line(w, S("220 first"));
    expect_line(w, S(""));
    expect_line(w, S("bare"));
    check_fails(wire_read_line(w, 1000, &line, soon()), ERR_TEMP, ERR_CLOSED); /* a line without end is none */
    wire_close(w);
}

static void lines_in_any_pieces(void **state) {
    (void)state;
    str text = S("220 first\r\n\r\nbare\nhalf");
    for (size_t piece = 1; piece <= text.n; piece++) {
        scripted s = {.says = text, .piece = piece};
        pthread_t thread = start_script(&s);
        in_fiber(piece % 2, read_script, &s);
        end_script(&s, thread);
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
    say(w, S("hold"));
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
static void *serve_last_words(void *arg) {
    scripted *s = arg;
    int fd = accept(s->listening, NULL, NULL);
    peer_send(fd, S("421 go away\r\n"));
    usleep(20000);
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    return NULL;
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
    expect_line(w, S("421 go away"));
    check_fails(wire_read_line(w, 100, &line, soon()), ERR_TEMP, ERR_CLOSED);
    wire_close(w);
}

static void last_words_are_heard(void **state) {
    (void)state;
    addr any = loopback(0);
    scripted s;
    struct sockaddr_storage name;
    socklen_t n = sizeof name;
    pthread_t thread;
    check_ok(listener_bind(&any, &s.listening));
    check(fcntl(s.listening, F_SETFL, 0) == 0 && listen(s.listening, 5) == 0);
    check(getsockname(s.listening, (struct sockaddr *)&name, &n) == 0);
    check(addr_from_sockaddr((struct sockaddr *)&name, &s.at));
    check(pthread_create(&thread, NULL, serve_last_words, &s) == 0);
    in_fiber(0, read_last_words, &s.at);
    end_script(&s, thread);
}

/* ---- where from, and Unix sockets ---- */

static void come_from(void *arg) {
    (void)arg;
    wire *w;
    addr from = loopback(0);
    from.ip[3] = 9;
    check_ok(wire_connect(&w, &at, &from, soon()));
    check(addr_ip_equal(wire_local(w), &from));
    expect_line(w, S("hello"));
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
    expect_line(w, S("hello"));
    check_ok(wire_write(w, S("path\n"), soon()));
    expect_line(w, S("path!"));
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

/* ---- TLS ---- */

static wire *ready_for_tls(void) {
    wire *w = greeted();
    check_ok(wire_write(w, S("tls\n"), soon()));
    expect_line(w, S("go on"));
    return w;
}

static void expect_tls(tls_client *who, str name, tls_verify verify, bool verified) {
    wire *w = ready_for_tls();
    check_ok(wire_starttls(w, who, name, verify, soon()));
    check(wire_is_tls(w) && wire_tls_info(w)->verified == verified);
    check_str(str_c(wire_tls_info(w)->version), S("TLSv1.3"));
    uint8_t binding[64];
    size_t n;
    check(wire_channel_binding(w, S("tls-exporter"), binding, &n) && n == 32);
    check_ok(wire_write(w, S("binding tls-exporter\nbig 1000000\n"), soon()));
    char text[65];
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", binding[i]);
    expect_line(w, str_of(text, 64));
    str some;
    for (size_t got = 0; got < 1000001; got += some.n)
        check_ok(wire_read_some(w, 65536, &some, soon()));
    check(!wire_stale(w));
    wire_close(w);
}

static void expect_no_tls(tls_client *who, str name, str reason) {
    wire *w = ready_for_tls();
    err e = wire_starttls(w, who, name, TLS_VERIFY_NAME, soon());
    check(e.kind == ERR_TEMP && e.what == ERR_TLS);
    check(str_casefind(str_c(e.log), reason) != STR_NONE);
    str line;
    check(failed(wire_write(w, S("secret\n"), soon())) || failed(wire_read_line(w, 100, &line, soon())));
    wire_close(w);
}

static void verify(void *arg) {
    (void)arg;
    expect_tls(stranger, S("mail.test"), TLS_VERIFY_NONE, false);
    expect_tls(stranger, S(""), TLS_VERIFY_NONE, false);
    expect_tls(believer, S("mail.test"), TLS_VERIFY_NAME, true);
    expect_tls(believer, S("mail.test."), TLS_VERIFY_NAME, true);
    expect_tls(believer, S("MAIL.TEST"), TLS_VERIFY_NONE, true);
    expect_tls(believer, S("other.test"), TLS_VERIFY_NONE, false);
    expect_no_tls(stranger, S("mail.test"), S("self-signed"));
    expect_no_tls(believer, S("other.test"), S("hostname mismatch"));
    expect_no_tls(believer, S("192.0.2.1"), S("IP address mismatch"));
    wire *w = ready_for_tls();
    check_fails(wire_starttls(w, believer, S(""), TLS_VERIFY_NAME, soon()), ERR_TEMP, ERR_TLS);
    wire_close(w);
}

static void verification(void **state) {
    (void)state;
    in_fiber(0, verify, NULL);
}

/* A man in the middle adds a plaintext answer before the handshake. */
static void *serve_injection(void *arg) {
    scripted *s = arg;
    int fd = accept(s->listening, NULL, NULL);
    peer_send(fd, S("220 go on\r\n250 injected\r\n250 half a li"));
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    tls_pair pair = tls_test_pair(&memory, "mail.test");
    BIO *certificate = BIO_new_mem_buf(pair.certificate.p, (int)pair.certificate.n);
    BIO *key = BIO_new_mem_buf(pair.key.p, (int)pair.key.n);
    X509 *x = PEM_read_bio_X509(certificate, NULL, NULL, NULL);
    EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    check(SSL_CTX_use_certificate(context, x) == 1 && SSL_CTX_use_PrivateKey(context, k) == 1);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    check(SSL_accept(ssl) == 1);
    tls_peer_send(ssl, S("250 genuine\r\n"));
    char got[1];
    check(SSL_read(ssl, got, 1) <= 0);
    SSL_free(ssl);
    SSL_CTX_free(context);
    X509_free(x);
    EVP_PKEY_free(k);
    BIO_free(certificate);
    BIO_free(key);
    close(fd);
    return NULL;
}

static void meet_injection(void *arg) {
    wire *w;
    check_ok(wire_connect(&w, arg, NULL, soon()));
    expect_line(w, S("220 go on"));
    check_ok(fiber_sleep(deadline_in(20)));
    check(wire_stale(w)); /* more than was asked for */
    check_ok(wire_starttls(w, stranger, S("mail.test"), TLS_VERIFY_NONE, soon()));
    expect_line(w, S("250 genuine"));
    wire_close(w);
}

static void injected_answers_are_dropped(void **state) {
    (void)state;
    addr any = loopback(0);
    scripted s;
    struct sockaddr_storage name;
    socklen_t n = sizeof name;
    pthread_t thread;
    check_ok(listener_bind(&any, &s.listening));
    check(fcntl(s.listening, F_SETFL, 0) == 0 && listen(s.listening, 5) == 0);
    check(getsockname(s.listening, (struct sockaddr *)&name, &n) == 0);
    check(addr_from_sockaddr((struct sockaddr *)&name, &s.at));
    check(pthread_create(&thread, NULL, serve_injection, &s) == 0);
    in_fiber(0, meet_injection, &s.at);
    end_script(&s, thread);
}

/* A server that answers the client hello with nonsense, or not at all. */
static void meet_no_handshake(void *arg) {
    scripted *s = arg;
    wire *w;
    check_ok(wire_connect(&w, &s->at, NULL, soon()));
    expect_line(w, S("220 go on"));
    err e = wire_starttls(w, stranger, S("mail.test"), TLS_VERIFY_NONE, deadline_in(s->keeps_open ? 50 : 10000));
    check(e.kind == ERR_TEMP && e.what == (s->keeps_open ? ERR_TIMEOUT : ERR_CLOSED));
    wire_close(w);
}

static void handshakes_fail(void **state) {
    (void)state;
    for (int open = 0; open < 2; open++) {
        scripted s = {.says = S("220 go on\r\n"), .piece = 100, .keeps_open = open};
        pthread_t thread = start_script(&s);
        in_fiber(0, meet_no_handshake, &s);
        end_script(&s, thread);
    }
}

/* ---- at rest ---- */

static wire *pooled[3];

static void fill_pool(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 3; i++)
        pooled[i] = greeted();
    check(!wire_stale(pooled[0]));
    say(pooled[1], S("quit"));
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

/* ---- many ---- */

static atomic_size_t done;

static void one_of_many(void *arg) {
    (void)arg;
    wire *w = ready_for_tls();
    check_ok(wire_starttls(w, believer, S("mail.test"), TLS_VERIFY_NAME, deadline_in(60000)));
    for (int i = 0; i < 20; i++) {
        check_ok(wire_write(w, S("x\n"), soon()));
        expect_line(w, S("x!"));
    }
    wire_close(w);
    atomic_fetch_add(&done, 1);
}

static void start_crowd(void *arg) {
    for (uintptr_t i = 0; i < (uintptr_t)arg; i++)
        check_ok(fiber_start("crowd", one_of_many, NULL));
}

static void many_at_once(void **state) {
    (void)state;
    done = 0;
    on_loop(0, start_crowd, (void *)100);
    on_loop(1, start_crowd, (void *)100);
    await_count(&done, 200);
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
        TEST(verification),
        TEST(injected_answers_are_dropped),
        TEST(handshakes_fail),
        TEST(wires_at_rest_end_with_their_loop),
        TEST(many_at_once),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
