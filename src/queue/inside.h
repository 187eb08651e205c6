/* The inside of the queue: what its rooms share. Included by the files of src/queue alone.
 *
 *     queue.c     start, stop, kick
 *     schedule.c  the fiber that claims what is due and sees to the leases
 *     slot.c      a domain's share: how much at once, how much waits, when the rest comes back
 *     job.c       one attempt: made from claimed entries, run in a fiber of some loop, back again
 *     settle.c    the fiber that turns what was said into results and notices
 *     judge.c     what follows from what was said; clock.c: the time
 *
 * All state belongs to the home loop: only a running job's attempt is another loop's, and comes back by loop_post. So
 * there is no lock. */
#ifndef GODWIT_QUEUE_INSIDE_H
#define GODWIT_QUEUE_INSIDE_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/map.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "queue/clock.h"
#include "queue/queue.h"

enum {
    QUEUE_TARGETS = 16,
    QUEUE_CLAIM = 500,               /* entries of one claim */
    QUEUE_GROUP = 100,               /* recipients of one attempt: what every server takes, RFC 5321 4.5.3.1.8 */
    QUEUE_CLOCK_LOOK_MS = 60 * 1000, /* how late a jump of the wall clock is seen; looks at no database */
    QUEUE_TROUBLE_MS = 5 * 1000,     /* until the store is asked again after it failed */
};

typedef struct job_list {
    struct job *first, *last;
} job_list;

/* What goes to one domain (or to one target that takes any): how much at once, and what waits for its turn. */
typedef struct slot {
    str key;
    size_t active; /* attempts running */
    size_t limit;  /* and how many may: grows with what gets through, shrinks when nobody answers */
    job_list waiting;
    size_t waiting_n, waiting_entries;
    size_t parked;    /* entries put off, about: not seen again since */
    int64_t since_ms; /* monotonic; entries done since then: */
    size_t done;
    uint64_t park_round; /* the claim that park_until was reckoned for */
    int64_t park_until;  /* queue clock */
} slot;

/* An entry with no place now: its lease is set to end then. */
typedef struct parked {
    int64_t id, until;
} parked;

typedef struct job {
    struct job *prev, *next; /* of all jobs */
    struct job *after;       /* in the slot's waiting list, the starved list or the finished list */
    queue *queue;
    const queue_target *target;
    slot *slot;
    arena memory;
    queue_attempt attempt;
    int64_t lease_until; /* queue clock */
} job;

struct queue {
    store *store;
    queue_config config;
    queue_target targets[QUEUE_TARGETS];
    size_t targets_n;
    loop *home;
    queue_clock clock;
    size_t next_loop;       /* attempts go round the loops */
    job *jobs;              /* all in memory */
    size_t in_flight;       /* their entries */
    size_t running;         /* jobs on some loop */
    map ids;                /* entry id to job */
    map slots;              /* key to slot */
    job_list starved;       /* no fiber was free for them */
    job_list finished;      /* to be settled */
    uint64_t round;         /* of claims */
    bool look;              /* entries may be due */
    int64_t due_at;         /* the earliest known, 0 none */
    int64_t quiet_until_ms; /* monotonic: the store failed, let it be */
    bool stopping;
    bool abandoned; /* queue_stop did not wait any longer: the store may be gone */
    size_t fibers;  /* of ours still running */
    fiber_cond work, settle, leases;
    _Atomic bool kicked;
    completion stopped;
};

extern const principal queue_rules;

void queue_schedule(void *q); /* fiber */
void queue_leases(void *q);   /* fiber */
void queue_settling(void *q); /* fiber */
void queue_fiber_ended(queue *q);
void queue_leave(queue *q); /* at the end of what comes back: frees q when queue_stop gave up and this was the last */

/* ---- slot.c; home loop ---- */

slot *slot_of(queue *q, const queue_target *target, str domain);  /* made when there is none */
void slot_release(queue *q, slot *s);                             /* frees it when nothing runs or waits */
bool slot_is_full(const queue *q, const slot *s, size_t entries); /* no more can wait here */
int64_t slot_park(queue *q, slot *s, size_t entries);             /* until when they are put off */
void slot_wait(slot *s, job *j);
job *slot_next(slot *s);                                          /* whose turn it is, NULL when nobody's */
void slot_learn(const queue *q, slot *s, const queue_attempt *a); /* how it went */
void slots_free(queue *q);

/* ---- job.c; home loop ---- */

/* Makes jobs of claimed entries and starts what may start. What there is no place for is listed in `out` (room for n).
 */
size_t job_take(queue *q, const queue_entry *entries, size_t n, int64_t lease_until, parked *out);
void job_start_waiting(queue *q); /* those no fiber was free for */
void job_drop(job *j);            /* forgets it and its entries */
void job_list_add(job_list *l, job *j);
job *job_list_take(job_list *l);

#endif
