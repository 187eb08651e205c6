/* The SMTP and LMTP load generator: one thread, epoll, any number of sessions that send mail as fast as it is taken.
 *
 * smtpload.c counts and reports, smtpload_conn.c moves bytes (with TLS), smtpload_talk.c is the dialogue. */
#ifndef GODWIT_BENCH_SRC_SMTPLOAD_H
#define GODWIT_BENCH_SRC_SMTPLOAD_H

#include <openssl/ssl.h>

#include "util.h"

typedef struct load {
    /* asked for */
    struct sockaddr_in server;
    long sessions, per_session, total, users, seconds_most;
    double stop_after; /* seconds; 0: only `total` ends the run */
    size_t size;
    bool pipelining, starttls, implicit, lmtp;
    const char *from, *to;
    /* made of it */
    int epoll;
    SSL_CTX *tls;
    char *body; /* shared by all messages: what follows their own header, with the final dot */
    size_t body_n;
    /* counted */
    long live, started, accepted, failed, broken, handshakes;
    bool gave_up;
    int64_t last_ns; /* of the last accepted message */
    bench_times times;
    char error[256]; /* the first one */
} load;

typedef enum talk_state {
    TALK_CONNECTING,
    TALK_GREETING,
    TALK_HELLO,
    TALK_STARTTLS,
    TALK_HANDSHAKE,
    TALK_HELLO_AGAIN,
    TALK_MAIL,
    TALK_RCPT,
    TALK_DATA,
    TALK_PIPED, /* MAIL, RCPT and DATA are under way together */
    TALK_BODY,
    TALK_QUIT,
} talk_state;

typedef struct conn {
    load *of;
    int fd; /* -1: closed for good */
    talk_state at;
    SSL *ssl;
    uint32_t events;
    char in[2048], out[1400];
    size_t in_n, out_n, out_at, body_n, body_at; /* body: of the shared one */
    int replies_due;                             /* in TALK_PIPED */
    long messages, number;                       /* sent here; of this one in the whole run */
    int64_t began_ns;
} conn;

typedef enum outcome { GO_ON, BROKEN, ENDED } outcome;

/* ---- smtpload_conn.c ---- */
void conn_open(conn *c);
void conn_close(conn *c, outcome why); /* and opens it anew while messages are left */
outcome conn_event(conn *c, uint32_t events);
outcome conn_flush(conn *c);
void conn_start_tls(conn *c);
void conn_note(conn *c, const char *what, const char *line); /* keeps the first error of the run */

/* ---- smtpload_talk.c ---- */
outcome talk_line(conn *c, const char *line); /* the last line of a reply */
outcome talk_hello(conn *c, talk_state next);
void talk_make_body(load *l);

#endif
