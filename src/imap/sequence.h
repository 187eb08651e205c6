/* Sequence sets (RFC 9051 9, sequence-set) and sorted lists of number ranges.
 *
 * Pure functions; the ranges are sequence numbers or UIDs as the caller means. A "normal" list is sorted, its ranges do
 * not touch or overlap. A parsed set has at most IMAP_SET_RANGES ranges; past it the command is refused. */
#ifndef GODWIT_IMAP_SEQUENCE_H
#define GODWIT_IMAP_SEQUENCE_H

#include "base/buf.h"
#include "imap/grammar.h"
#include "store/store.h"

enum { IMAP_SET_RANGES = 20000 }; /* 60 KB of "1,3,5,..." */

typedef struct imap_set {
    bool saved;          /* "$": the saved result (RFC 9051 6.4.4.1); no ranges */
    bool beyond;         /* after imap_set_resolve: a number without "*" was above the largest */
    store_range *ranges; /* as written; 0 stands for "*" until resolved */
    size_t n;
} imap_set;

bool imap_scan_set(imap_scan *s, imap_set *out);

/* "*" becomes `largest` (0: there are no messages, and "*" names none) and the list normal. */
void imap_set_resolve(imap_set *set, uint32_t largest);

/* Sorts and merges in place; the new count. Ranges with first > last are turned round. */
size_t imap_ranges_normalize(store_range *ranges, size_t n);
bool imap_ranges_have(const store_range *ranges, size_t n, uint32_t number); /* normal list */
uint64_t imap_ranges_count(const store_range *ranges, size_t n);
/* Both normal; the result, normal, in the arena. NULL when the arena is full. */
store_range *imap_ranges_intersect(const store_range *a, size_t an, const store_range *b, size_t bn, arena *memory,
                                   size_t *n);

/* A normal list that grows at its end. Owns its memory. */
typedef struct imap_ranges {
    store_range *p;
    size_t n, cap;
} imap_ranges;
void imap_ranges_add(imap_ranges *r, uint32_t first, uint32_t last); /* first > everything in it */
void imap_ranges_free(imap_ranges *r);

bool imap_ranges_print(buf *out, const store_range *ranges, size_t n); /* "1:3,7" */

#endif
