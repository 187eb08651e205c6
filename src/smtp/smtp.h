/* The SMTP services: MX, submission, LMTP, on net/conn. app/serve opens listeners with these. */
#ifndef GODWIT_SMTP_SMTP_H
#define GODWIT_SMTP_SMTP_H

#include "auth/auth.h"
#include "mail/mail.h"
#include "net/conn.h"

typedef enum smtp_role { SMTP_MX, SMTP_SUBMIT, SMTP_LMTP } smtp_role;

typedef struct smtp_config {   /* shared by all SMTP listeners; options of section [smtp] */
    str host;                  /* banner, EHLO answer */
    uint64_t max_size;         /* SIZE, bytes of a message */
    uint64_t max_recipients;   /* of one transaction; RFC 5321 4.5.3.1.8: at least 100 */
    uint64_t max_transactions; /* MAIL commands of a connection; announced by LIMITS (RFC 9422) */
    uint64_t max_line;         /* bytes of a command line, RFC 5321 4.5.3.1.4 and extensions: at least 2048 */
    uint64_t max_errors;       /* bad commands and refused recipients before 421 */
    uint64_t max_junk;         /* NOOP, RSET, VRFY, EHLO ... without mail between */
    int64_t command_ms;        /* RFC 5321 4.5.3.2.7: 5 minutes */
    int64_t data_ms;           /* between two blocks of data */
    int64_t data_total_ms;     /* for a whole message: ends trickles */
    int64_t greeting_ms;       /* all before the first EHLO */
    str spool;                 /* directory for large messages in transit */
    uint64_t spool_least;
    const addr_net *trusted; /* networks that may relay without authentication (MX and submission listeners) */
    size_t trusted_n;
    bool check_sender;   /* submission: MAIL FROM must be an address of the account */
    bool vrfy;           /* false: 252 always */
    bool reverse_lookup; /* PTR name, checked forward, for Received */
} smtp_config;

typedef struct smtp_service { /* one per listener */
    const smtp_config *config;
    smtp_role role;
    str listener;
    store *store;
    mail *mail;
    auth *auth;        /* AUTH, on submission alone; NULL: not offered */
    tls_server *tls;   /* for STARTTLS; NULL: not offered */
    bool require_tls;  /* MAIL without TLS is 530 */
    bool require_auth; /* submission: even from trusted networks */
} smtp_service;

void *smtp_open(void *service, conn *c);
void smtp_goodbye(void *session); /* for listener_each at shutdown: 421 and close */
extern const conn_ops smtp_ops;
extern const str smtp_busy;

#endif
