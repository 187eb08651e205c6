#include "check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lines.h"
#include "net/fiber.h"
#include "on_loop.h"
#include "peer.h"
#include "tls_peer.h"

static arena memory;
static tls_pair pairs[4]; /* the last is for reloads */
static listener *lines;
static addr at;

static int make_pairs(void **state) {
    (void)state;
    static const char *const names[] = {"default.test", "mail.example.org", "*.example.net", "mail.example.org"};
    arena_init(&memory, 1 << 20);
    for (size_t i = 0; i < 4; i++)
        pairs[i] = tls_test_pair(&memory, names[i]);
    return 0;
}

static int forget_pairs(void **state) {
    (void)state;
    arena_free(&memory);
    return 0;
}

static void begin(bool implicit) {
    listener_config config = lines_config();
    check_ok(tls_server_create(&lines_tls, pairs, 3));
    config.tls = lines_tls;
    config.implicit_tls = implicit;
    check_ok(loops_start(2));
    lines = peer_listen(&config);
    at = listener_address(lines);
}

static int setup(void **state) {
    (void)state;
    begin(true);
    return 0;
}

static int setup_plain(void **state) {
    (void)state;
    begin(false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    listener_close(lines);
    check_size(lines_counts.opened, lines_counts.closed);
    loops_stop();
    tls_server_free(lines_tls);
    check_size(fiber_count(), 0);
    return 0;
}

static SSL *greeted(const char *sni) {
    SSL *ssl = tls_peer(peer_connect(&at), sni);
    tls_peer_expect(ssl, S("hello\n"));
    return ssl;
}

/* ---- certificates ---- */

static void expect_chosen(const char *sni, str name) {
    SSL *ssl = tls_peer(peer_connect(&at), sni);
    tls_peer_expect_certificate(ssl, name);
    tls_peer_free(ssl);
}

static void names_choose_certificates(void **state) {
    (void)state;
    expect_chosen(NULL, S("default.test"));
    expect_chosen("mail.example.org", S("mail.example.org"));
    expect_chosen("MAIL.Example.ORG", S("mail.example.org"));
    expect_chosen("mail.example.org.", S("mail.example.org"));
    expect_chosen("a.example.net", S("*.example.net"));
    expect_chosen("a.b.example.net", S("default.test"));
    expect_chosen("example.net", S("default.test"));
    expect_chosen(".example.net", S("default.test"));
    expect_chosen("default.test", S("default.test"));
    expect_chosen("unknown.test", S("default.test"));
    expect_chosen("back\\slash\\", S("default.test"));
    char longest[256];
    memset(longest, 'a', 255);
    longest[255] = '\0';
    expect_chosen(longest, S("default.test"));
}

static void reloads_keep_what_lives(void **state) {
    (void)state;
    SSL *old = greeted("mail.example.org");
    uint8_t first[64], second[64];
    unsigned first_n = 64, second_n = 64;
    check(X509_digest(SSL_get0_peer_certificate(old), EVP_sha256(), first, &first_n) == 1);
    tls_pair changed[2] = {pairs[0], pairs[3]};
    check_ok(tls_server_reload(lines_tls, changed, 2));
    SSL *fresh = greeted("mail.example.org");
    check(X509_digest(SSL_get0_peer_certificate(fresh), EVP_sha256(), second, &second_n) == 1);
    check(memcmp(first, second, 32) != 0);
    tls_peer_send(old, S("still here\ninfo\n"));
    tls_peer_expect(old, S("still here!\nTLSv1.3 TLS_AES_256_GCM_SHA384 256 mail.example.org\n"));

    changed[1].key = pairs[0].key; /* on error nothing changes */
    err e = tls_server_reload(lines_tls, changed, 2);
    check(e.kind == ERR_PERM && e.what == ERR_TLS && str_find_str(str_c(e.log), S("mail.example.org")) == 0);
    SSL *after = greeted("mail.example.org");
    check(X509_digest(SSL_get0_peer_certificate(after), EVP_sha256(), first, &first_n) == 1);
    check(memcmp(first, second, 32) == 0);
    tls_peer_free(old);
    tls_peer_free(fresh);
    tls_peer_free(after);
}

static void *reload_often(void *arg) {
    (void)arg;
    for (int i = 0; i < 30; i++)
        check_ok(tls_server_reload(lines_tls, pairs + i % 2, 2));
    return NULL;
}

static void reloads_and_handshakes_at_once(void **state) {
    (void)state;
    pthread_t thread;
    check(pthread_create(&thread, NULL, reload_often, NULL) == 0);
    for (int i = 0; i < 30; i++)
        tls_peer_free(greeted("mail.example.org"));
    pthread_join(thread, NULL);
}

static str encrypted_key(void) {
    BIO *in = BIO_new_mem_buf(pairs[0].key.p, (int)pairs[0].key.n), *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char secret[] = "secret", *p;
    check(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), secret, 6, NULL, NULL) == 1);
    long n = BIO_get_mem_data(out, &p);
    str copy = arena_str(&memory, str_of(p, (size_t)n));
    EVP_PKEY_free(key);
    BIO_free(in);
    BIO_free(out);
    return copy;
}

static void bad_pairs_are_refused(void **state) {
    (void)state;
    tls_server *t;
    tls_pair bad[] = {
        {S(""), pairs[0].key, S("empty")},
        {S("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), pairs[0].key, S("junk")},
        {pairs[0].certificate, S(""), S("no key")},
        {pairs[0].certificate, pairs[1].key, S("another key")},
        {pairs[0].certificate, encrypted_key(), S("encrypted key")},
        {pairs[0].key, pairs[0].certificate, S("swapped")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(tls_server_create(&t, &bad[i], 1), ERR_PERM, ERR_TLS);
    check_fails(tls_server_create(&t, pairs, 0), ERR_PERM, ERR_TLS);
    SCOPED_BUF chain;
    buf_init(&chain, 1 << 20);
    for (size_t i = 0; i < 21; i++)
        buf_add(&chain, pairs[0].certificate);
    tls_pair most = {buf_str(&chain), pairs[0].key, S("chain")};
    check_ok(tls_server_create(&t, &most, 1));
    tls_server_free(t);
    buf_add(&chain, pairs[0].certificate);
    most.certificate = buf_str(&chain);
    check_fails(tls_server_create(&t, &most, 1), ERR_PERM, ERR_LIMIT);
    tls_server_free(NULL);
    tls_client *c;
    check_fails(tls_client_create(&c, S("/nonexistent")), ERR_PERM, ERR_TLS);
    tls_client_free(NULL);
    str certificate, key;
    check_fails(tls_self_signed(S("a.test,DNS:b.test"), 1, &memory, &certificate, &key), ERR_PERM, ERR_SYNTAX);
    check_fails(tls_self_signed(S(""), 1, &memory, &certificate, &key), ERR_PERM, ERR_SYNTAX);
}

static void certificates_say_what_they_are(void **state) {
    (void)state;
    int64_t end, wanted = time_wall() + 10 * 86400;
    str names;
    check_ok(tls_certificate_info(pairs[2].certificate, &memory, &end, &names));
    check_str(names, S("*.example.net"));
    check(end > wanted - 60 && end < wanted + 60);
    check_fails(tls_certificate_info(S("x"), &memory, &end, &names), ERR_PERM, ERR_TLS);
}

/* ---- protocol ---- */

static void only_sound_versions(void **state) {
    (void)state;
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 4; i++) {
        SSL *ssl = tls_peer_new(peer_connect(&at), NULL, versions[i], NULL);
        check(tls_peer_shake(ssl) == (i >= 2));
        if (i >= 2)
            check(SSL_version(ssl) == versions[i]);
        tls_peer_free(ssl);
    }
    SSL *ssl = tls_peer_new(peer_connect(&at), NULL, TLS1_2_VERSION, NULL);
    check(SSL_set_cipher_list(ssl, "AES128-SHA:AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256") == 1);
    check(!tls_peer_shake(ssl)); /* no forward secrecy, or none of ours */
    tls_peer_free(ssl);
    ssl = tls_peer_new(peer_connect(&at), NULL, TLS1_2_VERSION, NULL);
    check(tls_peer_shake(ssl));
    tls_peer_expect(ssl, S("hello\n"));
    char got[1];
    SSL_renegotiate(ssl);
    check(SSL_do_handshake(ssl) != 1 || SSL_read(ssl, got, 1) <= 0);
    tls_peer_free(ssl);
}

static void sessions_resume_after_a_reload(void **state) {
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        SSL *ssl = tls_peer_new(peer_connect(&at), NULL, versions[i], NULL);
        check(tls_peer_shake(ssl) && !SSL_session_reused(ssl));
        tls_peer_expect(ssl, S("hello\n"));
        SSL_SESSION *session = SSL_get1_session(ssl);
        SSL_shutdown(ssl);
        tls_peer_free(ssl);
        check_ok(tls_server_reload(lines_tls, pairs, 3));
        ssl = tls_peer_new(peer_connect(&at), NULL, versions[i], session);
        check(tls_peer_shake(ssl) && SSL_session_reused(ssl));
        tls_peer_expect(ssl, S("hello\n"));
        tls_peer_free(ssl);
        SSL_SESSION_free(session);
    }
}

static void garbage_ends_the_handshake(void **state) {
    (void)state;
    int fd = peer_connect(&at);
    peer_send(fd, S("EHLO example.org\r\nMAIL FROM:<>\r\n"));
    check(peer_is_gone(fd));
    close(fd);
    fd = peer_connect(&at);
    peer_send(fd, S("\x16\x03\x01\x40\0")); /* a record that never comes */
    shutdown(fd, SHUT_WR);
    check(peer_is_gone(fd));
    close(fd);
    check_size(lines_counts.opened, 0);
    tls_peer_free(greeted(NULL));
}

/* Moves what OpenSSL wants to send, in pieces, and what comes back, until the handshake is done. */
static SSL *shake_in_pieces(int fd, str before, size_t piece) {
    SSL *ssl = tls_peer_new(fd, "mail.example.org", TLS1_3_VERSION, NULL);
    BIO *from_peer = BIO_new(BIO_s_mem()), *to_peer = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, from_peer, to_peer);
    check(BIO_write(to_peer, before.p, (int)before.n) == (int)before.n);
    for (;;) {
        char bytes[4096], got[512];
        bool done = SSL_do_handshake(ssl) == 1;
        for (int n; (n = BIO_read(to_peer, bytes, (int)piece)) > 0;)
            peer_send(fd, str_of(bytes, (size_t)n));
        if (done)
            return ssl;
        str some = peer_read(fd, got, sizeof got);
        check(some.n > 0 && BIO_write(from_peer, some.p, (int)some.n) > 0);
    }
}

static void handshakes_arrive_in_any_pieces(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 2, 7, 100, 4096};
    for (size_t i = 0; i < 5; i++) {
        int fd = peer_connect(&at);
        SSL_free(shake_in_pieces(fd, str_of("", 0), pieces[i]));
        await_count(&lines_counts.opened, i + 1);
        close(fd);
    }
}

static void much_data_both_ways(void **state) {
    (void)state;
    SSL *ssl = greeted(NULL);
    tls_peer_send(ssl, S("big 5000000\nnext\n"));
    tls_peer_expect_many(ssl, 'x', 5000000);
    tls_peer_expect(ssl, S("\nnext!\n"));
    static char line[30000];
    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 50; i++) {
        tls_peer_send(ssl, str_of(line, sizeof line));
        tls_peer_expect_many(ssl, 'y', sizeof line - 1);
        tls_peer_expect(ssl, S("!\n"));
    }
    tls_peer_send(ssl, S("quit\n"));
    tls_peer_expect(ssl, S("bye\n"));
    tls_peer_expect_end(ssl);
    tls_peer_free(ssl);
}

static void a_goodbye_still_gets_the_answers(void **state) {
    (void)state;
    SSL *ssl = greeted(NULL);
    tls_peer_send(ssl, S("sleep 30\nlast\nhalf a line"));
    SSL_shutdown(ssl);
    tls_peer_expect(ssl, S("slept\nlast!\n"));
    tls_peer_expect_end(ssl);
    tls_peer_free(ssl);
}

/* What comes in clear after the TLS goodbye is read by nobody: not as plaintext, not as the rest of the line. */
static void clear_bytes_after_the_goodbye_are_nobodys(void **state) {
    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        SSL *ssl = greeted(NULL);
        size_t inputs = lines_counts.inputs;
        tls_peer_send(ssl, S("sleep 30\nhalf"));
        SSL_shutdown(ssl);
        if (wait)
            usleep(10000);
        peer_send(SSL_get_fd(ssl), S("\nquit\n\n"));
        tls_peer_expect(ssl, S("slept\n"));
        tls_peer_expect_end(ssl);
        check(lines_counts.inputs <= inputs + 3);
        tls_peer_free(ssl);
    }
    SSL *ssl = greeted(NULL); /* and clear bytes in the middle are a broken record */
    peer_send(SSL_get_fd(ssl), S("quit\nquit\nquit\n"));
    char got[1];
    check(SSL_read(ssl, got, 1) <= 0);
    tls_peer_free(ssl);
}

static void floods_of_key_updates_are_bounded(void **state) {
    (void)state;
    SSL *ssl = greeted(NULL);
    char nothing;
    for (int i = 0; i < 20000; i++) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        if (SSL_write(ssl, "", 0) < 0 || recv(SSL_get_fd(ssl), &nothing, 0, MSG_DONTWAIT) == 0)
            break;
        if (SSL_do_handshake(ssl) != 1)
            break;
    }
    tls_peer_free(ssl);
    tls_peer_free(greeted(NULL));
}

/* ---- STARTTLS ---- */

static int plain_greeted(void) {
    int fd = peer_connect(&at);
    peer_expect(fd, S("hello\n"));
    return fd;
}

static SSL *starttls(int fd) {
    SSL *ssl = tls_peer(fd, NULL);
    tls_peer_send(ssl, S("secret\ninfo\n"));
    tls_peer_expect(ssl, S("secret!\nTLSv1.3 TLS_AES_256_GCM_SHA384 256 \n"));
    return ssl;
}

static void starttls_drops_what_was_injected(void **state) {
    (void)state;
    static const char *const injected[] = {"", "evil\n", "evil\nevil\n", "ev", "big 100000\n"};
    for (size_t i = 0; i < sizeof injected / sizeof *injected; i++) {
        int fd = plain_greeted();
        char text[100];
        snprintf(text, sizeof text, "info\ntls\n%s", injected[i]);
        peer_send(fd, str_c(text));
        peer_expect(fd, S("plain\ngo on\n"));
        tls_peer_free(starttls(fd));
    }
    /* What arrives after the answer is no handshake. */
    int fd = plain_greeted();
    peer_send(fd, S("tls\n"));
    peer_expect(fd, S("go on\n"));
    peer_send(fd, S("evil\nevil\n"));
    check(peer_is_gone(fd));
    close(fd);
}

static void starttls_after_a_long_answer(void **state) {
    (void)state;
    int fd = plain_greeted();
    peer_send(fd, S("big 3000000\ntls\n"));
    peer_expect_many(fd, 'x', 3000000);
    peer_expect(fd, S("\ngo on\n"));
    tls_peer_free(starttls(fd));
}

static void a_proxy_header_and_a_handshake_in_one_piece(void **state) {
    (void)state;
    static const addr_net from_loopback = {.base = {.family = ADDR_V4, .ip = {127}}, .bits = 8};
    listener_config config = lines_config();
    config.tls = lines_tls;
    config.implicit_tls = true;
    config.proxies = &from_loopback;
    config.proxies_n = 1;
    listener *l = peer_listen(&config);
    addr there = listener_address(l);
    for (size_t piece = 1; piece <= 4096; piece *= 64) {
        int fd = peer_connect(&there);
        SSL_free(shake_in_pieces(fd, S("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), piece));
        close(fd);
    }
    await_count(&lines_counts.closed, 3);
    listener_close(l);
}

/* ---- channel bindings ---- */

static void expect_binding(SSL *ssl, const char *type, const uint8_t *bytes, size_t n) {
    char text[200];
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%02x", bytes[i]);
    snprintf(text + used, sizeof text - used, "%s\n", n ? "" : "none");
    tls_peer_send(ssl, str_c("binding "));
    tls_peer_send(ssl, str_c(type));
    tls_peer_send(ssl, S("\n"));
    tls_peer_expect(ssl, str_c(text));
}

static void both_sides_bind_to_the_same_channel(void **state) {
    (void)state;
    uint8_t bytes[64], hash[64];
    unsigned hash_n = 64;
    SSL *ssl = greeted(NULL);
    check(SSL_export_keying_material(ssl, bytes, 32, "EXPORTER-Channel-Binding", 24, (const uint8_t *)"", 0, 1) == 1);
    expect_binding(ssl, "tls-exporter", bytes, 32); /* RFC 9266: the context is empty; in TLS 1.3 that equals none */
    expect_binding(ssl, "tls-unique", NULL, 0);
    check(X509_digest(SSL_get0_peer_certificate(ssl), EVP_sha256(), hash, &hash_n) == 1);
    expect_binding(ssl, "tls-server-end-point", hash, 32);
    expect_binding(ssl, "tls-nonsense", NULL, 0);
    tls_peer_free(ssl);

    SSL_SESSION *session = NULL;
    for (int resumed = 0; resumed < 2; resumed++) {
        ssl = tls_peer_new(peer_connect(&at), NULL, TLS1_2_VERSION, session);
        check(tls_peer_shake(ssl) && SSL_session_reused(ssl) == resumed);
        tls_peer_expect(ssl, S("hello\n"));
        size_t n = resumed ? SSL_get_peer_finished(ssl, bytes, 64) : SSL_get_finished(ssl, bytes, 64);
        expect_binding(ssl, "tls-unique", bytes, n);
        expect_binding(ssl, "tls-exporter", NULL, 0);
        SSL_SESSION_free(session);
        session = SSL_get1_session(ssl);
        SSL_shutdown(ssl); /* a session cut off is not resumed */
        tls_peer_free(ssl);
    }
    SSL_SESSION_free(session);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup_plain, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_choose_certificates),
        TEST(reloads_keep_what_lives),
        TEST(reloads_and_handshakes_at_once),
        cmocka_unit_test(bad_pairs_are_refused),
        cmocka_unit_test(certificates_say_what_they_are),
        TEST(only_sound_versions),
        TEST(sessions_resume_after_a_reload),
        TEST(garbage_ends_the_handshake),
        TEST(handshakes_arrive_in_any_pieces),
        TEST(much_data_both_ways),
        TEST(a_goodbye_still_gets_the_answers),
        TEST(clear_bytes_after_the_goodbye_are_nobodys),
        TEST(floods_of_key_updates_are_bounded),
        PLAIN(starttls_drops_what_was_injected),
        PLAIN(starttls_after_a_long_answer),
        TEST(a_proxy_header_and_a_handshake_in_one_piece),
        TEST(both_sides_bind_to_the_same_channel),
    };
    return cmocka_run_group_tests(tests, make_pairs, forget_pairs);
}
