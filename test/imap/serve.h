/* A real IMAP server on loopback, with a store in a temporary folder, and clients that block. Tests of src/imap. */
#ifndef GODWIT_TEST_IMAP_SERVE_H
#define GODWIT_TEST_IMAP_SERVE_H

#include <openssl/ssl.h>

#include "../auth/home.h"
#include "../base/check.h"
#include "imap/imap.h"

typedef struct served {
    home home;
    principal user; /* user@demo.test, whose password is "pass" */
    int64_t inbox;
    imap_service service;
    listener *listener; /* plain, with STARTTLS */
} served;

/* Passwords are taken without TLS when `lax`. Change the service before the first connection. */
void serve_start(served *s, bool lax);
void serve_stop(served *s);

/* Appends straight to the store, as a delivery would. */
uint32_t serve_append(served *s, str message);
uint32_t serve_append_to(served *s, const char *mailbox, str message, uint64_t flags);
/* n small messages, "Subject: 1" and so on. */
void serve_fill(served *s, size_t n);
store_mailbox serve_look(served *s, const char *mailbox);

typedef struct client {
    int fd;
    SSL *ssl;
    buf in;
    arena memory;
    unsigned tags; /* of client_ask */
} client;

void client_connect(client *c, served *s); /* reads the greeting */
void client_tls(client *c);
void client_log_in(client *c, served *s); /* as user@demo.test */
void client_select(client *c, served *s); /* and SELECT INBOX, its answers read */
void client_close(client *c);
void client_send(client *c, str bytes);

/* One response without its CRLF, literals in place. The NULL slice at the end. Lives as long as the client. */
str client_line(client *c);
bool client_is_silent(client *c, int ms);

/* Sends a command under a new tag, answers everything up to the tagged line, without tag: "* 1 EXISTS\r\nOK done". */
str client_ask(client *c, const char *command);
str client_askf(client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
str client_rest(client *c, str tag); /* the answer to a command sent by hand, the same way */

/* The tagged line begins with that; the whole answer, untagged and all. */
#define client_well(c, command)          client_expect((c), (command), "OK", __FILE__, __LINE__)
#define client_fails(c, command, answer) client_expect((c), (command), (answer), __FILE__, __LINE__)
str client_expect(client *c, const char *command, const char *answer, const char *file, int line);
/* The whole answer is exactly this (lines joined by "\n", the tagged line without tag). */
#define client_exactly(c, command, answer) client_compare((c), (command), (answer), __FILE__, __LINE__)
void client_compare(client *c, const char *command, const char *answer, const char *file, int line);
/* A line comes that begins so. */
#define client_says(c, beginning) client_expect_line((c), (beginning), __FILE__, __LINE__)
str client_expect_line(client *c, const char *beginning, const char *file, int line);
void client_ends(client *c); /* the server closes, having said BYE or nothing */

#endif
