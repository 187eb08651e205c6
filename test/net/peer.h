/* A client as tests want it: blocking calls on the test's thread, each ending the test after ten seconds.
 * And the shortest way to a listener on a free port of loopback. */
#ifndef GODWIT_TEST_NET_PEER_H
#define GODWIT_TEST_NET_PEER_H

#include "base/buf.h"
#include "net/conn.h"

enum { PEER_SECONDS = 10 };

int peer_connect(const addr *to);
void peer_send(int fd, str s);
str peer_read(int fd, char *to, size_t n);    /* what there is, at least one byte; empty at the end */
void peer_expect(int fd, str s);              /* exactly these bytes come next */
void peer_expect_many(int fd, char c, size_t n); /* n times this byte */
void peer_expect_end(int fd);                 /* nothing comes but the end */
bool peer_is_gone(int fd);                    /* the end or a reset, whatever was said before */
bool peer_is_silent(int fd, int ms);          /* nothing comes for so long */

addr loopback(uint16_t port);
listener *peer_listen(const listener_config *config); /* one socket for each loop */

/* Waits until *value is at least n, else ends the test. */
void await_count(_Atomic size_t *value, size_t n);

#endif
