/* A blocking TLS client for tests, over a socket of peer.h. Believes everybody. */
#ifndef GODWIT_TEST_NET_TLS_PEER_H
#define GODWIT_TEST_NET_TLS_PEER_H

#include <openssl/ssl.h>

#include "base/arena.h"
#include "net/tls.h"

/* sni, session: may be NULL. max_version: TLS1_3_VERSION ... The handshake is done by tls_peer_shake. */
SSL *tls_peer_new(int fd, const char *sni, int max_version, SSL_SESSION *session);
bool tls_peer_shake(SSL *ssl);
SSL *tls_peer(int fd, const char *sni); /* both, which must succeed */
void tls_peer_free(SSL *ssl);

void tls_peer_send(SSL *ssl, str s);
void tls_peer_expect(SSL *ssl, str s);
void tls_peer_expect_many(SSL *ssl, char c, size_t n);
void tls_peer_expect_end(SSL *ssl);     /* close_notify */
void tls_peer_expect_certificate(SSL *ssl, str common_name);

/* A self-signed pair, made once for a name and kept for the test. */
tls_pair tls_test_pair(arena *a, const char *name);

#endif
