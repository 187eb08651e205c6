#include "base/log.h"
#include "base/mem.h"
#include "queue/inside.h"

enum { JOB_MEMORY = 8 * 1024 * 1024 }; /* of one attempt: its entries, answers, DNS */

/* ---- lists ---- */

void job_list_add(job_list *l, job *j) {
    j->after = NULL;
    *(l->last ? &l->last->after : &l->first) = j;
    l->last = j;
}

job *job_list_take(job_list *l) {
    job *j = l->first;
    if (j) {
        l->first = j->after;
        if (!l->first)
            l->last = NULL;
    }
    return j;
}

static str id_key(const int64_t *id) { return (str){(const char *)id, sizeof *id}; }

/* ---- making ---- */

static const queue_target *target_named(const queue *q, str name) {
    for (size_t i = 0; i < q->targets_n; i++)
        if (str_eq(name, str_c(q->targets[i].name)))
            return &q->targets[i];
    return NULL;
}

static bool same_group(const queue_target *target, const queue_entry *a, const queue_entry *b) {
    return str_eq(a->message_id, b->message_id) && str_eq(a->target, b->target) &&
           ((target && target->any_domain) || str_eq(a->domain, b->domain));
}

static bool copy_entry(arena *a, const queue_entry *from, queue_entry *to) {
    *to = *from;
    str *const texts[] = {&to->message_id, &to->sender, &to->envid,      &to->recipient, &to->original,
                          &to->target,     &to->domain, &to->last_error, &to->history};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = arena_str(a, *texts[i]);
        if (!texts[i]->p)
            return false;
    }
    return true;
}

static job *job_make(queue *q, const queue_target *target, const queue_entry *entries, size_t n, int64_t lease_until) {
    job *j = mem_alloc(sizeof *j);
    arena_init(&j->memory, JOB_MEMORY);
    queue_entry *copies = arena_array(&j->memory, n, sizeof *copies);
    queue_said *said = arena_array(&j->memory, n, sizeof *said);
    bool fits = copies && said;
    for (size_t i = 0; i < n && fits; i++)
        fits = copy_entry(&j->memory, &entries[i], &copies[i]);
    ASSERT(fits); /* a hundred entries of bounded fields */
    for (size_t i = 0; i < n; i++)
        said[i] = (queue_said){.fate = SAID_LATER, .status = S("4.3.0"), .remote = S(""), .text = S("not tried")};
    j->queue = q;
    j->lease_until = lease_until;
    j->target = target;
    j->attempt = (queue_attempt){.entries = copies, .n = n, .said = said, .store = q->store, .arena = &j->memory};
    j->next = q->jobs;
    if (q->jobs)
        q->jobs->prev = j;
    q->jobs = j;
    q->in_flight += n;
    for (size_t i = 0; i < n; i++)
        ASSERT(map_put(&q->ids, id_key(&copies[i].id), j));
    return j;
}

void job_drop(job *j) {
    queue *q = j->queue;
    for (size_t i = 0; i < j->attempt.n; i++)
        map_remove(&q->ids, id_key(&j->attempt.entries[i].id));
    q->in_flight -= j->attempt.n;
    *(j->prev ? &j->prev->next : &q->jobs) = j->next;
    if (j->next)
        j->next->prev = j->prev;
    arena_free(&j->memory);
    free(j);
}

/* ---- running ---- */

static void job_start(job *j);

static void finish(queue *q, job *j) {
    job_list_add(&q->finished, j);
    fiber_cond_wake_all(&q->settle);
}

/* Those of a slot whose turn it is. One whose lease ran out meanwhile may be another node's by now. */
static void start_next(queue *q, slot *s) {
    for (job *j; !q->stopping && (j = slot_next(s));) {
        if (j->lease_until > queue_clock_now(&q->clock)) {
            job_start(j);
            continue;
        }
        log_warn("queue.lease_lost", lf_str("id", j->attempt.entries[0].message_id));
        job_drop(j);
    }
    slot_release(q, s);
}

static void came_back(void *arg) {
    job *j = arg;
    queue *q = j->queue;
    slot *s = j->slot;
    q->running--;
    s->active--;
    slot_learn(q, s, &j->attempt);
    j->slot = NULL;
    finish(q, j);
    start_next(q, s);
    queue_leave(q);
}

static void no_fiber(void *arg) {
    job *j = arg;
    queue *q = j->queue;
    q->running--;
    if (q->stopping) {
        job_drop(j);
        queue_leave(q);
        return;
    }
    job_list_add(&q->starved, j);
    fiber_cond_wake_all(&q->work);
}

static void run(void *arg) {
    job *j = arg;
    j->target->attempt(j->target->self, &j->attempt);
    loop_post(j->queue->home, came_back, j);
}

static void begin(void *arg) {
    job *j = arg;
    queue *q = j->queue;
    err e = fiber_start("queue.attempt", run, j);
    if (failed(e))
        loop_post(q->home, no_fiber, j);
}

static void send_to_loop(job *j) {
    queue *q = j->queue;
    q->running++;
    loop_post(loop_at(q->next_loop++ % loops_count()), begin, j);
}

static void job_start(job *j) {
    j->slot->active++;
    send_to_loop(j);
}

void job_start_waiting(queue *q) {
    job_list starved = q->starved;
    q->starved = (job_list){0};
    for (job *j; (j = job_list_take(&starved));)
        send_to_loop(j); /* their place in the slot is still theirs */
}

/* ---- taking ---- */

/* Entries for a target of another version or another configuration of this server. */
static void turn_away(queue *q, job *j) {
    for (size_t i = 0; i < j->attempt.n; i++)
        j->attempt.said[i] = (queue_said){
            .fate = SAID_LATER, .status = S("4.3.5"), .remote = S(""), .text = S("this server has no such target")};
    finish(q, j);
}

/* 0: they have a place; else until when they are put off. */
static int64_t place(queue *q, const queue_target *target, const queue_entry *entries, size_t n, int64_t lease_until) {
    if (!target) {
        turn_away(q, job_make(q, NULL, entries, n, lease_until));
        return 0;
    }
    slot *s = slot_of(q, target, entries[0].domain);
    if (slot_is_full(q, s, n))
        return slot_park(q, s, n);
    job *j = job_make(q, target, entries, n, lease_until);
    j->slot = s;
    slot_wait(s, j);
    start_next(q, s);
    return 0;
}

/* How many of the entries go into one attempt with the first. */
static size_t group_size(const queue *q, const queue_target *target, const queue_entry *entries, size_t n) {
    size_t size = 1;
    while (size < n && size < QUEUE_GROUP && same_group(target, &entries[0], &entries[size]) &&
           !map_get(&q->ids, id_key(&entries[size].id)))
        size++;
    return size;
}

size_t job_take(queue *q, const queue_entry *entries, size_t n, int64_t lease_until, parked *out) {
    size_t parked_n = 0;
    q->round++;
    for (size_t at = 0; at < n;) {
        /* One of ours whose lease ran out before it could be renewed: claimed anew, but under way already. */
        job *known = map_get(&q->ids, id_key(&entries[at].id));
        if (known) {
            known->lease_until = lease_until;
            at++;
            continue;
        }
        const queue_target *target = target_named(q, entries[at].target);
        size_t size = group_size(q, target, &entries[at], n - at);
        int64_t until = place(q, target, &entries[at], size, lease_until);
        for (size_t i = at; until && i < at + size; i++)
            out[parked_n++] = (parked){entries[i].id, until};
        at += size;
    }
    return parked_n;
}
