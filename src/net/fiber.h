/* Fibers: straight-line code that waits, on one loop thread.
 *
 * A fiber runs until it waits or ends; nothing else on the loop runs meanwhile. Stacks are pooled, LIMIT_FIBER_STACK
 * bytes with a guard page. A fiber must not run SQLite, password hashes, getaddrinfo or anything slow: that goes
 * through offload(). Everything waited for takes a deadline. When the loop stops, every wait but completion_wait_done
 * ends with ERR_TEMP/ERR_CLOSED. */
#ifndef GODWIT_NET_FIBER_H
#define GODWIT_NET_FIBER_H

#include "base/err.h"
#include "base/time.h"

typedef struct fiber fiber;

/* Starts fn(arg) on this loop, at once, until its first wait. ERR_TEMP/ERR_LIMIT when LIMIT_FIBERS run. `name` is
 * static, for the debugger and logs. */
err fiber_start(const char *name, void (*fn)(void *arg), void *arg) MUST_USE;
fiber *fiber_self(void); /* NULL outside a fiber */
size_t fiber_count(void); /* running in the whole process */

err fiber_sleep(deadline until) MUST_USE; /* always OK at the deadline; ERR_CLOSED when the loop is stopping */
void fiber_yield(void);                   /* lets the loop do its other work */

/* One-shot event between a waiter and whoever finishes the work, on any thread. The waiter is a fiber or, outside
 * fibers, a blocked thread: code above need not know. Must outlive the signal: a waiter whose deadline passed
 * may leave only when it knows that nobody will signal any more. */
typedef struct completion {
    _Atomic int state;
    fiber *waiter;
    struct loop *home;
} completion;
void completion_init(completion *c);
void completion_signal(completion *c);                         /* any thread, once */
/* OK, or ERR_TEMP with ERR_TIMEOUT, or with ERR_CLOSED when the loop stops. It may be waited for again. */
err completion_wait(completion *c, deadline until) MUST_USE;
void completion_wait_done(completion *c); /* without deadline: for work that is known to end by its own */

/* Between fibers of one loop. FIFO. */
typedef struct fiber_queue { fiber *first, *last; } fiber_queue;
typedef struct fiber_mutex { bool held; fiber_queue waiting; } fiber_mutex;
err fiber_lock(fiber_mutex *m, deadline until) MUST_USE;
void fiber_unlock(fiber_mutex *m);
typedef struct fiber_cond { fiber_queue waiting; } fiber_cond;
err fiber_cond_wait(fiber_cond *c, deadline until) MUST_USE;
void fiber_cond_wake_one(fiber_cond *c);
void fiber_cond_wake_all(fiber_cond *c);
/* A bounded channel of pointers. */
typedef struct fiber_chan { void **items; size_t cap, n, at; bool closed; fiber_cond readable, writable; } fiber_chan;
void fiber_chan_init(fiber_chan *c, size_t cap);
void fiber_chan_free(fiber_chan *c);
err fiber_chan_send(fiber_chan *c, void *item, deadline until) MUST_USE;
/* ERR_CLOSED after close and the last item. */
err fiber_chan_receive(fiber_chan *c, void **item, deadline until) MUST_USE;
void fiber_chan_close(fiber_chan *c);

#endif
