#include "queue/clock.h"

enum { JUMP_MS = 60 * 1000 }; /* less is a clock that is steered, not set */

void queue_clock_begin(queue_clock *c) { *c = (queue_clock){.now_ms = time_wall_ms(), .mono_ms = time_mono_ms()}; }

int64_t queue_clock_now(queue_clock *c) {
    int64_t wall = time_wall_ms(), mono = time_mono_ms();
    int64_t expected = c->now_ms + (mono - c->mono_ms);
    if (wall >= expected + JUMP_MS) {
        c->jump_before_s = expected / 1000;
        c->jump_s += (wall - expected) / 1000;
    }
    if (wall >= c->now_ms)
        c->now_ms = wall;
    else if (c->now_ms - wall >= JUMP_MS)
        c->now_ms = expected; /* set back: do not wait for it to come round again */
    c->mono_ms = mono;
    return c->now_ms / 1000;
}

int64_t queue_clock_expires(const queue_clock *c, int64_t created, int64_t expires) {
    return created <= c->jump_before_s ? expires + c->jump_s : expires;
}
