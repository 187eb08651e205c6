/* A mail server that does as it is told: for tests of the client and the relay. A listener on a free port of loopback,
 * a thread a connection, blocking sockets. Everything it was told and given is kept; whatever goes wrong inside ends
 * the test. */
#ifndef GODWIT_TEST_SMTP_CLIENT_SINK_H
#define GODWIT_TEST_SMTP_CLIENT_SINK_H

#include "base/buf.h"

enum { SINK_REPLIES = 8, SINK_RCPTS = 2000 };

typedef enum sink_stage {
    SINK_NEVER,
    SINK_CONNECT,
    SINK_EHLO,
    SINK_STARTTLS,
    SINK_MAIL,
    SINK_RCPT,
    SINK_DATA,
    SINK_MIDDLE, /* of the message */
    SINK_END,    /* after the final dot or the last chunk, before the answer */
    SINK_QUIT,
} sink_stage;

typedef struct sink_reply {
    const char *part; /* of the command line */
    const char *reply;
} sink_reply;

/* Replies are without CRLF at their end; several lines are divided by "\r\n". NULL is the usual one. */
typedef struct sink_script {
    const char *greeting, *ehlo_refused, *mail, *data, *end, *bdat, *rset;
    const char *keywords;          /* of the EHLO answer, divided by '\n' */
    const char *name;              /* in the EHLO answer: "sink.test" */
    sink_reply rcpt[SINK_REPLIES]; /* the first whose part is in the line; else 250 */
    sink_reply lmtp_end[SINK_REPLIES];
    bool lmtp;
    size_t most_rcpts;   /* more get 452 4.5.3; 0: no limit */
    sink_stage close_at; /* closes instead of an answer */
    size_t close_times;  /* the first so many connections; 0: always */
    sink_stage slow_at;  /* waits before its answer */
    int slow_ms;
    size_t messages_each; /* closes after so many of one connection; 0: no limit */
    bool tls_broken;      /* garbage instead of a handshake */
    bool tls_injects;     /* says one reply too many in clear behind the 220 of STARTTLS */
    bool tls_first;
    const char *tls_host;        /* whose certificate it shows: "sink.test" */
    const char *user, *password; /* for AUTH; SCRAM by keywords */
    bool scram_lies;             /* says 235 without knowing the password */
} sink_script;

typedef struct sink_message {
    size_t connection; /* 1 for the first */
    bool tls, bdat;
    char *mail;              /* the command line */
    char *rcpts[SINK_RCPTS]; /* of those taken */
    size_t rcpts_n;
    char *raw; /* as it came: dots and all; of BDAT the chunks */
    size_t raw_n;
    size_t chunks;
} sink_message;

typedef struct sink sink;
sink *sink_start(const sink_script *script);
/* On a certain address, such as "127.0.0.2", and port, 0 for any. */
sink *sink_start_at(const sink_script *script, const char *ip, uint16_t port);
void sink_stop(sink *s);
uint16_t sink_port(const sink *s);
size_t sink_connections(sink *s);
size_t sink_messages(sink *s);                          /* taken with 2yz so far */
const sink_message *sink_message_at(sink *s, size_t i); /* 0 first; lives until sink_stop */
size_t sink_said(sink *s, const char *part);            /* lines it was sent with that in them */
char *sink_log(sink *s);                                /* all lines it was sent; free it */
/* The message as its reader sees it: dots taken out of raw. free it. */
char *sink_text(const sink_message *m);

#endif
