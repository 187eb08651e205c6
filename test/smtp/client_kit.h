/* A client against a sink, in a fiber: what the tests of the client share. */
#ifndef GODWIT_TEST_SMTP_CLIENT_KIT_H
#define GODWIT_TEST_SMTP_CLIENT_KIT_H

#include "../net/check.h"
#include "client_sink.h"
#include "smtp/client.h"

enum { TALK_RCPTS = 1100 };

/* One connection and one or more transactions over it. Fill, then talk(); results are in it until talk_end. */
typedef struct talk {
    sink_script script;
    sink *sink;
    smtp_client_config config;
    const char *sender;
    const char *rcpts[8]; /* ended by NULL */
    size_t many;          /* instead of rcpts: rcpt0@..., so many */
    str message;
    size_t times; /* transactions; 1 when 0 */
    bool smtputf8, body8, binary, ret_headers;
    const char *envid, *original;
    unsigned notify;
    size_t read_fails_at; /* bytes after which the source fails; 0 never */

    arena memory;
    err opened;
    smtp_reply said;
    smtp_outcome outcome[4];
    err why;
    smtp_rcpt results[TALK_RCPTS]; /* of the last transaction */
    size_t results_n;
    bool usable;
    char story[512], server_name[300];
} talk;

void talk_begin(talk *t, const char *keywords); /* the sink's EHLO keywords; "" none */
void talk_run(talk *t);                         /* starts the sink unless it runs, and talks */
void talk_end(talk *t);

int client_loops_start(void **state); /* group setup */
int client_loops_stop(void **state);

#define check_text(actual, part) \
    do { \
        if (str_find_str((actual), str_c(part)) == STR_NONE) \
            check_failed(part, (check_place){__FILE__, __LINE__}, #actual); \
    } while (0)

#endif
