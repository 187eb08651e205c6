/* An SMTP or LMTP client for fibers: one connection, many transactions. Called by relay (and later by routes and
 * plugins).
 *
 * A client belongs to the loop and, at any time, to the one fiber that uses it. The configuration's strings are copied;
 * its tls_client must outlive the client. A time of 0 takes RFC 5321 4.5.3.2's. Errors of smtp_client_open: ERR_PERM
 * when the server refused the session with 5yz (`said`), ERR_TEMP otherwise, with ERR_TLS when TLS failed and
 * ERR_DENIED when the login did. */
#ifndef GODWIT_SMTP_CLIENT_H
#define GODWIT_SMTP_CLIENT_H

#include "base/time.h"
#include "net/wire.h"

typedef struct smtp_client smtp_client;

typedef struct smtp_client_config {
    str helo;
    bool lmtp;
    enum { CLIENT_TLS_NONE, CLIENT_TLS_TRY, CLIENT_TLS_MUST, CLIENT_TLS_IMPLICIT } tls_mode;
    tls_verify verify;
    tls_client *tls;
    str name;           /* for SNI and verification: the MX or smarthost name */
    str user, password; /* "" without AUTH */
    int64_t connect_ms, banner_ms, helo_ms, command_ms, data_start_ms, data_block_ms, data_end_ms,
        quit_ms; /* RFC 5321 4.5.3.2 */
} smtp_client_config;

typedef struct smtp_reply {
    unsigned code;   /* 0: no reply (see text) */
    char status[12]; /* enhanced, "" */
    str text;        /* all lines joined by " ", control bytes escaped, bounded; in the caller's arena */
} smtp_reply;

typedef struct smtp_rcpt {
    str address;
    str original; /* ORCPT decoded, "rfc822;bob@example.net", "" none */
    unsigned notify;
    smtp_reply reply; /* of RCPT, or for LMTP (and for all, after the data) of this recipient's delivery; text lives in
                         the arena */
} smtp_rcpt;

typedef struct smtp_transaction {
    str sender; /* "" null */
    str envid;  /* ENVID decoded, "" none */
    bool ret_headers, smtputf8, body8, binary;
    smtp_rcpt *rcpts;
    size_t rcpts_n;
    uint64_t size;
    /* Gives up to max bytes of the message from offset; empty at the end. Called in the fiber. */
    err (*read)(void *source, uint64_t offset, size_t max, str *bytes);
    void *source;
} smtp_transaction;

typedef enum smtp_outcome {
    /* Every rcpt has its final reply. */
    SMTP_ALL_SAID,
    /* Nothing was committed: another server may be tried for each rcpt whose reply is not 5yz. It is 4yz when the
     * server refused that rcpt or MAIL for now, and its code is 0 when it said nothing (`why`). */
    SMTP_NOT_SENT,
    /* Lost after the final dot, before the answer: RFC 5321 leaves it open for each rcpt with code 0. Retry later,
     * never at once elsewhere. */
    SMTP_MAYBE_SENT,
} smtp_outcome;

err smtp_client_open(smtp_client **out, const addr *to, const addr *from, const smtp_client_config *c, arena *a,
                     smtp_reply *said) MUST_USE;
smtp_outcome smtp_client_send(smtp_client *c, smtp_transaction *t, arena *a, err *why);
bool smtp_client_usable(const smtp_client *c); /* for another transaction */
str smtp_client_story(const smtp_client *c);   /* "mx1.example.net[192.0.2.1]:25 TLSv1.3 ..." for history and log */
void smtp_client_close(smtp_client *c);        /* QUIT when that costs nothing, so in a fiber; NULL-safe */
void smtp_client_abort(smtp_client *c);        /* at once, on its loop or after the loops have ended; NULL-safe */

str smtp_client_server_name(const smtp_client *c);   /* as its EHLO answer names it, escaped; "" without */
bool smtp_client_offers_dsn(const smtp_client *c);   /* then the duty to report success goes over with the message */
bool smtp_client_is_local(const smtp_client *c);     /* the server's IP address is this machine's own */
uint64_t smtp_client_rcpt_max(const smtp_client *c); /* recipients of one transaction, RFC 9422; 0: none told */
uint64_t smtp_client_transactions(const smtp_client *c); /* so far */

#endif
