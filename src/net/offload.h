/* Bounded thread pools for code that truly blocks.
 *
 * offload() may be called from a fiber (which waits, the loop goes on) or from any other thread (which blocks).
 * The deadline covers the wait for a thread; a job once begun is always waited for, so `arg` may live on the
 * caller's stack. */
#ifndef GODWIT_NET_OFFLOAD_H
#define GODWIT_NET_OFFLOAD_H

#include "base/err.h"
#include "base/time.h"

typedef struct offload_pool offload_pool;

/* threads >= 1. begin (may be NULL) runs in each new thread and gives its state, end takes it back. */
offload_pool *offload_pool_create(const char *name, size_t threads, void *(*begin)(void *owner),
                                  void (*end)(void *state), void *owner);
void offload_pool_destroy(offload_pool *p); /* finishes queued jobs first; NULL-safe */

/* OK when fn ran; ERR_TEMP with ERR_TIMEOUT, ERR_LIMIT or (the loop stops) ERR_CLOSED when it never began. */
err offload(offload_pool *p, void (*fn)(void *thread_state, void *arg), void *arg, deadline until) MUST_USE;

/* The shared pool for hashing, key work and files: made on first use, as many threads as cores, at least 2. */
offload_pool *offload_shared(void);
/* As many again, for work that may take as long as a client likes: logins and mail never wait behind it. */
offload_pool *offload_searches(void);

#endif
