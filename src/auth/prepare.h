/* SASLprep (RFC 4013): one form for the many ways a keyboard may send the same password.
 *
 * Called by auth/password.c in offload and plain threads. Pure; the result is a secret that prepared_wipe removes. */
#ifndef GODWIT_AUTH_PREPARE_H
#define GODWIT_AUTH_PREPARE_H

#include "base/err.h"

enum {
    PASSWORD_MOST = 1024, /* bytes of a password as typed; more is refused before any work */
    PREPARED_MOST = 4096, /* bytes of the prepared form: NFKC may lengthen */
};

typedef struct prepared {
    char *p; /* owned */
    size_t n;
} prepared;

typedef enum prepare_use {
    PREPARE_STORE, /* for keeping: refuses code points this machine's Unicode does not know yet (RFC 3454 7) */
    PREPARE_QUERY, /* for comparing */
} prepare_use;

/* ERR_PEER/ERR_SYNTAX for what may not be a password: empty, not UTF-8, control characters and the rest of the
 * prohibited tables, mixed directions. On failure nothing is owned. */
err prepare(str typed, prepare_use use, prepared *out) MUST_USE;
void prepared_wipe(prepared *p);

#define SCOPED_PREPARED __attribute__((cleanup(prepared_wipe))) prepared

#endif
