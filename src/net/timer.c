/* Timers: a pairing heap per loop behind one libuv timer. */
#include "net/loop_private.h"

enum { CHILD, NEXT, PREV }; /* timer.links; PREV is the parent for a first child */

static timer *meld(timer *a, timer *b) {
    if (!a)
        return b;
    if (!b)
        return a;
    if (b->at_ms < a->at_ms) {
        timer *swap = a;
        a = b;
        b = swap;
    }
    b->links[NEXT] = a->links[CHILD];
    if (b->links[NEXT])
        b->links[NEXT]->links[PREV] = b;
    b->links[PREV] = a;
    a->links[CHILD] = b;
    return a;
}

/* Two passes over a list of siblings: pair them left to right, then meld the pairs right to left. */
static timer *meld_siblings(timer *first) {
    timer *pairs = NULL;
    while (first) {
        timer *a = first, *b = a->links[NEXT];
        first = b ? b->links[NEXT] : NULL;
        a->links[NEXT] = a->links[PREV] = NULL;
        if (b)
            b->links[NEXT] = b->links[PREV] = NULL;
        timer *pair = meld(a, b);
        pair->links[NEXT] = pairs;
        pairs = pair;
    }
    timer *root = NULL;
    while (pairs) {
        timer *next = pairs->links[NEXT];
        pairs->links[NEXT] = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void unlink_timer(loop *l, timer *t) {
    timer *below = meld_siblings(t->links[CHILD]);
    if (t == l->timers) {
        l->timers = below;
    } else {
        timer *prev = t->links[PREV], *next = t->links[NEXT];
        prev->links[prev->links[CHILD] == t ? CHILD : NEXT] = next;
        if (next)
            next->links[PREV] = prev;
        l->timers = meld(l->timers, below);
    }
    t->links[CHILD] = t->links[NEXT] = t->links[PREV] = NULL;
    t->at_ms = 0;
}

static void clock_fired(uv_timer_t *clock) {
    loop *l = clock->data;
    l->armed_at_ms = 0;
    timers_run(l);
}

/* Only an earlier deadline moves the clock: a timer that was cleared leaves it to ring once for nothing,
 * which is cheaper than moving it for every command. */
static void arm(loop *l) {
    if (!l->timers || (l->armed_at_ms && l->armed_at_ms <= l->timers->at_ms))
        return;
    l->armed_at_ms = l->timers->at_ms;
    uv_update_time(&l->uv);
    uv_timer_start(&l->clock, clock_fired, (uint64_t)deadline_left((deadline){l->armed_at_ms}), 0);
}

void timers_run(loop *l) {
    int64_t now = time_mono_ms();
    while (l->timers && l->timers->at_ms <= now) {
        timer *t = l->timers;
        unlink_timer(l, t);
        t->fn(t);
    }
    /* After a jump of a test's clock the libuv timer stands too late. */
    l->armed_at_ms = 0;
    arm(l);
}

void timer_set(timer *t, deadline at, void (*fn)(timer *t)) {
    loop *l = loop_current();
    ASSERT(l);
    timer_clear(t);
    t->at_ms = at.at_ms > 0 ? at.at_ms : 1;
    t->fn = fn;
    l->timers = meld(l->timers, t);
    arm(l);
}

void timer_clear(timer *t) {
    if (!t->at_ms)
        return;
    loop *l = loop_current();
    ASSERT(l);
    unlink_timer(l, t);
}
