/* A queue over a real store in a directory of its own, with loops in this process and a target that does what the
 * recipient's name says. */
#ifndef GODWIT_TEST_QUEUE_KIT_H
#define GODWIT_TEST_QUEUE_KIT_H

#include <pthread.h>
#include <stdatomic.h>

#include "../net/check.h"
#include "mail/mail.h"
#include "queue/queue.h"

enum { KIT_ATTEMPTS = 4000, KIT_NAMED = 4 };

/* One attempt as the target saw it. */
typedef struct seen {
    char message[32], domain[64];
    size_t n;          /* recipients */
    char first[64];    /* of them */
    int64_t at;        /* wall */
    uint32_t attempts; /* as the entry says */
} seen;

typedef struct kit {
    char dir[64];
    store *store;
    mail mail;
    queue_config config; /* may be changed before kit_start */
    queue *queue;
    arena memory;
    bool any_domain;
    int64_t anna;             /* anna@example.org, whose mailbox notices go to */
    _Atomic bool gate;        /* open: "gate..." goes on */
    _Atomic int notice_fails; /* so many notices fail for now; negative: for good */
    pthread_mutex_t lock;
    seen seen[KIT_ATTEMPTS];
    size_t seen_n;
    size_t running, most_running; /* attempts */
    size_t delivered;             /* recipients the target took, ever */
} kit;

int kit_begin(void **state);
int kit_end(void **state);
int kit_loops_start(void **state);
int kit_loops_stop(void **state);

/* Recipients begin with what becomes of them: ok, relayed, passed, later, never, gate (waits, then ok), twice (later,
 * then ok). `recipients`: divided by blanks. sender "" is null. The id is the message's. */
void kit_send(kit *k, const char *id, const char *sender, const char *recipients, unsigned notify);
void kit_send_for(kit *k, const char *id, const char *sender, const char *recipients, unsigned notify,
                  int64_t lifetime_s, const char *target);
/* To so many recipients, "part0@domain" and on. */
void kit_send_many(kit *k, const char *id, const char *part, const char *domain, size_t n);
void kit_start(kit *k);
void kit_stop(kit *k);
void kit_advance(int64_t seconds); /* both clocks; wakes everybody */

size_t kit_attempts(kit *k);
seen kit_seen(kit *k, size_t i);
size_t kit_delivered(kit *k);
size_t kit_waiting(kit *k); /* entries in the store, whatever their state */
queue_entry kit_entry(kit *k, const char *recipient_part);
size_t kit_inbox(kit *k); /* messages of anna's */
str kit_notice(kit *k, size_t i);
bool kit_has(str text, const char *part);

/* Waits, ten seconds at most, until the expression is true. */
#define kit_await(expression) \
    do { \
        int kit_turns = 0; \
        while (!(expression)) { \
            check(kit_turns++ < 2000); \
            usleep(5000); \
        } \
    } while (0)
/* Nothing more happens for a while: the expression stays true. */
#define kit_stays(expression) \
    do { \
        for (int kit_turn = 0; kit_turn < 20; kit_turn++) { \
            check(expression); \
            usleep(5000); \
        } \
    } while (0)

#endif
