/* Sets of UIDs as ranges in rising order. Pure. Used by the store's front and backends. */
#ifndef GODWIT_STORE_RANGE_H
#define GODWIT_STORE_RANGE_H

#include "store/store.h"

/* The same set sorted and without overlaps, in the arena; ERR_LIMIT past LIMIT_UID_RANGES; 0 in a range, or its ends in
 * the wrong order, is ERR_SYNTAX. Input that is in order already is not copied. */
err range_normal(const store_range *in, size_t n, arena *a, const store_range **out, size_t *out_n) MUST_USE;

/* Is uid in a normal set? Binary search; n == 0 has nothing. */
bool range_has(const store_range *ranges, size_t n, uint32_t uid);

/* Adds a UID above all in the list (list_push grows it); false when the arena is spent. */
bool range_push(arena *a, store_range **ranges, size_t *n, uint32_t uid);

#endif
