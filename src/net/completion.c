/* Completions: one waiter, one signal, across threads.
 *
 * The state is the only thing both sides touch at the same time. A signaller exchanges it once and reads `waiter` and
 * `home` only when somebody was waiting: then the waiter cannot leave before the signal has reached it. */
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "net/fiber_private.h"

enum { IDLE, FIBER_WAITS, THREAD_WAITS, DONE };

/* Threads wait on a condition chosen by the completion's address, because the completion itself may be gone when the
 * signaller comes to wake its waiter. */
enum { ROOMS = 16 };
static struct room {
    pthread_mutex_t lock;
    pthread_cond_t changed;
} rooms[ROOMS];
static pthread_once_t rooms_once = PTHREAD_ONCE_INIT;

static void rooms_init(void) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (size_t i = 0; i < ROOMS; i++) {
        pthread_mutex_init(&rooms[i].lock, NULL);
        pthread_cond_init(&rooms[i].changed, &attr);
    }
    pthread_condattr_destroy(&attr);
}

static struct room *room_of(const completion *c) {
    pthread_once(&rooms_once, rooms_init);
    uint64_t mixed =
        (uint64_t)(uintptr_t)c * UINT64_C(0x9E3779B97F4A7C15); /* stacks of threads differ in high bits only */
    return &rooms[mixed >> 32 & (ROOMS - 1)];
}

static void wake_room(struct room *r) {
    pthread_mutex_lock(&r->lock);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

void completion_kick(void) {
    pthread_once(&rooms_once, rooms_init);
    for (size_t i = 0; i < ROOMS; i++)
        wake_room(&rooms[i]);
}

void completion_init(completion *c) { *c = (completion){0}; }

static void wake_fiber(void *arg) {
    fiber *f = arg;
    f->signalled = true;
    fiber_ready(f, FIBER_WOKEN);
}

void completion_signal(completion *c) {
    struct room *r = room_of(c);
    int before = atomic_exchange(&c->state, DONE);
    ASSERT(before != DONE);
    if (before == FIBER_WAITS) {
        fiber *f = c->waiter;
        if (c->home == loop_current())
            wake_fiber(f);
        else
            loop_post(c->home, wake_fiber, f);
    } else if (before == THREAD_WAITS) {
        wake_room(r);
    }
}

static err not_yet(fiber_wake why) {
    if (why == FIBER_STOPPED)
        return err_make(ERR_TEMP, ERR_CLOSED, "shutting down", "the loop stops");
    return err_make(ERR_TEMP, ERR_TIMEOUT, "timed out", "deadline passed");
}

static err wait_in_fiber(completion *c, fiber *self, const deadline *until) {
    c->waiter = self;
    c->home = self->home;
    self->signalled = false;
    int expected = IDLE;
    if (!atomic_compare_exchange_strong(&c->state, &expected, FIBER_WAITS))
        return OK;
    for (;;) {
        fiber_wake why = fiber_park(until, until != NULL);
        if (self->signalled)
            return OK;
        expected = FIBER_WAITS;
        if (atomic_compare_exchange_strong(&c->state, &expected, IDLE))
            return not_yet(why);
        until = NULL; /* the signal is on its way to us; leaving before it arrives would let it wake a stranger */
    }
}

/* CLOCK_MONOTONIC, so many milliseconds from now: what pthreads want for a deadline on our own clock. */
static struct timespec point_in(int64_t ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static err wait_in_thread(completion *c, const deadline *until) {
    struct room *r = room_of(c);
    err e = OK;
    pthread_mutex_lock(&r->lock);
    int expected = IDLE;
    atomic_compare_exchange_strong(&c->state, &expected, THREAD_WAITS);
    while (atomic_load(&c->state) != DONE) {
        if (!until) {
            pthread_cond_wait(&r->changed, &r->lock);
            continue;
        }
        int64_t left = deadline_left(*until);
        expected = THREAD_WAITS;
        if (left == 0 && atomic_compare_exchange_strong(&c->state, &expected, IDLE)) {
            e = not_yet(FIBER_TIMED_OUT);
            break;
        }
        struct timespec at = point_in(left);
        pthread_cond_timedwait(&r->changed, &r->lock, &at);
    }
    pthread_mutex_unlock(&r->lock);
    return e;
}

static err wait_for(completion *c, const deadline *until) {
    if (atomic_load(&c->state) == DONE)
        return OK;
    fiber *self = fiber_self();
    if (self)
        return wait_in_fiber(c, self, until);
    ASSERT(!loop_current()); /* a callback of the loop may not wait: it would stop everybody */
    return wait_in_thread(c, until);
}

err completion_wait(completion *c, deadline until) { return wait_for(c, &until); }

void completion_wait_done(completion *c) {
    err e = wait_for(c, NULL);
    ASSERT(!failed(e));
}
