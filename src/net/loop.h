/* Event loops: one thread each, on libuv. A connection and its fibers live on one loop for life.
 *
 * loops_start runs at start-up from the main thread; loop_post from any thread; the rest on the loop. */
#ifndef GODWIT_NET_LOOP_H
#define GODWIT_NET_LOOP_H

#include "base/err.h"
#include "base/time.h"

typedef struct loop loop;

/* Starts n loop threads (n >= 1). */
err loops_start(size_t n) MUST_USE;
size_t loops_count(void);
loop *loop_at(size_t i);
loop *loop_current(void); /* of this thread, or NULL */

/* Runs fn(arg) on that loop soon, in posting order. Any thread. */
void loop_post(loop *l, void (*fn)(void *arg), void *arg);

/* Ends: stops all loops after their present work and joins the threads. Listeners and connections must
 * have been closed before (listener_close, conn_abort); what is left is closed by force. Main thread. */
void loops_stop(void);

/* Timers, embedded in their owner; on the owner's loop only; resolution a few milliseconds. They follow
 * base/time.h, so a test that turns the clock fires them (after loop_kick). */
typedef struct timer {
    struct timer *links[3]; /* the loop's own */
    int64_t at_ms;          /* monotonic; 0 when not set */
    void (*fn)(struct timer *t);
} timer;
void timer_set(timer *t, deadline at, void (*fn)(timer *t)); /* sets or moves */
void timer_clear(timer *t);
void loop_kick(void); /* any thread: every loop looks at its clock now */

struct uv_loop_s *loop_uv(loop *l); /* for net/ only */

#endif
