/* SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677), the client's side. Called by smtp/client_auth.c and tests.
 *
 * Pure (the nonce is given), but scram_client_final hashes as often as the server says: in offload or plain threads
 * only. Everything here is secret or close to it: scram_client_wipe at the end. */
#ifndef GODWIT_SMTP_CLIENT_SCRAM_H
#define GODWIT_SMTP_CLIENT_SCRAM_H

#include "base/buf.h"
#include "base/err.h"

enum {
    SCRAM_LEAST_ITERATIONS = 4096,   /* RFC 7677 4: fewer make a caught exchange cheap to search */
    SCRAM_MOST_ITERATIONS = 1000000, /* about a third of a second; more is a server that wants our time */
    SCRAM_MESSAGE = 4096,            /* bytes of one message */
};

typedef struct scram_client {
    buf first;      /* client-first-message-bare */
    buf nonce;      /* ours */
    buf bound;      /* gs2-header and channel binding data */
    buf transcript; /* AuthMessage */
    unsigned char server_signature[32];
} scram_client;

void scram_client_init(scram_client *s);
void scram_client_wipe(scram_client *s);

/* Appends the client-first-message. gs2: the header, "n,,", "y,,", or "p=tls-exporter,," with the channel's data in
 * `binding`. nonce: printable ASCII without comma. */
err scram_client_first(scram_client *s, str gs2, str binding, str user, str nonce, buf *out) MUST_USE;
/* Reads the server-first-message, appends the client-final-message. ERR_PEER/ERR_SYNTAX, ERR_LIMIT (iterations), or
 * ERR_PERM/ERR_SYNTAX for a password that SASLprep forbids. Slow. */
err scram_client_final(scram_client *s, str server_first, str password, buf *out) MUST_USE;
/* Whether the server-final-message proves that the server knows the password too. */
bool scram_client_verify(const scram_client *s, str server_final);

#endif
