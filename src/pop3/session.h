/* A POP3 session, for the files of this folder. Runs as events of a connection: in fibers, one at a time. */
#ifndef GODWIT_POP3_SESSION_H
#define GODWIT_POP3_SESSION_H

#include "pop3/grammar.h"
#include "pop3/maildrop.h"
#include "pop3/pop3.h"

/* Queued bytes below which more is sent. With a step of 32 KB of nothing but dots LIMIT_CONN_OUT still holds. */
enum { POP3_REFILL_BELOW = LIMIT_CONN_OUT / 4 };

typedef enum pop3_state {
    POP3_AUTHORIZATION, /* RFC 1939 4 */
    POP3_SASL,          /* in the dialogue of AUTH */
    POP3_TRANSACTION,   /* RFC 1939 5 */
    POP3_SENDING,       /* a long answer is on its way; commands wait */
    POP3_ENDED,
    POP3_STATES
} pop3_state;

/* A long answer: where it is. */
typedef struct pop3_cursor {
    enum { CURSOR_SIZES, CURSOR_UIDS, CURSOR_BODY } kind;
    size_t at; /* LIST, UIDL: index of the next message */
    const maildrop_message *message;
    uint64_t offset; /* of its next byte */
    pop3_body body;
} pop3_cursor;

typedef struct pop3 {
    conn *c;
    const pop3_service *service;
    pop3_state state;
    uint64_t errors;
    str user; /* given by USER; owned */
    sasl *sasl;
    maildrop *drop;  /* once logged in */
    int64_t account; /* for the log */
    pop3_cursor cursor;
    uint64_t retrieved, removed;
} pop3;

/* session.c */
void pop3_enter(pop3 *s, pop3_state next);
void pop3_say(pop3 *s, const char *format, ...) __attribute__((format(printf, 2, 3))); /* one line, without its CRLF */
void pop3_refuse(pop3 *s, const char *code, const char *text); /* -ERR; code (RFC 2449 8) may be "" */
void pop3_refuse_err(pop3 *s, const err *e);                   /* -ERR as the store or auth said */
void pop3_bad(pop3 *s, const char *code, const char *text);    /* -ERR, counted: the client's mistake */
void pop3_bad_err(pop3 *s, const err *e);
void pop3_end(pop3 *s); /* closes once all is sent */

/* command.c: one line of a client */
void pop3_command(pop3 *s, str line);

/* login.c: the commands of the AUTHORIZATION state */
void pop3_user(pop3 *s, str argument);
void pop3_pass(pop3 *s, str argument);
void pop3_auth(pop3 *s, str argument);
void pop3_stls(pop3 *s, str argument);
void pop3_capa(pop3 *s, str argument);
void pop3_sasl_line(pop3 *s, str line); /* NULL slice: the line was too long */
void pop3_forget_user(pop3 *s);

/* answer.c: the long answers */
void pop3_list(pop3 *s, str argument);
void pop3_uidl(pop3 *s, str argument);
void pop3_retr(pop3 *s, str argument);
void pop3_top(pop3 *s, str argument);
void pop3_pump(pop3 *s); /* goes on sending, as far as the client takes it */

#endif
