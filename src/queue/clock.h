/* The queue's idea of wall time. Rows hold wall seconds, and wall clocks jump: set right after a boot, moved by hand,
 * or standing still while a machine sleeps.
 *
 * The queue's clock never goes back: after a jump back it runs on from where it was, so that what was due stays due.
 * After a jump ahead it follows at once, but messages that were there before get the time back before they count as too
 * old: nobody's mail bounces because a clock was wrong. Pure but for base/time.h; on the queue's home loop only. */
#ifndef GODWIT_QUEUE_CLOCK_H
#define GODWIT_QUEUE_CLOCK_H

#include "base/time.h"

typedef struct queue_clock {
    int64_t now_ms;        /* the last answer */
    int64_t mono_ms;       /* when it was given */
    int64_t jump_before_s; /* messages from before this moment ... */
    int64_t jump_s;        /* ... may live so much longer */
} queue_clock;

void queue_clock_begin(queue_clock *c);
int64_t queue_clock_now(queue_clock *c); /* Unix seconds */
/* When a message created then really is too old. */
int64_t queue_clock_expires(const queue_clock *c, int64_t created, int64_t expires);

#endif
