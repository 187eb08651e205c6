/* A hash map from byte strings to pointers, with a keyed hash (SipHash-1-3 with a random key of the
 * process) so that no peer can choose colliding keys. Keys are copied; values are the caller's.
 * Bounded: map_put refuses past `max` entries. Not shared between threads without a lock. */
#ifndef GODWIT_BASE_MAP_H
#define GODWIT_BASE_MAP_H

#include "base/err.h"

typedef struct map {
    struct map_slot *slots;
    size_t n;    /* entries */
    size_t used; /* slots that are not empty: entries and marks of removed ones */
    size_t cap, max;
} map;

void map_init(map *m, size_t max);
void map_free(map *m); /* frees keys, not values */

void *map_get(const map *m, str key);       /* NULL when absent */
bool map_put(map *m, str key, void *value); /* replaces; false when full */
void *map_remove(map *m, str key);          /* the value it had, or NULL */
/* Walks all entries in no order: *at starts at 0; false at the end. No changes while walking,
 * but for removing the entry just given. */
bool map_each(const map *m, size_t *at, str *key, void **value);

uint64_t hash_keyed(str s); /* the same hash, for other tables; thread-safe */
uint64_t siphash13(const uint64_t key[2], str s);

#endif
