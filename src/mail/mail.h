/* The mail rules, free of protocol: who may send to whom, where a recipient goes, what accepting means.
 *
 * SMTP, LMTP, `godwit send` and later REST all enter by mail_accept: the one door. Called in fibers (waits for the
 * store) or plain threads. */
#ifndef GODWIT_MAIL_MAIL_H
#define GODWIT_MAIL_MAIL_H

#include "mime/address.h"
#include "net/addr.h"
#include "store/store.h"

typedef struct mail_config {
    str host;                 /* our name: Received, Message-ID, DSNs */
    str detail_separators;    /* "+" */
    int64_t queue_lifetime_s; /* after which a message bounces */
    uint64_t max_hops;        /* Received fields */
    bool hold;                /* everything accepted for relay is held (a switch for maintenance and tests) */
    const str *forced_route;  /* reserved for routes of app: NULL */
} mail_config;

typedef struct mail {
    store *store;
    mail_config config;
} mail;

/* Where a recipient goes, decided at RCPT. */
typedef enum mail_way {
    MAIL_LOCAL, /* into an account and/or on to forwards */
    MAIL_RELAY, /* to another server */
} mail_way;

typedef struct mail_recipient {
    addr_spec spec;
    str address;     /* as given, printed form */
    str key;         /* address_key form */
    str original;    /* ORCPT as "type;address", decoded (no xtext), "" */
    unsigned notify; /* NOTIFY_ bits of store.h */
    mail_way way;
    store_address target; /* MAIL_LOCAL */
    str detail;
    err result; /* after mail_accept: what became of this recipient; LMTP says it to the client */
} mail_recipient;

typedef struct mail_sender_rights {
    bool may_relay; /* authenticated, or from a trusted network */
} mail_sender_rights;

/* Decides one recipient. ERR_PEER/ERR_NOT_FOUND: no such user; ERR_PEER/ERR_DENIED: relaying denied;
 * ERR_PEER/ERR_CLOSED: the account is disabled; ERR_PEER/ERR_OVER_QUOTA and ERR_TEMP as they come. `spec` with an empty
 * domain (postmaster) is our own postmaster, and postmaster of any domain of ours is always accepted (RFC 5321 4.5.1):
 * see route.c for who gets it. Fills out (in the arena; its slices may point into `spec`). */
err mail_route(mail *m, const mail_sender_rights *rights, const addr_spec *spec, arena *a,
               mail_recipient *out) MUST_USE;

/* May this account name that reverse path? Its own addresses (with details and catch-alls) and the null path.
 * ERR_PEER/ERR_DENIED when not. */
err mail_may_send_as(mail *m, int64_t account, const addr_spec *sender, arena *a) MUST_USE;

/* Where a message came from, for its Received field and the log. */
typedef struct mail_trace {
    const addr *client; /* NULL: local submission */
    str client_name;    /* verified reverse name, "" unknown */
    str helo;
    str protocol; /* RFC 3848: ESMTPSA, LMTP, UTF8SMTPS ... */
    str tls;      /* "TLSv1.3 TLS_AES_256_GCM_SHA384", "" */
    str account;  /* authenticated as, "" */
    str listener;
} mail_trace;

typedef struct mail_envelope {
    char id[32]; /* the queue id, made by mail_begin */
    str sender;  /* printed reverse path, "" null */
    str envid;   /* decoded (no xtext), "" */
    bool ret_headers, smtputf8, binary;
    int64_t submitter; /* account id, 0 */
    bool submission;   /* from our own user: missing Date and Message-ID are added, Bcc removed (RFC 6409 8) */
    /* LMTP: the client hears of every recipient by itself, so that no notice is due for those that fail. */
    bool each_answered;
    /* Bytes before `raw` that mail_accept may overwrite, and then raw too (spool_headroom); 0: raw is read only. */
    size_t headroom;
    mail_recipient *recipients;
    size_t recipients_n;
} mail_envelope;

void mail_begin(mail_envelope *e); /* gives it its id */

/* Checks (loops, header sanity), adds Received and Return-Path, expands forwards (with loop protection: at most 10
 * levels, duplicates folded), and stores: one transaction. OK: committed; say 250. Each recipient's result tells its
 * own fate (for LMTP); for SMTP, when some locals failed after others were stored, OK is answered and a bounce for them
 * is stored right after, as is a success notice that was asked for. When every recipient failed the first one's error
 * is answered and nothing was stored. ERR_PEER/ERR_SYNTAX: the message is malformed; ERR_PEER/ERR_LIMIT: a header too
 * large; ERR_PEER/ERR_CONFLICT: a loop (hops, forwards). `who`: ROLE_DELIVER, or an account that is the submitter. */
err mail_accept(mail *m, const principal *who, mail_envelope *e, const mail_trace *t, str raw, arena *a) MUST_USE;

/* The enhanced status code (RFC 3463) of what mail_route, mail_may_send_as and mail_accept answer: "5.1.1". Static;
 * "2.0.0" for OK. */
const char *mail_status(const err *e);

/* Makes the notice (DSN) for queue entries that failed, are late, or succeeded (RFC 3461, 3464): in mail/bounce.h. */

#endif
