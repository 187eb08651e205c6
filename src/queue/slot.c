#include "base/mem.h"
#include "queue/inside.h"

enum {
    FIRST_LIMIT = 5,   /* attempts at once to a domain nothing is known of */
    WAITING_SHARE = 4, /* waiting jobs of one slot may hold this part of max_active */
    WAITING_TURNS = 4, /* and be so many times what may run */
    WAITING_S = 5,     /* or what gets done in so many seconds */
    PARK_LEAST_S = 2,
    PARK_MOST_S = 600,
    PARK_RATE = 20,      /* entries a second a slot is thought to get done until it has shown how many */
    PARK_HOPE = 4,       /* and so many times more: to come back too early costs little */
    KNOWN_MS = 5 * 1000, /* what happened in that time, or to so many, tells the rate */
    KNOWN_DONE = 20,
    RATE_MS = 60 * 1000, /* how far back that is reckoned, about */
};

/* ---- life ---- */

slot *slot_of(queue *q, const queue_target *target, str domain) {
    SCOPED_BUF key;
    buf_init(&key, 1024);
    buf_add(&key, str_c(target->name));
    buf_add_byte(&key, '\0');
    if (!target->any_domain)
        buf_add(&key, str_sub(domain, 0, 512));
    slot *s = map_get(&q->slots, buf_str(&key));
    if (s)
        return s;
    s = mem_alloc(sizeof *s);
    s->key = (str){mem_strdup(buf_str(&key)), key.n};
    s->since_ms = time_mono_ms();
    s->limit = q->config.max_per_domain < FIRST_LIMIT ? q->config.max_per_domain : FIRST_LIMIT;
    ASSERT(map_put(&q->slots, s->key, s)); /* no more slots than entries in flight */
    return s;
}

static void slot_free(slot *s) {
    free((void *)(uintptr_t)s->key.p);
    free(s);
}

void slot_release(queue *q, slot *s) {
    if (s->active || s->waiting.first)
        return;
    map_remove(&q->slots, s->key);
    slot_free(s);
}

void slots_free(queue *q) {
    size_t at = 0;
    str key;
    void *value;
    while (map_each(&q->slots, &at, &key, &value))
        slot_free(value);
    map_free(&q->slots);
}

/* ---- turns ---- */

void slot_wait(slot *s, job *j) {
    job_list_add(&s->waiting, j);
    s->waiting_n++;
    s->waiting_entries += j->attempt.n;
    s->parked -= j->attempt.n < s->parked ? j->attempt.n : s->parked;
}

job *slot_next(slot *s) {
    job *j = s->active < s->limit ? job_list_take(&s->waiting) : NULL;
    if (j) {
        s->waiting_n--;
        s->waiting_entries -= j->attempt.n;
    }
    return j;
}

/* ---- feedback ---- */

/* RFC 3463 3.5: X.4.z is the way there, not the message or the mailbox. */
static bool nobody_answered(const queue_attempt *a) {
    for (size_t i = 0; i < a->n; i++)
        if (a->said[i].fate != SAID_LATER || !str_starts(a->said[i].status, S("4.4.")))
            return false;
    return true;
}

static bool got_through(const queue_attempt *a) {
    for (size_t i = 0; i < a->n; i++)
        if (a->said[i].fate != SAID_LATER)
            return true;
    return false;
}

/* A domain that takes mail gets more at once, up to what is allowed; one that does not answer holds one place, not
 * twenty that all wait for the same silence. */
void slot_learn(const queue *q, slot *s, const queue_attempt *a) {
    s->done += a->n;
    if (nobody_answered(a))
        s->limit = s->limit > 1 ? s->limit / 2 : 1;
    else if (got_through(a) && s->limit < q->config.max_per_domain)
        s->limit++;
}

/* ---- putting off ---- */

/* Entries done in a second, or 0 while too little is known. */
static size_t rate_of(const slot *s) {
    int64_t elapsed = time_mono_ms() - s->since_ms;
    if (elapsed <= 0 || (elapsed < KNOWN_MS && s->done < KNOWN_DONE))
        return 0;
    size_t rate = s->done * 1000 / (size_t)elapsed;
    return rate ? rate : 1;
}

bool slot_is_full(const queue *q, const slot *s, size_t entries) {
    size_t turns = s->limit * WAITING_TURNS, soon = rate_of(s) * WAITING_S;
    return s->waiting.first && (s->waiting_entries + entries > q->config.max_active / WAITING_SHARE ||
                                s->waiting_n >= (turns > soon ? turns : soon));
}

/* Until the slot might have got round to them, if it grows faster: a backlog of thousands comes back as it can be
 * served, and is not claimed and put off again all the time. One moment for all of a claim: they are written together.
 */
int64_t slot_park(queue *q, slot *s, size_t entries) {
    int64_t now_ms = time_mono_ms(), elapsed = now_ms - s->since_ms;
    if (s->park_round != q->round) {
        size_t rate = rate_of(s);
        size_t wait = PARK_LEAST_S + (s->waiting_entries + s->parked) / ((rate ? rate : PARK_RATE) * PARK_HOPE);
        s->park_round = q->round;
        s->park_until = queue_clock_now(&q->clock) + (int64_t)(wait < PARK_MOST_S ? wait : PARK_MOST_S);
    }
    if (elapsed > RATE_MS) {
        s->done /= 2;
        s->since_ms = now_ms - elapsed / 2;
    }
    s->parked += entries;
    return s->park_until;
}
