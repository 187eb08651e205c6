/* What the files of net/ share about a loop: its timers, its fibers, its open streams.
 *
 * Included by net/ alone, after <uv.h>. Every field belongs to the loop's thread but those under `lock`. */
#ifndef GODWIT_NET_LOOP_PRIVATE_H
#define GODWIT_NET_LOOP_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "net/fiber.h"
#include "net/loop.h"

enum { LOOP_READ_BYTES = 64 * 1024, LOOP_PLAIN_BYTES = 16 * 1024 };

typedef struct loop_post_entry {
    void (*fn)(void *arg);
    void *arg;
} loop_post_entry;

struct loop {
    uv_loop_t uv;
    uv_async_t wake;  /* something was posted */
    uv_timer_t clock; /* the earliest of our timers */
    uv_idle_t idle;   /* active while fibers are ready, so that the poll does not sleep */
    pthread_t thread;
    size_t index;

    pthread_mutex_t lock;
    loop_post_entry *posts; /* under lock, as are the next four */
    size_t posts_n, posts_cap;
    loop_post_entry *spare; /* the array that was run last, kept for reuse */
    size_t spare_cap;
    bool closed; /* its handles are gone: posts are kept, nobody is woken */

    timer *timers; /* root of a pairing heap */
    int64_t armed_at_ms;

    fiber *running;
    fiber *live;       /* all that have begun and not ended; tools/gdb/fibers.py walks it */
    fiber_queue ready; /* woken, not yet resumed */
    void *stacks;      /* free stacks, last used first (fiber_stack.c) */
    size_t stacks_n;

    struct transport *transports; /* all open streams */
    struct conn *starved;         /* connections whose event found no fiber free */
    timer starved_timer;
    char *read_bytes;  /* one read buffer for all connections of the loop */
    char *plain_bytes; /* what TLS makes of it, a record at a time */

    bool stopping;
    timer stop_tick;
};

void loop_run_ready_soon(loop *l); /* a fiber has become ready */
void timers_run(loop *l);          /* fires what is due, arms the clock for the next */

/* fiber.c */
void fibers_run_ready(loop *l);
void fibers_stop(loop *l); /* wakes every fiber that waits and may be interrupted */
void fiber_stacks_free(loop *l);

/* completion.c: threads that wait look at the clock again. */
void completion_kick(void);

/* transport.c: ends every open stream of the loop. */
void transports_abort(loop *l);

#endif
