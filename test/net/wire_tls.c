#include "check.h"

#include <openssl/pem.h>

#include "base/mem.h"
#include "lines.h"
#include "net/fiber.h"
#include "on_loop.h"
#include "peer.h"
#include "tls_peer.h"
#include "wires.h"

static arena memory;
static tls_pair pairs[2];
static listener *lines;
static addr at;
static char ca_path[] = "/tmp/godwit-ca-XXXXXX";
static tls_client *believer, *stranger; /* knows the certificate of mail.test; knows nobody */

static int setup_all(void **state) {
    (void)state;
    arena_init(&memory, 1 << 20);
    pairs[0] = tls_test_pair(&memory, "mail.test");
    pairs[1] = tls_test_pair(&memory, "127.0.0.1");
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

/* ---- who is believed ---- */

static wire *ready_for_tls(void) {
    wire *w;
    check_ok(wire_connect(&w, &at, NULL, soon()));
    wire_expect(w, S("hello"));
    check_ok(wire_write(w, S("tls\n"), soon()));
    wire_expect(w, S("go on"));
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
    wire_expect(w, str_of(text, 64));
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
static void serve_injection(int fd) {
    peer_send(fd, S("220 go on\r\n250 injected\r\n250 half a li"));
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *certificate = BIO_new_mem_buf(pairs[0].certificate.p, (int)pairs[0].certificate.n);
    BIO *key = BIO_new_mem_buf(pairs[0].key.p, (int)pairs[0].key.n);
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
}

static void meet_injection(void *arg) {
    wire *w;
    check_ok(wire_connect(&w, arg, NULL, soon()));
    wire_expect(w, S("220 go on"));
    check_ok(fiber_sleep(deadline_in(20)));
    check(wire_stale(w)); /* more than was asked for */
    check_ok(wire_starttls(w, stranger, S("mail.test"), TLS_VERIFY_NONE, soon()));
    wire_expect(w, S("250 genuine"));
    wire_close(w);
}

static void injected_answers_are_dropped(void **state) {
    (void)state;
    scripted s = {.serve = serve_injection};
    scripted_start(&s);
    in_fiber(0, meet_injection, &s.at);
    scripted_end(&s);
}

/* A server that answers the client hello with nonsense, or not at all. */
static void meet_no_handshake(void *arg) {
    scripted *s = arg;
    wire *w;
    check_ok(wire_connect(&w, &s->at, NULL, soon()));
    wire_expect(w, S("220 go on"));
    err e = wire_starttls(w, stranger, S("mail.test"), TLS_VERIFY_NONE, deadline_in(s->keeps_open ? 50 : 10000));
    check(e.kind == ERR_TEMP && e.what == (s->keeps_open ? ERR_TIMEOUT : ERR_CLOSED));
    wire_close(w);
}

static void handshakes_fail(void **state) {
    (void)state;
    for (int open = 0; open < 2; open++) {
        scripted s = {.says = S("220 go on\r\n"), .piece = 100, .keeps_open = open};
        scripted_start(&s);
        in_fiber(0, meet_no_handshake, &s);
        scripted_end(&s);
    }
}

/* ---- many ---- */

static atomic_size_t done;

static void one_of_many(void *arg) {
    (void)arg;
    wire *w = ready_for_tls();
    check_ok(wire_starttls(w, believer, S("mail.test"), TLS_VERIFY_NAME, deadline_in(60000)));
    for (int i = 0; i < 20; i++) {
        check_ok(wire_write(w, S("x\n"), soon()));
        wire_expect(w, S("x!"));
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
        TEST(verification),
        TEST(injected_answers_are_dropped),
        TEST(handshakes_fail),
        TEST(many_at_once),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
