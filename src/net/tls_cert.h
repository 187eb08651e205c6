/* Certificates in PEM: loading them into a context, and reading what they say. For net/tls*.c. */
#ifndef GODWIT_NET_TLS_CERT_H
#define GODWIT_NET_TLS_CERT_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* Certificate, chain and key, checked against each other. */
err tls_cert_use(SSL_CTX *context, const tls_pair *pair) MUST_USE;
/* The DNS names it is for, in lower case; the common name when there are no subject alternative names. */
err tls_cert_names(const X509 *certificate, arena *a, str **names, size_t *n) MUST_USE;

#endif
