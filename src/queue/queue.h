/* What must still happen to accepted mail: claims due entries, runs their target's attempt in fibers, settles the results.
 *
 * The queue knows no protocol. Targets are registered by app/serve before queue_start: the only inversion in the house. One
 * queue for the process; its fibers run on all loops. In memory are only entries in flight (at most max_active). */
#ifndef GODWIT_QUEUE_QUEUE_H
#define GODWIT_QUEUE_QUEUE_H

#include "store/store.h"

typedef struct queue queue;

typedef struct queue_attempt { /* some recipients of one message, same domain and target */
    const queue_entry *entries;
    size_t n;
    struct queue_said {        /* n of them, filled by attempt */
        enum { SAID_DELIVERED, SAID_RELAYED, SAID_LATER, SAID_NEVER } fate; /* RELAYED: taken by a server without DSN support */
        str status;            /* "4.4.1" */
        str remote;            /* host name of the server that said it, "" us */
        str text;              /* its words */
        int64_t not_before;    /* LATER: the target's own wish, wall seconds, 0 none */
    } *said;
    store *store;
    arena *arena;              /* of this attempt */
} queue_attempt;

typedef struct queue_target {
    const char *name;          /* queue_entry.target */
    /* In a fiber; may take minutes; no transaction. Must fill every `said`. */
    void (*attempt)(void *self, queue_attempt *a);
    void *self;
} queue_target;

typedef struct queue_config {
    str node;                  /* names this process's claims */
    size_t max_active;         /* entries in flight */
    size_t max_per_domain;     /* attempts at once to one domain */
    int64_t lease_s;
    int64_t retry_first_s, retry_most_s; /* backoff doubles between these, with jitter */
    int64_t delay_notice_s;    /* tell the sender after this long; 0 never */
    /* Writes the DSN for results of one message: made by mail/bounce through app/serve. Returns false when there is none to send (null sender,
     * NOTIFY=NEVER). Fills notice in the arena. */
    bool (*notice)(void *self, const queue_attempt *a, const bool *which, int kind, arena *arena, store_accepted *notice);
    void *notice_self;
} queue_config;

err queue_start(queue **out, store *s, const queue_config *c, const queue_target *targets, size_t n) MUST_USE;
void queue_stop(queue *q, deadline until); /* no new claims; waits for attempts in flight; what is left stays claimed until the lease ends or recover */
void queue_kick(queue *q);                 /* look now; any thread */

/* The next try after `attempts` failures: pure, for tests and display. */
int64_t queue_backoff(const queue_config *c, uint32_t attempts, uint64_t random);

#endif
