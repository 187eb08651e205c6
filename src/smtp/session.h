/* One SMTP connection: its states, its commands, what it keeps. Private to src/smtp's server files.
 *
 * Runs on the connection's loop in the fiber of its event, one at a time (net/conn.h). At rest it holds this struct and
 * its HELO name; a transaction is allocated from MAIL to its end, a SASL exchange while it runs. */
#ifndef GODWIT_SMTP_SESSION_H
#define GODWIT_SMTP_SESSION_H

#include "mail/spool.h"
#include "smtp/data.h"
#include "smtp/grammar.h"
#include "smtp/policy.h"
#include "smtp/reply.h"
#include "smtp/smtp.h"

/* One bit each, so that a command can name all those it is allowed in. */
typedef enum smtp_state {
    SMTP_FRESH = 1,  /* no greeting yet, or none since STARTTLS */
    SMTP_READY = 2,  /* greeted, no transaction */
    SMTP_MAIL = 4,   /* MAIL was accepted */
    SMTP_RCPT = 8,   /* and at least one RCPT */
    SMTP_DATA = 16,  /* bytes are message, up to the dot */
    SMTP_CHUNK = 32, /* bytes are message, chunk_left of them */
    SMTP_BDAT = 64,  /* between two chunks of a message */
    SMTP_AUTH = 128, /* a line is an answer in a SASL exchange */
    SMTP_OVER = 256, /* said goodbye */
} smtp_state;

typedef struct smtp_inbound {
    arena memory;
    mail_envelope envelope;
    size_t recipients_cap;
    smtp_body body;
    spool spool;
    smtp_data data;
    smtp_line_ends ends;
    bool collecting;
} smtp_inbound;

typedef struct smtp_session {
    conn *conn;
    const smtp_service *service;
    const smtp_policy *policy;
    smtp_state state;
    unsigned hello;   /* SMTP_HELLO_ of the last greeting */
    bool trusted;     /* the client's network may relay */
    bool tainted;     /* the line at hand began before a bare LF: it is refused whatever it says */
    bool skipping;    /* the rest of an over-long line is thrown away */
    bool name_asked;  /* the reverse lookup was made */
    bool handshaking; /* STARTTLS was answered in this event: what follows it is not ours to read */
    bool chunk_last;
    uint32_t errors, junk;
    uint64_t transactions;
    int64_t due_ms;        /* monotonic: what conn_deadline was set to */
    int64_t body_until_ms; /* monotonic: when the whole message, or what is thrown away of one, must have come */
    str helo;              /* owned */
    str client_name;       /* owned: verified reverse name, "" */
    auth_user *user;       /* owned: who authenticated, or NULL */
    sasl *sasl;            /* owned: SMTP_AUTH */
    smtp_inbound *tx;      /* owned: from MAIL on */
    uint64_t chunk_left;   /* SMTP_CHUNK */
    const struct smtp_refusal *chunk_refusal; /* why the chunk at hand is thrown away, or NULL */
    smtp_state chunk_after;                   /* the state behind a chunk thrown away */
} smtp_session;

/* ---- session.c ---- */

void smtp_move(smtp_session *s, smtp_state to); /* asserts that the table allows it */
void smtp_wait_ms(smtp_session *s, int64_t ms); /* the deadline of what must come next */
void smtp_close(smtp_session *s);               /* after what was said */
/* Forgets the transaction: the state is READY then, or FRESH before a greeting. */
void smtp_reset(smtp_session *s);
uint64_t smtp_line_most(const smtp_session *s);

/* ---- peer.c ---- */

bool smtp_peer_trusted(const smtp_service *service, const addr *peer);
void smtp_peer_name(smtp_session *s); /* finds client_name when that is asked for; once */
mail_trace smtp_trace(const smtp_session *s, arena *a);

/* ---- transaction.c ---- */

smtp_inbound *smtp_inbound_new(const smtp_session *s, const addr_spec *sender, const smtp_mail_params *p);
void smtp_inbound_free(smtp_inbound *t); /* NULL-safe */
/* A place for one more recipient, or NULL when there is none; it counts from smtp_inbound_keep on. */
mail_recipient *smtp_inbound_room(smtp_inbound *t);
void smtp_inbound_keep(smtp_inbound *t);
/* Before the first byte of the message; later calls do nothing. */
void smtp_collect_begin(smtp_session *s);
void smtp_collect(smtp_session *s, str piece);
/* Moves the deadline for what is left; ends the session when the whole took too long. */
void smtp_collect_wait(smtp_session *s);
/* What is known already to refuse the message for. */
bool smtp_collect_broken(smtp_session *s, err *why);
void smtp_message_end(smtp_session *s); /* accepts, replies, ends the transaction */

/* ---- commands (cmd_*.c): each replies ---- */

typedef struct smtp_command {
    const char *verb;
    unsigned states; /* in which it is allowed; elsewhere 503 5.5.1 */
    bool junk;       /* does nothing for mail: counted against max_junk */
    void (*run)(smtp_session *s, str verb, str args);
    const char *help;
} smtp_command;

extern const smtp_command smtp_commands[];
extern const size_t smtp_commands_n;

void smtp_cmd_hello(smtp_session *s, str verb, str args);
void smtp_cmd_starttls(smtp_session *s, str verb, str args);
void smtp_cmd_auth(smtp_session *s, str verb, str args);
void smtp_auth_line(smtp_session *s, str line); /* in state SMTP_AUTH */
void smtp_auth_end(smtp_session *s);            /* forgets an exchange; state READY */
void smtp_cmd_mail(smtp_session *s, str verb, str args);
void smtp_cmd_rcpt(smtp_session *s, str verb, str args);
void smtp_cmd_data(smtp_session *s, str verb, str args);
size_t smtp_data_input(smtp_session *s, str in); /* in state SMTP_DATA */
void smtp_cmd_bdat(smtp_session *s, str verb, str args);
size_t smtp_chunk_input(smtp_session *s, str in); /* in state SMTP_CHUNK */
void smtp_cmd_rset(smtp_session *s, str verb, str args);
void smtp_cmd_noop(smtp_session *s, str verb, str args);
void smtp_cmd_vrfy(smtp_session *s, str verb, str args);
void smtp_cmd_expn(smtp_session *s, str verb, str args);
void smtp_cmd_help(smtp_session *s, str verb, str args);
void smtp_cmd_quit(smtp_session *s, str verb, str args);

#endif
