/* TLS by OpenSSL: contexts that can be reloaded, and what a session needs to know of a connection.
 *
 * Contexts are shared by all loops, thread-safe, reference counted inside; connections keep the certificate they
 * began with. TLS 1.2 is the least (RFC 8996). */
#ifndef GODWIT_NET_TLS_H
#define GODWIT_NET_TLS_H

#include "base/arena.h"
#include "base/err.h"

typedef struct tls_server tls_server;

typedef struct tls_pair {
    str certificate; /* PEM, chain included */
    str key;         /* PEM; wiped by nobody but the caller */
    str name;        /* for error texts: the file's name */
} tls_pair;

/* The first pair is the default; the others are chosen by SNI from the names in their certificates (wildcards too). */
err tls_server_create(tls_server **out, const tls_pair *pairs, size_t n) MUST_USE;
err tls_server_reload(tls_server *t, const tls_pair *pairs, size_t n) MUST_USE; /* on error the old ones stay */
void tls_server_free(tls_server *t);                                            /* NULL-safe */

typedef struct tls_client tls_client;
/* ca_file: "" for the system's. */
err tls_client_create(tls_client **out, str ca_file) MUST_USE;
void tls_client_free(tls_client *t);

typedef enum tls_verify {
    TLS_VERIFY_NONE, /* opportunistic: encrypt, believe anybody */
    TLS_VERIFY_NAME, /* the certificate must chain to a CA and carry the name */
} tls_verify;

typedef struct tls_info {
    char version[12]; /* "TLSv1.3" */
    char cipher[48];
    int bits;
    char sni[256];    /* "" when none */
    bool verified;
} tls_info;

/* A fresh self-signed P-256 certificate for a host, as PEM: for a server without configuration, and tests. Slow:
 * offload it. */
err tls_self_signed(str host, int days, arena *a, str *certificate, str *key) MUST_USE;
/* When the (first) certificate of a PEM ends, Unix seconds, and the names it is for; for `godwit check`. */
err tls_certificate_info(str pem, arena *a, int64_t *not_after, str *names) MUST_USE;

#endif
