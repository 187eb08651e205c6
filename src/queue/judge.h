/* What follows from what a target said: done or again, when, and who is told. Pure. Called by settle.c and tests. */
#ifndef GODWIT_QUEUE_JUDGE_H
#define GODWIT_QUEUE_JUDGE_H

#include "queue/queue.h"

typedef struct queue_verdict {
    bool done;
    int64_t next_try; /* when not done */
    bool tell;        /* a notice of `notice` is due */
    queue_notice notice;
    bool expired; /* done because it is too old */
} queue_verdict;

/* expires: when this entry really is too old (queue/clock.h). random: any number, for the jitter. */
queue_verdict queue_judge(const queue_config *c, const queue_entry *e, const queue_said *said, int64_t now,
                          int64_t expires, uint64_t random);

/* Who said what, in one line: "mx1.example.net: 4.2.0 450 greylisted". */
str queue_words(const queue_said *said, arena *a);
/* The line of an entry's history for this attempt, without line end: the time and the words. */
str queue_history_line(const queue_said *said, int64_t at, arena *a);

#endif
