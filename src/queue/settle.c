#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "queue/inside.h"
#include "queue/judge.h"

enum {
    SETTLE_JOBS = 64,                  /* of one transaction */
    SETTLE_MEMORY = 256 * 1024 * 1024, /* their notices: a message or its header each */
    FOREVER_MS = 24 * 3600 * 1000,
};

/* One entry on its way out of memory. */
typedef struct outcome {
    const queue_entry *entry;
    const queue_said *said;
    queue_verdict verdict;
    str line; /* of the history */
} outcome;

typedef struct batch {
    queue *queue;
    arena memory;
    outcome *outcomes;
    queue_result *results;
    size_t n;
    store_accepted *notices;
    size_t notices_n;
} batch;

static err out_of_memory(void) {
    return err_make(ERR_PERM, ERR_LIMIT, "local error", "results over their memory budget");
}

/* ---- notices ---- */

/* The outcomes of one message that ask for this notice, as the attempt the notice is about. */
typedef struct about {
    queue_entry *entries;
    queue_said *said;
    bool *which;
    size_t n;
} about;

static str with_line(arena *a, str history, str line) {
    return arena_strf(a, "%.*s%.*s\n", STR_ARG(history), STR_ARG(line));
}

static bool add_about(batch *b, about *to, const outcome *o) {
    to->entries[to->n] = *o->entry;
    to->entries[to->n].history = with_line(&b->memory, o->entry->history, o->line);
    to->said[to->n] = *o->said;
    if (o->verdict.expired)
        to->said[to->n].status = S("5.4.7"); /* RFC 3463 3.5: delivery time expired */
    to->which[to->n] = true;
    return to->entries[to->n++].history.p;
}

static bool same_notice(const outcome *a, const outcome *b) {
    return b->verdict.tell && a->verdict.notice == b->verdict.notice &&
           str_eq(a->entry->message_id, b->entry->message_id);
}

/* One notice for all of a message that ended alike in this batch, told when its first is met. */
static err make_notice(batch *b, size_t first) {
    const outcome *o = &b->outcomes[first];
    for (size_t i = 0; i < first; i++)
        if (same_notice(o, &b->outcomes[i]))
            return OK;
    about x = {
        .entries = arena_array(&b->memory, b->n - first, sizeof *x.entries),
        .said = arena_array(&b->memory, b->n - first, sizeof *x.said),
        .which = arena_array(&b->memory, b->n - first, sizeof *x.which),
    };
    if (!x.entries || !x.said || !x.which)
        return out_of_memory();
    for (size_t i = first; i < b->n; i++)
        if (same_notice(o, &b->outcomes[i]) && !add_about(b, &x, &b->outcomes[i]))
            return out_of_memory();
    const queue_attempt attempt = {
        .entries = x.entries, .n = x.n, .said = x.said, .store = b->queue->store, .arena = &b->memory};
    bool made = false;
    TRY(b->queue->config.notice(b->queue->config.notice_self, &attempt, x.which, o->verdict.notice, &b->memory,
                                &b->notices[b->notices_n], &made));
    if (made) {
        log_info("queue.notice", lf_str("about", o->entry->message_id), lf_str("id", b->notices[b->notices_n].id),
                 lf_str("to", o->entry->sender), lf_u64("recipients", x.n));
        b->notices_n++;
    }
    return OK;
}

/* ---- results ---- */

static void add_result(batch *b, const queue_entry *e, const queue_said *said, uint64_t random) {
    queue *q = b->queue;
    int64_t now = queue_clock_now(&q->clock);
    outcome *o = &b->outcomes[b->n];
    *o = (outcome){.entry = e, .said = said};
    o->verdict = queue_judge(&q->config, e, said, now, queue_clock_expires(&q->clock, e->created, e->expires), random);
    o->line = queue_history_line(said, now, &b->memory);
    b->results[b->n++] = (queue_result){
        .id = e->id,
        .outcome = o->verdict.done ? QUEUE_DONE : QUEUE_RETRY,
        .next_try = o->verdict.next_try,
        .error = queue_words(said, &b->memory),
        .history_line = o->line,
        .delay_noticed = o->verdict.tell && o->verdict.notice == QUEUE_NOTICE_DELAYED,
    };
}

static err batch_fill(batch *b, const job_list *jobs, bool notices) {
    size_t n = 0;
    for (const job *j = jobs->first; j; j = j->after)
        n += j->attempt.n;
    b->outcomes = arena_array(&b->memory, n, sizeof *b->outcomes);
    b->results = arena_array(&b->memory, n, sizeof *b->results);
    b->notices = arena_array(&b->memory, n, sizeof *b->notices);
    if (!b->outcomes || !b->results || !b->notices)
        return out_of_memory();
    for (const job *j = jobs->first; j; j = j->after) {
        uint64_t random = rand_u64(); /* one for all: what went together goes together again */
        for (size_t i = 0; i < j->attempt.n; i++)
            add_result(b, &j->attempt.entries[i], &j->attempt.said[i], random);
    }
    for (size_t i = 0; i < b->n && notices && b->queue->config.notice; i++)
        if (b->outcomes[i].verdict.tell)
            TRY(make_notice(b, i));
    return OK;
}

static void log_outcome(const outcome *o) {
    const queue_entry *e = o->entry;
    static const char *const events[] = {
        [SAID_DELIVERED] = "queue.delivered", [SAID_RELAYED] = "queue.delivered",   [SAID_LATER] = "queue.deferred",
        [SAID_NEVER] = "queue.failed",        [SAID_PASSED_ON] = "queue.delivered",
    };
    log_emit(o->said->fate == SAID_NEVER || o->verdict.expired ? LOG_WARN : LOG_INFO,
             o->verdict.expired ? "queue.expired" : events[o->said->fate],
             (const log_field[]){lf_str("id", e->message_id),
                                 lf_str("from", e->sender),
                                 lf_str("to", e->recipient),
                                 lf_str("target", e->target),
                                 lf_u64("attempt", e->attempts + 1),
                                 lf_str("remote", o->said->remote),
                                 lf_str("status", o->said->status),
                                 lf_str("text", o->said->text),
                                 lf_i64("next_try", o->verdict.next_try),
                                 {0}});
}

static void note_retry(queue *q, const queue_verdict *v) {
    if (!v->done && (!q->due_at || v->next_try < q->due_at))
        q->due_at = v->next_try;
}

/* One transaction for the jobs. On success they are gone. */
static err settle(queue *q, job_list *jobs, bool notices) {
    batch b = {.queue = q};
    arena_init(&b.memory, SETTLE_MEMORY);
    err e = batch_fill(&b, jobs, notices);
    if (!failed(e))
        e = queue_settle(q->store, &queue_rules, q->config.node, b.results, b.n, b.notices, b.notices_n);
    for (size_t i = 0; i < b.n && !failed(e); i++) {
        log_outcome(&b.outcomes[i]);
        note_retry(q, &b.outcomes[i].verdict);
    }
    arena_free(&b.memory);
    for (job *j; !failed(e) && (j = job_list_take(jobs));)
        job_drop(j);
    fiber_cond_wake_all(&q->work);
    fiber_cond_wake_all(&q->leases);
    return e;
}

/* ---- when the store does not take them ---- */

static void pause_settling(queue *q) {
    deadline until = deadline_in(QUEUE_TROUBLE_MS);
    while (!deadline_passed(until) && !q->abandoned) {
        err e = fiber_cond_wait(&q->settle, until);
        if (failed(e) && e.what == ERR_CLOSED)
            q->abandoned = true;
    }
}

/* One job that cannot be settled must not hold up the others: each by itself, first with its notice, then without; what
 * the store cannot take for now goes to the end of the line. */
static void settle_singly(queue *q, job_list *jobs) {
    for (job *j; !q->abandoned && (j = job_list_take(jobs));) {
        j->after = NULL;
        job_list one = {j, j};
        err e = settle(q, &one, true);
        if (failed(e) && e.kind == ERR_TEMP) {
            job_list_add(&q->finished, j);
            continue;
        }
        if (!failed(e))
            continue;
        log_error("queue.notice_lost", lf_str("id", j->attempt.entries[0].message_id), lf_err(&e));
        e = settle(q, &one, false);
        if (failed(e)) {
            log_error("queue.settle_lost", lf_str("id", j->attempt.entries[0].message_id), lf_err(&e));
            job_drop(j); /* the lease ends, the entry is tried again */
        }
    }
}

static job_list take_finished(queue *q) {
    job_list jobs = {0};
    for (size_t n = 0; n < SETTLE_JOBS && q->finished.first; n++)
        job_list_add(&jobs, job_list_take(&q->finished));
    return jobs;
}

static void settle_some(queue *q) {
    job_list jobs = take_finished(q);
    err e = settle(q, &jobs, true);
    if (!failed(e))
        return;
    log_warn("queue.settle_failed", lf_err(&e));
    pause_settling(q);
    settle_singly(q, &jobs);
    for (job *j; (j = job_list_take(&jobs));) /* abandoned */
        job_list_add(&q->finished, j);
    if (q->finished.first)
        pause_settling(q);
}

void queue_settling(void *arg) {
    queue *q = arg;
    while (!q->abandoned && !(q->stopping && !q->running && !q->finished.first)) {
        if (q->finished.first) {
            settle_some(q);
            continue;
        }
        err e = fiber_cond_wait(&q->settle, deadline_in(FOREVER_MS));
        if (failed(e) && e.what == ERR_CLOSED)
            break;
    }
    queue_fiber_ended(q);
}
