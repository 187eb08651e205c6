#include "base/log.h"
#include "base/mem.h"
#include "queue/inside.h"

enum {
    STARVED_MS = 250,                /* until a job that found no fiber is tried again */
    FOREVER_MS = 24 * 3600 * 1000,   /* nothing is due: only a kick wakes us */
    CLAIM_MEMORY = 64 * 1024 * 1024, /* QUEUE_CLAIM entries with their histories */
    LEASE_LOOKS = 3,                 /* a lease is renewed when this part of it has passed */
};

static int64_t now_of(queue *q) { return queue_clock_now(&q->clock); }

static void trouble(queue *q, const char *event, const err *e) {
    log_warn(event, lf_err(e));
    q->quiet_until_ms = time_mono_ms() + QUEUE_TROUBLE_MS;
}

/* A claim costs a transaction: not for every single place that becomes free. */
static size_t room(const queue *q) {
    size_t most = q->config.max_active, free_n = most > q->in_flight ? most - q->in_flight : 0;
    if (free_n < most / 8)
        return 0;
    return free_n < QUEUE_CLAIM ? free_n : QUEUE_CLAIM;
}

/* What has no place now is put off by its lease: it costs no memory, counts as no attempt, and comes back by itself.
 * Those of one slot have one time, so the claim's slots that are full are as many calls. */
static void park(queue *q, parked *list, size_t n) {
    int64_t *ids = mem_array(n + 1, sizeof *ids);
    while (n) {
        int64_t until = list[0].until;
        size_t same = 0, other = 0;
        for (size_t i = 0; i < n; i++)
            if (list[i].until == until)
                ids[same++] = list[i].id;
            else
                list[other++] = list[i];
        n = other;
        err e = queue_renew(q->store, &queue_rules, q->config.node, ids, same, until);
        if (failed(e))
            log_warn("queue.park_failed", lf_u64("entries", same), lf_err(&e)); /* then it comes when the lease ends */
    }
    free(ids);
}

static err claim(queue *q, size_t limit, size_t *n) {
    int64_t now = now_of(q), lease = q->config.lease_s;
    SCOPED_ARENA a;
    arena_init(&a, CLAIM_MEMORY);
    queue_entry *entries = NULL;
    TRY(queue_claim(q->store, &queue_rules, q->config.node, now, lease, limit, &a, &entries, n));
    if (!*n)
        return OK;
    parked *list = mem_array(*n, sizeof *list);
    size_t parked_n = job_take(q, entries, *n, now + lease, list);
    arena_free(&a); /* before the store is waited for */
    park(q, list, parked_n);
    free(list);
    fiber_cond_wake_all(&q->leases);
    return OK;
}

/* Claims until nothing is due or there is no room. */
static void look(queue *q) {
    size_t limit;
    bool claimed = true;
    while (claimed && (limit = room(q)) > 0 && !q->stopping) {
        size_t n = 0;
        q->look = false;
        err e = claim(q, limit, &n);
        if (failed(e)) {
            q->look = true;
            trouble(q, "queue.claim_failed", &e);
            return;
        }
        claimed = n > 0;
    }
    if (claimed || q->stopping) { /* full: more may be due, looked for when there is room */
        q->look = true;
        return;
    }
    int64_t at = 0;
    q->due_at = 0; /* what settling learns while we ask comes on top */
    err e = queue_next(q->store, &queue_rules, &at);
    if (failed(e)) {
        q->look = true;
        trouble(q, "queue.next_failed", &e);
        return;
    }
    int64_t now = now_of(q);
    if (at && at <= now) /* became due just now; a second is soon enough, and never a spin */
        at = now + 1;
    if (at && (!q->due_at || at < q->due_at))
        q->due_at = at;
}

static bool may_look(queue *q) {
    bool due = q->look || (q->due_at && q->due_at <= now_of(q));
    return due && room(q) > 0 && time_mono_ms() >= q->quiet_until_ms;
}

/* The wall clock is looked at now and then, for it may be set; the store is not. */
static int64_t sleep_ms(queue *q) {
    if (q->starved.first)
        return STARVED_MS;
    int64_t quiet = q->quiet_until_ms - time_mono_ms();
    if (q->look)
        return quiet > 0 ? quiet : FOREVER_MS; /* no room: settling wakes us */
    if (!q->due_at)
        return FOREVER_MS;
    int64_t ms = (q->due_at - now_of(q)) * 1000;
    ms = ms > quiet ? ms : quiet;
    return ms < QUEUE_CLOCK_LOOK_MS ? ms : QUEUE_CLOCK_LOOK_MS;
}

void queue_schedule(void *arg) {
    queue *q = arg;
    while (!q->stopping) {
        if (q->starved.first)
            job_start_waiting(q);
        if (may_look(q)) {
            look(q);
            continue;
        }
        int64_t ms = sleep_ms(q);
        err e = fiber_cond_wait(&q->work, deadline_in(ms > 0 ? ms : 1));
        if (failed(e) && e.what == ERR_CLOSED)
            break;
    }
    queue_fiber_ended(q);
}

/* ---- leases ---- */

static int64_t lease_step(const queue *q) { return q->config.lease_s / LEASE_LOOKS; }

static bool is_due(queue *q, const job *j) { return j->lease_until - now_of(q) <= q->config.lease_s - lease_step(q); }

static size_t due_ids(queue *q, int64_t *ids) {
    size_t n = 0;
    for (const job *j = q->jobs; j; j = j->next)
        for (size_t i = 0; is_due(q, j) && i < j->attempt.n; i++)
            ids[n++] = j->attempt.entries[i].id;
    return n;
}

static void mark_renewed(queue *q, const int64_t *ids, size_t n, int64_t until) {
    for (size_t i = 0; i < n; i++) {
        job *j = map_get(&q->ids, (str){(const char *)&ids[i], sizeof ids[i]});
        if (j)
            j->lease_until = until;
    }
}

static void renew(queue *q) {
    int64_t until = now_of(q) + q->config.lease_s;
    int64_t *ids = mem_array(q->in_flight + 1, sizeof *ids);
    size_t n = due_ids(q, ids);
    for (size_t at = 0; at < n && !q->abandoned; at += QUEUE_CLAIM) {
        size_t part = n - at < QUEUE_CLAIM ? n - at : QUEUE_CLAIM;
        err e = queue_renew(q->store, &queue_rules, q->config.node, &ids[at], part, until);
        if (failed(e)) {
            log_warn("queue.renew_failed", lf_u64("entries", part), lf_err(&e));
            break;
        }
        mark_renewed(q, &ids[at], part, until);
    }
    free(ids);
}

/* Runs on while the last attempts end after the stop, as long as they are waited for. */
void queue_leases(void *arg) {
    queue *q = arg;
    int64_t at_ms = 0; /* monotonic; of the next round, while there is anything in flight */
    while (!(q->stopping && (q->abandoned || !q->in_flight))) {
        int64_t now_ms = time_mono_ms();
        if (!q->in_flight)
            at_ms = 0;
        else if (!at_ms)
            at_ms = now_ms + lease_step(q) * 1000;
        if (at_ms && now_ms >= at_ms) {
            renew(q);
            at_ms = time_mono_ms() + lease_step(q) * 1000;
        }
        err e = fiber_cond_wait(&q->leases, at_ms ? (deadline){at_ms} : deadline_in(FOREVER_MS));
        if (failed(e) && e.what == ERR_CLOSED)
            break;
    }
    queue_fiber_ended(q);
}
