#include "queue/queue.h"

#include "base/log.h"
#include "base/mem.h"
#include "queue/inside.h"

enum { LEASE_LEAST_S = 30 };

const principal queue_rules = {.role = ROLE_DELIVER};

static void queue_free(queue *q) {
    while (q->jobs)
        job_drop(q->jobs);
    slots_free(q);
    map_free(&q->ids);
    free(q);
}

/* After queue_stop gave up, the last one out turns off the light. */
void queue_leave(queue *q) {
    if (q->abandoned && !q->fibers && !q->running)
        queue_free(q);
}

void queue_fiber_ended(queue *q) {
    if (--q->fibers == 0) {
        completion_signal(&q->stopped);
        queue_leave(q);
    }
}

/* ---- start ---- */

static void start_fibers(void *arg) {
    queue *q = arg;
    static const struct {
        const char *name;
        void (*fn)(void *arg);
    } fibers[] = {{"queue.schedule", queue_schedule}, {"queue.leases", queue_leases}, {"queue.settle", queue_settling}};
    q->fibers = sizeof fibers / sizeof *fibers;
    for (size_t i = 0; i < sizeof fibers / sizeof *fibers; i++) {
        err e = fiber_start(fibers[i].name, fibers[i].fn, q);
        ASSERT(!failed(e)); /* at start-up nothing else runs yet */
    }
}

static void kicked(void *arg) {
    queue *q = arg;
    atomic_store(&q->kicked, false);
    q->look = true;
    fiber_cond_wake_all(&q->work);
}

void queue_kick(queue *q) {
    if (!atomic_exchange(&q->kicked, true))
        loop_post(q->home, kicked, q);
}

static void watched(void *arg) { queue_kick(arg); }

static queue *queue_make(store *s, const queue_config *c, const queue_target *targets, size_t n) {
    ASSERT(n <= QUEUE_TARGETS);
    queue *q = mem_alloc(sizeof *q);
    q->store = s;
    q->config = *c;
    if (q->config.lease_s < LEASE_LEAST_S)
        q->config.lease_s = LEASE_LEAST_S;
    q->config.max_active = c->max_active ? c->max_active : 1;
    q->config.max_per_domain = c->max_per_domain ? c->max_per_domain : 1;
    memcpy(q->targets, targets, n * sizeof *targets);
    q->targets_n = n;
    q->home = loop_at(0);
    q->look = true;
    map_init(&q->ids, q->config.max_active + QUEUE_CLAIM);
    map_init(&q->slots, q->config.max_active + QUEUE_CLAIM);
    queue_clock_begin(&q->clock);
    completion_init(&q->stopped);
    return q;
}

err queue_start(queue **out, store *s, const queue_config *c, const queue_target *targets, size_t n) {
    TRY(queue_recover(s, &queue_rules, c->node, time_wall()));
    queue *q = *out = queue_make(s, c, targets, n);
    queue_watch(s, watched, q);
    loop_post(q->home, start_fibers, q);
    return OK;
}

/* ---- stop ---- */

static void drop_list(job_list *l) {
    for (job *j; (j = job_list_take(l));)
        job_drop(j);
}

/* What has not begun stays claimed in the store alone: the next start recovers it. */
static void begin_stop(void *arg) {
    queue *q = arg;
    q->stopping = true;
    drop_list(&q->starved);
    size_t at = 0;
    str key;
    void *value;
    while (map_each(&q->slots, &at, &key, &value)) {
        slot *s = value;
        drop_list(&s->waiting);
        s->waiting_n = s->waiting_entries = 0;
    }
    fiber_cond_wake_all(&q->work);
    fiber_cond_wake_all(&q->settle);
    fiber_cond_wake_all(&q->leases);
}

static void abandon(void *arg) {
    queue *q = arg;
    q->abandoned = true;
    log_warn("queue.abandoned", lf_u64("running", q->running), lf_u64("in_flight", q->in_flight));
    fiber_cond_wake_all(&q->settle);
    fiber_cond_wake_all(&q->leases);
    queue_leave(q);
}

static void signal_done(void *arg) { completion_signal(arg); }

/* Runs fn on the home loop and waits until it, and whatever was posted before, is done. */
static void at_home(queue *q, void (*fn)(void *arg)) {
    loop *home = q->home;
    completion done;
    completion_init(&done);
    if (fn)
        loop_post(home, fn, q);
    loop_post(home, signal_done, &done);
    completion_wait_done(&done);
}

void queue_stop(queue *q, deadline until) {
    if (!q)
        return;
    queue_watch(q->store, NULL, NULL);
    at_home(q, begin_stop);
    err e = completion_wait(&q->stopped, until);
    if (failed(e)) {
        at_home(q, abandon);
        return;
    }
    at_home(q, NULL); /* kicks that were under way */
    queue_free(q);
}
