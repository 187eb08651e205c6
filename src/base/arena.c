#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>

#include "base/mem.h"

enum { CHUNK_FIRST = 1024, CHUNK_LARGEST = 65536, ALIGN = alignof(max_align_t) };

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

void arena_init(arena *a, size_t max) { *a = (arena){.max = max}; }

void arena_free(arena *a) {
    if (!a)
        return;
    while (a->chunks) {
        struct arena_chunk *older = a->chunks->older;
        free(a->chunks);
        a->chunks = older;
    }
    a->used = 0;
}

static struct arena_chunk *chunk_for(arena *a, size_t n) {
    struct arena_chunk *chunk = a->chunks;
    if (chunk && chunk->size - chunk->used >= n)
        return chunk;
    size_t size = chunk ? chunk->size * 2 : CHUNK_FIRST;
    if (size > CHUNK_LARGEST)
        size = CHUNK_LARGEST;
    if (size < n)
        size = n;
    struct arena_chunk *fresh = mem_alloc(sizeof *fresh + size);
    fresh->size = size;
    fresh->older = chunk;
    a->chunks = fresh;
    return fresh;
}

void *arena_alloc(arena *a, size_t n) {
    size_t rounded;
    if (!size_add(n, ALIGN - 1, &rounded))
        return NULL;
    rounded &= ~(size_t)(ALIGN - 1);
    if (rounded > a->max - a->used)
        return NULL;
    struct arena_chunk *chunk = chunk_for(a, rounded ? rounded : ALIGN);
    void *p = chunk->bytes + chunk->used;
    chunk->used += rounded;
    a->used += rounded;
    return p;
}

void *arena_array(arena *a, size_t count, size_t size) {
    size_t n;
    return size_mul(count, size, &n) ? arena_alloc(a, n) : NULL;
}

char *arena_cstr(arena *a, str s) {
    size_t n;
    if (!size_add(s.n, 1, &n))
        return NULL;
    char *p = arena_alloc(a, n);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

str arena_str(arena *a, str s) {
    if (s.n == 0)
        return S("");
    char *p = arena_alloc(a, s.n);
    if (!p)
        return (str){NULL, 0};
    memcpy(p, s.p, s.n);
    return (str){p, s.n};
}

str arena_strf(arena *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (!p)
        return (str){NULL, 0};
    va_start(args, format);
    vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return (str){p, (size_t)n};
}

str arena_lower(arena *a, str s) {
    if (s.n == 0)
        return S("");
    char *p = arena_alloc(a, s.n);
    if (!p)
        return (str){NULL, 0};
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_to_lower(s.p[i]);
    return (str){p, s.n};
}
