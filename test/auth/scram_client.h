/* The client's side of SCRAM-SHA-256, from RFC 5802 and OpenSSL alone. Tests only. */
#ifndef GODWIT_TEST_AUTH_SCRAM_CLIENT_H
#define GODWIT_TEST_AUTH_SCRAM_CLIENT_H

#include "base/buf.h"

typedef struct scram_client {
    buf gs2, bare, server_signature; /* server_signature: what "v=" must say, in base64 */
    str password;
} scram_client;

/* gs2: "n,,"; nonce: printable; name escaped. */
void scram_client_begin(scram_client *c, str gs2, str name, str password, str nonce, buf *first);
/* The final message in answer to a server-first-message. False when that cannot be read. */
bool scram_client_answer(scram_client *c, str server_first, str binding, buf *final);
bool scram_client_trusts(const scram_client *c, str server_final);
void scram_client_free(scram_client *c);

#endif
