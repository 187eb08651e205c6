/* A real POP3 server on loopback, with a store in a temporary folder, and a client that blocks. Tests of src/pop3. */
#ifndef GODWIT_TEST_POP3_SERVE_H
#define GODWIT_TEST_POP3_SERVE_H

#include <openssl/ssl.h>

#include "../auth/home.h"
#include "pop3/pop3.h"

typedef struct served {
    home home;
    int64_t user; /* of user@demo.test, whose password is "pass" */
    pop3_service service;
    listener *plain;    /* with STLS */
    listener *implicit; /* TLS from the first byte */
} served;

/* Passwords are taken without TLS when `lax`. Change the service before the first connection. */
void serve_start(served *s, bool lax);
void serve_stop(served *s);

typedef struct client {
    int fd;
    SSL *ssl;
    buf in;
} client;

void client_connect(client *c, listener *to); /* reads the greeting */
void client_dial(client *c, listener *to);    /* does not */
void client_tls(client *c);
void client_tls_version(client *c, int most); /* TLS1_2_VERSION ... */
/* As name@demo.test with the password "pass"; waits until an earlier session, whose client is gone, has noticed. */
void client_log_in(client *c, listener *to, const char *name);
void client_quit(client *c); /* and closes: the maildrop is free by then */
void client_close(client *c);

void client_send(client *c, str bytes);
/* One line without CRLF, until the next call. The empty NULL slice at the end of the connection. */
str client_line(client *c);
/* The lines up to the final dot, unstuffed, with their CRLFs. */
str client_body(client *c, arena *a);
/* Sends one command and compares how its answer begins. */
#define client_ask(c, command, answer) client_asks((c), S(command "\r\n"), S(answer), __FILE__, __LINE__)
#define client_says(c, answer)         client_asks((c), S(""), S(answer), __FILE__, __LINE__)
void client_asks(client *c, str command, str answer, const char *file, int line);
void client_ends(client *c); /* nothing more comes, and the connection is closed */

#endif
