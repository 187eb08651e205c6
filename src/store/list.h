/* Lists that grow in an arena. Pure; used by the store's front and backends. */
#ifndef GODWIT_STORE_LIST_H
#define GODWIT_STORE_LIST_H

#include "base/arena.h"
#include "base/err.h"

/* Room for one more item at the end of a list that only this function grew: (*n)++ and a zeroed item, or NULL when the
 * arena's budget is spent. Capacity is the power of two at or above *n, so no third word is needed. */
#define LIST_PUSH(a, items, n) ((__typeof__(*(items)))list_push((a), (void **)(items), (n), sizeof **(items)))
void *list_push(arena *a, void **items, size_t *n, size_t size);

/* The error for a spent arena. */
err list_over(void);

#endif
