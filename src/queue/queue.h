/* What must still happen to accepted mail: claims due entries, runs their target's attempt in fibers, settles the
 * results.
 *
 * The queue knows no protocol. Targets are registered by app/serve before queue_start: the only inversion in the house.
 * One queue for the process; its fibers run on all loops. In memory are only entries in flight (at most max_active). */
#ifndef GODWIT_QUEUE_QUEUE_H
#define GODWIT_QUEUE_QUEUE_H

#include "store/store.h"

typedef struct queue queue;

/* What became of one recipient in an attempt. */
typedef enum queue_fate {
    SAID_DELIVERED, /* arrived where it ends: we owe the report of success, if one was asked for */
    SAID_RELAYED,   /* taken by a server without DSN support: we owe a report that it went on from here */
    SAID_LATER,
    SAID_NEVER,
    SAID_PASSED_ON, /* taken by a server that took over the duty to report (RFC 3461 5.2.3) */
} queue_fate;

typedef struct queue_said {
    queue_fate fate;
    str status;         /* "4.4.1" */
    str remote;         /* host name of the server that said it, "" us */
    str text;           /* its words */
    int64_t not_before; /* LATER: the target's own wish, wall seconds, 0 none */
} queue_said;

/* Some recipients of one message and target, of one domain unless the target takes any. */
typedef struct queue_attempt {
    const queue_entry *entries;
    size_t n;
    queue_said *said; /* n of them, SAID_LATER before the attempt; filled by it */
    store *store;
    arena *arena; /* of this attempt */
} queue_attempt;

typedef struct queue_target {
    const char *name; /* queue_entry.target */
    /* In a fiber on any loop; may take minutes; no transaction. Must fill every `said`. */
    void (*attempt)(void *self, queue_attempt *a);
    void *self;
    bool any_domain; /* all mail goes one way (a smarthost): an attempt may hold recipients of several domains */
} queue_target;

/* The kinds of notice (RFC 3464 2.3.3). */
typedef enum queue_notice {
    QUEUE_NOTICE_FAILED,  /* SAID_NEVER, or SAID_LATER for too long */
    QUEUE_NOTICE_DELAYED, /* SAID_LATER for a while now */
    QUEUE_NOTICE_SUCCESS, /* SAID_DELIVERED or SAID_RELAYED, and a report was asked for */
} queue_notice;

typedef struct queue_config {
    str node;              /* names this process's claims */
    size_t max_active;     /* entries in flight */
    size_t max_per_domain; /* attempts at once to one domain (to one target that takes any domain) */
    int64_t lease_s;
    int64_t retry_first_s, retry_most_s; /* backoff doubles between these, with jitter */
    int64_t delay_notice_s;              /* tell the sender after this long; 0 never */
    /* Writes the notice for the results marked in `which`, all of one message: bounce_notice of mail/bounce.h through
     * app/serve. Never asked for a null sender or recipients whose NOTIFY forbids it. *made false: there is none to
     * send. Fills notice in the arena. The entries' history holds this attempt already. An error of kind ERR_TEMP:
     * asked again later; the results wait for it. In a fiber. */
    err (*notice)(void *self, const queue_attempt *a, const bool *which, queue_notice kind, arena *arena,
                  store_accepted *notice, bool *made);
    void *notice_self;
} queue_config;

/* Fibers of the queue run on the loops, which must have been started. c's strings and the targets' names must live
 * until queue_stop. */
err queue_start(queue **out, store *s, const queue_config *c, const queue_target *targets, size_t n) MUST_USE;
/* No new claims; waits for attempts in flight and settles them; what is left stays claimed until its lease ends or the
 * next start recovers it. Frees q. Main thread, before loops_stop and store_close. NULL-safe. */
void queue_stop(queue *q, deadline until);
void queue_kick(queue *q); /* look now; any thread */

/* The next try after `attempts` failures: pure, for tests and display. */
int64_t queue_backoff(const queue_config *c, uint32_t attempts, uint64_t random);

#endif
