/* An arena: memory of one command, freed as a whole.
 *
 * Every arena has a maximum; past it arena_alloc answers NULL, which callers turn into an error
 * (a budget spent is an ordinary error). Memory is zeroed. Not shared between threads. */
#ifndef GODWIT_BASE_ARENA_H
#define GODWIT_BASE_ARENA_H

#include "base/str.h"

typedef struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* bytes handed out and lost to alignment */
    size_t max;
} arena;

void arena_init(arena *a, size_t max);
void arena_free(arena *a); /* frees all; the arena may be used again */

void *arena_alloc(arena *a, size_t n);                  /* zeroed, aligned for any type, or NULL */
void *arena_array(arena *a, size_t count, size_t size); /* checked multiplication */
str arena_str(arena *a, str s);                         /* a copy; p == NULL when over (or s.n == 0 gives "") */
char *arena_cstr(arena *a, str s);                      /* a NUL-terminated copy, or NULL; for library edges */
str arena_strf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
str arena_lower(arena *a, str s); /* a copy in ASCII lower case */

#define SCOPED_ARENA __attribute__((cleanup(arena_free))) arena

#endif
