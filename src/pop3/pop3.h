/* The POP3 service (RFC 1939, 2449, 2595, 5034, 1734), on net/conn. app/serve opens listeners with these. */
#ifndef GODWIT_POP3_POP3_H
#define GODWIT_POP3_POP3_H

#include "auth/auth.h"
#include "net/conn.h"

typedef struct pop3_service {
    store *store;
    auth *auth;
    tls_server *tls;     /* for STLS; NULL: not offered */
    str host;            /* our name in the greeting */
    int64_t idle_ms;     /* autologout, RFC 1939 3: at least 10 minutes */
    int64_t login_ms;    /* until the login */
    uint64_t max_errors; /* bad commands before closing */
} pop3_service;

void *pop3_open(void *service, conn *c); /* listener_config.open */
extern const conn_ops pop3_ops;
extern const str pop3_busy; /* listener_config.busy_text */

#endif
