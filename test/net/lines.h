/* A session for tests: says "hello", answers each line with the line and "!", and obeys some words:
 * quit, abort, tls, peer, local, info, sleep MS, deadline MS, big BYTES, binding TYPE, hold (takes no input any more),
 * over (writes more than a connection may queue), waker (puts a waker into lines_waker). */
#ifndef GODWIT_TEST_NET_LINES_H
#define GODWIT_TEST_NET_LINES_H

#include <stdatomic.h>

#include "net/conn.h"

extern struct lines_counts {
    atomic_size_t opened, closed, woken, expired, drained, inputs;
} lines_counts;

extern tls_server *lines_tls; /* of the word tls */
extern waker *lines_waker;
extern bool lines_refuse; /* open answers NULL */
extern const conn_ops lines_ops;

/* Plain, no limits, "busy". The counts begin anew. */
listener_config lines_config(void);
void lines_goodbye(void *session); /* for listener_each */

#endif
