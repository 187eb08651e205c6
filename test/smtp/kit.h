/* A real server for the tests of sessions: the house of test/mail, loops in this process, a listener on
 * loopback; and a client that says and expects. Everything here ends the test when it fails. */
#ifndef GODWIT_TEST_SMTP_KIT_H
#define GODWIT_TEST_SMTP_KIT_H

#include "../mail/house.h"
#include "../net/check.h"
#include "../net/peer.h"
#include "smtp/smtp.h"

typedef struct kit {
    house house; /* the store and the people in it */
    auth *auth;
    smtp_config config; /* may be changed between kit_init and kit_open */
    smtp_service service;
    listener_config listening;
    tls_server *tls;
    listener *listener;
} kit;

void kit_init(kit *k, smtp_role role);
void kit_open(kit *k); /* starts listening */
void kit_free(kit *k);

int kit_loops_start(void **state); /* group setup */
int kit_loops_stop(void **state);

/* ---- the client ---- */

typedef struct caller {
    int fd;
    void *ssl;
    buf in;
    arena memory;
} caller;

caller *caller_open(kit *k);          /* connected, nothing read */
caller *caller_greeted(kit *k);       /* banner and EHLO or LHLO are done */
caller *caller_authenticated(kit *k); /* and AUTH as user@demo.test */
void caller_close(caller *c);
void caller_say(caller *c, str bytes); /* as they are */
void caller_tls(caller *c);            /* the handshake */
/* How a TLS client may leave: 0 properly, 1 a plain byte behind close_notify, 2 FIN without it, 3 RST. */
void caller_end(caller *c, int how);
str caller_reply(caller *c); /* a whole reply, its lines as they came; empty at the end */
/* The next reply begins with that (its last line, when there are several). */
#define caller_expect(c, beginning) caller_expect_at(c, beginning, __FILE__, __LINE__)
void caller_expect_at(caller *c, const char *beginning, const char *file, int line);
void caller_expect_end(caller *c);
/* Says a line (CRLF is added) and expects. */
#define caller_talk(c, text, beginning) caller_talk_at(c, text, beginning, __FILE__, __LINE__)
void caller_talk_at(caller *c, const char *text, const char *beginning, const char *file, int line);
/* MAIL, RCPT, DATA, the message (dot and all): the last reply must begin so. */
#define caller_mail(c, from, to, message, beginning) caller_mail_at(c, from, to, message, beginning, __FILE__, __LINE__)
void caller_mail_at(caller *c, const char *from, const char *to, const char *message, const char *beginning,
                    const char *file, int line);

#endif
