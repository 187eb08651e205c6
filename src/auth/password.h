/* Password verifiers: made, checked, used for SCRAM.
 *
 * A credential is text: "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" (RFC 5803 layout, base64), which serves
 * PLAIN and SCRAM alike; imported ones may be crypt(3) strings ("$2y$...", "$6$...", "$y$..."), which serve PLAIN only.
 * Hashing is slow on purpose: these functions are for offload or plain threads, never on a loop. */
#ifndef GODWIT_AUTH_PASSWORD_H
#define GODWIT_AUTH_PASSWORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { SCRAM_KEY = 32 };
typedef struct scram_verifier {
    uint32_t iterations;
    uint8_t salt[32];
    size_t salt_n;
    uint8_t stored_key[SCRAM_KEY], server_key[SCRAM_KEY];
} scram_verifier;

/* SASLprep (as NFKC with the prohibited table) is applied to the password; an unusable one is ERR_PEER/ERR_SYNTAX. */
err password_make(str password, uint32_t iterations, arena *a, str *credential) MUST_USE;
bool password_verify(str credential, str password); /* constant-time in the comparison; false for anything malformed */
bool password_scram(str credential, scram_verifier *out); /* false when the credential is no SCRAM verifier */
void password_print(const scram_verifier *v, buf *out);   /* and back to text */

#endif
