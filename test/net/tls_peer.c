#include "check.h"

#include "tls_peer.h"

#include <openssl/x509.h>

SSL *tls_peer_new(int fd, const char *sni, int max_version, SSL_SESSION *session) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, max_version);
    SSL *ssl = SSL_new(context);
    SSL_CTX_free(context);
    check(ssl && SSL_set_fd(ssl, fd) == 1);
    if (sni)
        check(SSL_set_tlsext_host_name(ssl, sni) == 1);
    if (session)
        check(SSL_set_session(ssl, session) == 1);
    SSL_set_connect_state(ssl);
    return ssl;
}

bool tls_peer_shake(SSL *ssl) { return SSL_do_handshake(ssl) == 1; }

SSL *tls_peer(int fd, const char *sni) {
    SSL *ssl = tls_peer_new(fd, sni, TLS1_3_VERSION, NULL);
    check(tls_peer_shake(ssl));
    return ssl;
}

void tls_peer_free(SSL *ssl) {
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

void tls_peer_send(SSL *ssl, str s) { check(SSL_write(ssl, s.p, (int)s.n) == (int)s.n); }

void tls_peer_expect(SSL *ssl, str s) {
    char got[4096];
    while (s.n) {
        int n = SSL_read(ssl, got, (int)(s.n < sizeof got ? s.n : sizeof got));
        check(n > 0);
        check_str(str_of(got, (size_t)n), str_sub(s, 0, (size_t)n));
        s = str_skip(s, (size_t)n);
    }
}

void tls_peer_expect_many(SSL *ssl, char c, size_t n) {
    char got[4096];
    while (n) {
        int some = SSL_read(ssl, got, (int)(n < sizeof got ? n : sizeof got));
        check(some > 0);
        for (int i = 0; i < some; i++)
            check(got[i] == c);
        n -= (size_t)some;
    }
}

void tls_peer_expect_end(SSL *ssl) {
    char got[1];
    int n = SSL_read(ssl, got, 1);
    check(n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN);
}

void tls_peer_expect_certificate(SSL *ssl, str common_name) {
    char name[256] = "";
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    check(certificate);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    check_str(str_c(name), common_name);
}

tls_pair tls_test_pair(arena *a, const char *name) {
    tls_pair pair = {.name = str_c(name)};
    check_ok(tls_self_signed(str_c(name), 10, a, &pair.certificate, &pair.key));
    return pair;
}
