/* The inside of the SMTP client: what its rooms share. Included by the client files of src/smtp alone.
 *
 *     client.c           open, close, what a connection says of itself
 *     client_talk.c      commands out, replies in, each with its deadline
 *     client_hello.c     greeting, EHLO, STARTTLS
 *     client_auth.c      AUTH; client_scram.c: the arithmetic of SCRAM
 *     client_envelope.c  what MAIL and RCPT say; what a server's abilities forbid
 *     client_send.c      one transaction; client_body.c: bytes as they go over the wire
 *     client_reply.c, client_caps.c  the grammars */
#ifndef GODWIT_SMTP_CLIENT_INSIDE_H
#define GODWIT_SMTP_CLIENT_INSIDE_H

#include "base/arena.h"
#include "smtp/client.h"
#include "smtp/client_caps.h"
#include "smtp/client_reply.h"

enum {
    SMTP_BLOCK = 32 * 1024,    /* bytes of the message read, encoded and written at a time */
    SMTP_COMMANDS = 64 * 1024, /* bytes of commands gathered before they are sent */
    SMTP_WINDOW = 100,     /* commands sent ahead of their replies: both sides' buffers hold so many (RFC 2920 3.1) */
    SMTP_CHUNKS_AHEAD = 8, /* BDAT chunks sent ahead of their replies */
    SMTP_STORY = 400,      /* bytes of smtp_client_story */
    SMTP_CLIENT_MEMORY = 16 * 1024, /* names and secrets of one connection */
};

struct smtp_client {
    wire *wire;
    arena memory;              /* of the strings in config and server_name */
    smtp_client_config config; /* timeouts filled in */
    smtp_caps caps;
    smtp_reply_parse reply; /* the last one read */
    buf out;                /* commands and body not yet written; no memory at rest */
    str server_name;        /* as its EHLO answer says; peer's bytes, escaped */
    char story[SMTP_STORY];
    size_t story_n;
    uint64_t transactions;
    bool esmtp;  /* EHLO was answered (else HELO) */
    bool begun;  /* a MAIL was said that needs an RSET */
    bool broken; /* no command may follow, not even QUIT */
};

/* ---- client_talk.c ---- */

/* Queues bytes; client_flush sends them. */
void client_add(smtp_client *c, str bytes);
err client_flush(smtp_client *c, int64_t ms) MUST_USE;
/* Reads one whole reply within ms. `stage` names what was said, for the error. caps (may be NULL) learns from an EHLO
 * answer. */
err client_reply(smtp_client *c, const char *stage, int64_t ms, smtp_caps *caps) MUST_USE;
/* One command and its reply. */
err client_ask(smtp_client *c, str command, const char *stage, int64_t ms) MUST_USE;
/* The last reply as a value; text in the arena. */
smtp_reply client_said(const smtp_client *c, arena *a);
/* A reply of our own making, for what was never asked. text is static or in the arena. */
smtp_reply client_own_reply(unsigned code, const char *status, str text);
static inline unsigned client_class(const smtp_client *c) { return c->reply.code / 100; }

/* ---- client_hello.c, client_auth.c ---- */

/* Greeting, EHLO, STARTTLS and AUTH as the configuration wants. */
err client_greet(smtp_client *c) MUST_USE;
err client_auth(smtp_client *c) MUST_USE;

/* ---- client_envelope.c ---- */

typedef struct client_plan { /* how this message goes to this server */
    str sender;              /* as MAIL says it */
    str *addresses;          /* as RCPT says them; p == NULL: refused here */
    bool *live;              /* still to be asked; later: taken by the server */
    size_t live_n;
    bool utf8, bdat, pipelined;
} client_plan;

/* Fills the plan, and the reply of each recipient that this server cannot be given (RFC 6531 3.2, RFC 3030 3, RFC
 * 1870 6.1). */
err client_plan_make(smtp_client *c, smtp_transaction *t, arena *a, client_plan *plan) MUST_USE;
void client_add_mail(smtp_client *c, const smtp_transaction *t, const client_plan *plan);
void client_add_rcpt(smtp_client *c, const smtp_rcpt *rcpt, str address, const client_plan *plan);

#endif
