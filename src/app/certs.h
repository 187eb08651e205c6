/* Certificates and secrets from the operator's files, read while the process still may. Plain threads. */
#ifndef GODWIT_APP_CERTS_H
#define GODWIT_APP_CERTS_H

#include "app/config.h"
#include "net/tls.h"

typedef struct certs {
    tls_pair *pairs;
    size_t n;
    bool self_signed;       /* no certificate is configured: ours is made in the data directory */
    str smarthost_password; /* "" without */
    str secret;             /* of this installation, random, kept in the data directory */
    arena memory;
} certs;

/* Reads everything; an error's log text names file and fault. certs_free wipes in either case. */
err certs_load(certs *out, const config *c) MUST_USE;
void certs_free(certs *c);

#endif
