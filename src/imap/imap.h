/* The IMAP service (RFC 9051 and 3501 with the extensions of src/imap/README.md), on net/conn. app/serve opens
 * listeners with these. */
#ifndef GODWIT_IMAP_IMAP_H
#define GODWIT_IMAP_IMAP_H

#include "auth/auth.h"
#include "net/conn.h"

typedef struct imap_service {
    store *store;
    auth *auth;
    tls_server *tls; /* for STARTTLS; NULL: not offered */
    str host;
    str version;               /* for ID */
    int64_t login_ms;          /* until the login */
    int64_t idle_ms;           /* autologout, RFC 9051 5.4: at least 30 minutes */
    int64_t idle_keepalive_ms; /* "* OK Still here" during IDLE; 0: none */
    uint64_t max_append;       /* APPENDLIMIT, bytes of a message */
    uint64_t max_line;         /* bytes of a command without its literals */
    uint64_t max_command;      /* bytes of a command with its literals, APPEND's message apart */
    uint64_t max_errors;       /* bad commands before closing */
    str spool;                 /* directory for unnamed temporary files of large APPENDs */
    uint64_t spool_least;      /* larger than this goes there */
} imap_service;

void *imap_open(void *service, conn *c);
extern const conn_ops imap_ops;
extern const str imap_busy;
/* For listener_each: "* BYE", then closes. */
void imap_goodbye(void *session);

#endif
