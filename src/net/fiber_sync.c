/* Mutex, condition and channel between the fibers of one loop. Nothing here is atomic: one thread runs them all. */
#include <uv.h>

#include "base/mem.h"
#include "net/fiber_private.h"

static err wait_in(fiber_queue *q, deadline until) {
    fiber *self = fiber_self();
    ASSERT(self);
    if (self->home->stopping)
        return err_make(ERR_TEMP, ERR_CLOSED, "shutting down", "the loop stops");
    fiber_queue_add(q, self);
    switch (fiber_park(&until, true)) {
    case FIBER_TIMED_OUT: return err_make(ERR_TEMP, ERR_TIMEOUT, "timed out", "deadline passed");
    case FIBER_STOPPED: return err_make(ERR_TEMP, ERR_CLOSED, "shutting down", "the loop stops");
    case FIBER_WOKEN: break;
    }
    return OK;
}

err fiber_lock(fiber_mutex *m, deadline until) {
    if (m->held)
        return wait_in(&m->waiting, until); /* fiber_unlock hands it over still held */
    m->held = true;
    return OK;
}

void fiber_unlock(fiber_mutex *m) {
    ASSERT(m->held);
    if (m->waiting.first)
        fiber_ready(m->waiting.first, FIBER_WOKEN);
    else
        m->held = false;
}

err fiber_cond_wait(fiber_cond *c, deadline until) { return wait_in(&c->waiting, until); }

void fiber_cond_wake_one(fiber_cond *c) {
    if (c->waiting.first)
        fiber_ready(c->waiting.first, FIBER_WOKEN);
}

void fiber_cond_wake_all(fiber_cond *c) {
    while (c->waiting.first)
        fiber_ready(c->waiting.first, FIBER_WOKEN);
}

void fiber_chan_init(fiber_chan *c, size_t cap) {
    ASSERT(cap > 0);
    *c = (fiber_chan){.cap = cap, .items = mem_array(cap, sizeof *c->items)};
}

void fiber_chan_free(fiber_chan *c) {
    if (!c)
        return;
    ASSERT(!c->readable.waiting.first && !c->writable.waiting.first);
    free(c->items);
    *c = (fiber_chan){0};
}

err fiber_chan_send(fiber_chan *c, void *item, deadline until) {
    while (c->n == c->cap && !c->closed)
        TRY(fiber_cond_wait(&c->writable, until));
    if (c->closed)
        return err_make(ERR_TEMP, ERR_CLOSED, "closed", "channel closed");
    c->items[(c->at + c->n++) % c->cap] = item;
    fiber_cond_wake_one(&c->readable);
    return OK;
}

err fiber_chan_receive(fiber_chan *c, void **item, deadline until) {
    while (c->n == 0 && !c->closed)
        TRY(fiber_cond_wait(&c->readable, until));
    if (c->n == 0)
        return err_make(ERR_TEMP, ERR_CLOSED, "closed", "channel closed");
    *item = c->items[c->at];
    c->at = (c->at + 1) % c->cap;
    c->n--;
    fiber_cond_wake_one(&c->writable);
    return OK;
}

void fiber_chan_close(fiber_chan *c) {
    c->closed = true;
    fiber_cond_wake_all(&c->readable);
    fiber_cond_wake_all(&c->writable);
}
