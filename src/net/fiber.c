/* Starting, switching, parking and waking of fibers. */
#include <stdatomic.h>
#include <uv.h>

#include "base/limits.h"
#include "net/fiber_private.h"
#include "net/sanitizer.h"

/* Boost.Context: two C functions without run time. A jump answers who jumped here, and its word. */
typedef struct transfer {
    void *from, *word;
} transfer;
extern void *make_fcontext(void *stack_top, size_t size, void (*entry)(transfer t));
extern transfer jump_fcontext(void *to, void *word);

static atomic_size_t running_n;

fiber *fiber_self(void) {
    loop *l = loop_current();
    return l ? l->running : NULL;
}

size_t fiber_count(void) { return atomic_load(&running_n); }

/* ---- the two switches ---- */

/* Continues f until it parks or ends. The caller is the loop, or another fiber that starts f. */
static void switch_to(loop *l, fiber *f) {
    void *fake_stack = NULL;
    f->resumer = l->running;
    l->running = f;
    f->tsan_back = sanitizer_thread_self();
    sanitizer_leave(&fake_stack, f->stack_low, f->stack_size);
    sanitizer_thread_switch(f->tsan);
    void *to = f->context;
    f->context = NULL;
    transfer t = jump_fcontext(to, f);
    sanitizer_arrive(fake_stack, NULL, NULL);
    f->context = t.from;
    l->running = f->resumer;
    if (!f->ended)
        return;
    sanitizer_thread_free(f->tsan);
    *(f->live_prev ? &f->live_prev->live_next : &l->live) = f->live_next;
    if (f->live_next)
        f->live_next->live_prev = f->live_prev;
    fiber_stack_give(l, f);
    atomic_fetch_sub(&running_n, 1);
}

/* Back to who resumed it. An ending fiber saves no fake stack: that tells AddressSanitizer to free it. */
static void switch_back(fiber *self) {
    sanitizer_leave(self->ended ? NULL : &self->fake_stack, self->back_low, self->back_size);
    sanitizer_thread_switch(self->tsan_back);
    transfer t = jump_fcontext(self->back, NULL);
    sanitizer_arrive(self->fake_stack, &self->back_low, &self->back_size);
    self->back = t.from;
}

static void entry(transfer t) {
    fiber *self = t.word;
    sanitizer_arrive(NULL, &self->back_low, &self->back_size);
    self->back = t.from;
    self->fn(self->arg);
    self->ended = true;
    switch_back(self);
    assert_failed("an ended fiber stays ended", __FILE__, __LINE__);
}

/* ---- life ---- */

err fiber_start(const char *name, void (*fn)(void *arg), void *arg) {
    loop *l = loop_current();
    ASSERT(l);
    fiber *f = NULL;
    if (atomic_fetch_add(&running_n, 1) < LIMIT_FIBERS)
        f = fiber_stack_take(l);
    if (!f) {
        atomic_fetch_sub(&running_n, 1);
        return err_make(ERR_TEMP, ERR_LIMIT, "too much work in progress", "no fiber for %s", name);
    }
    *f = (fiber){.name = name, .home = l, .fn = fn, .arg = arg, .stack_low = f->stack_low, .stack_size = f->stack_size};
    f->live_next = l->live;
    if (l->live)
        l->live->live_prev = f;
    l->live = f;
    f->tsan = sanitizer_thread_new();
    f->context = make_fcontext(f->stack_low + f->stack_size, f->stack_size, entry);
    switch_to(l, f);
    return OK;
}

static void timed_out(timer *t) {
    fiber *f = (fiber *)((char *)t - offsetof(fiber, timer));
    fiber_ready(f, FIBER_TIMED_OUT);
}

fiber_wake fiber_park(const deadline *until, bool interruptible) {
    fiber *self = fiber_self();
    ASSERT(self);
    if (interruptible && self->home->stopping)
        return FIBER_STOPPED;
    if (until)
        timer_set(&self->timer, *until, timed_out);
    self->parked = true;
    self->interruptible = interruptible;
    switch_back(self);
    return self->wake;
}

void fiber_ready(fiber *f, fiber_wake why) {
    if (!f->parked)
        return;
    f->parked = false;
    f->wake = why;
    timer_clear(&f->timer);
    if (f->waits_in)
        fiber_queue_remove(f->waits_in, f);
    if (!f->home->ready.first)
        loop_run_ready_soon(f->home);
    fiber_queue_add(&f->home->ready, f);
}

/* A snapshot: what becomes ready meanwhile waits for the next turn, so that input is looked at in between. */
void fibers_run_ready(loop *l) {
    fiber *last = l->ready.last, *f = NULL;
    while (f != last && (f = fiber_queue_take(&l->ready)))
        switch_to(l, f);
}

void fibers_stop(loop *l) {
    for (fiber *f = l->live; f; f = f->live_next)
        if (f->interruptible)
            fiber_ready(f, FIBER_STOPPED);
}

err fiber_sleep(deadline until) {
    if (fiber_park(&until, true) == FIBER_STOPPED)
        return err_make(ERR_TEMP, ERR_CLOSED, "shutting down", "the loop stops");
    return OK;
}

void fiber_yield(void) {
    fiber *self = fiber_self();
    ASSERT(self);
    self->parked = true;
    self->interruptible = false;
    fiber_ready(self, FIBER_WOKEN);
    switch_back(self);
}

/* ---- queues ---- */

void fiber_queue_add(fiber_queue *q, fiber *f) {
    f->waits_in = q;
    f->next = NULL;
    f->prev = q->last;
    *(q->last ? &q->last->next : &q->first) = f;
    q->last = f;
}

void fiber_queue_remove(fiber_queue *q, fiber *f) {
    *(f->prev ? &f->prev->next : &q->first) = f->next;
    *(f->next ? &f->next->prev : &q->last) = f->prev;
    f->next = f->prev = NULL;
    f->waits_in = NULL;
}

fiber *fiber_queue_take(fiber_queue *q) {
    fiber *f = q->first;
    if (f)
        fiber_queue_remove(q, f);
    return f;
}
