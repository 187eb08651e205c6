#include "base/buf.h"

#include <stdarg.h>

#include "base/mem.h"

enum { BUF_FIRST = 64 };

void buf_init(buf *b, size_t max) { *b = (buf){.max = max}; }

void buf_free(buf *b) {
    if (!b)
        return;
    free(b->p);
    *b = (buf){.max = b->max};
}

char *buf_reserve(buf *b, size_t n) {
    if (b->over || n > b->max - b->n) {
        b->over = true;
        return NULL;
    }
    size_t need = b->n + n;
    if (need > b->cap || !b->p) {
        size_t cap = b->cap ? b->cap : BUF_FIRST;
        while (cap < need && cap <= b->max / 2)
            cap *= 2;
        if (cap < need)
            cap = b->max;                  /* not need: near the maximum every byte more would be a copy of all */
        b->p = mem_grow(b->p, cap + 1, 1); /* vsnprintf wants room for a NUL that is not counted */
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_commit(buf *b, size_t n) { b->n += n; }

bool buf_add(buf *b, str s) {
    if (s.n == 0)
        return !b->over;
    size_t inside = (uintptr_t)s.p - (uintptr_t)b->p; /* a piece of b itself moves with it */
    char *to = buf_reserve(b, s.n);
    if (!to)
        return false;
    memcpy(to, inside < b->n ? b->p + inside : s.p, s.n);
    b->n += s.n;
    return true;
}

bool buf_add_byte(buf *b, char c) { return buf_add(b, (str){&c, 1}); }

bool buf_add_u64(buf *b, uint64_t v) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return buf_add(b, (str){digits + at, sizeof digits - at});
}

bool buf_add_i64(buf *b, int64_t v) {
    if (v < 0 && !buf_add_byte(b, '-'))
        return false;
    return buf_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

bool buf_addf(buf *b, const char *format, ...) {
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) {
        b->over = true;
        return false;
    }
    if ((size_t)n < sizeof small)
        return buf_add(b, (str){small, (size_t)n});
    char *to = buf_reserve(b, (size_t)n);
    if (!to)
        return false;
    va_start(args, format);
    vsnprintf(to, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
    return true;
}

void buf_clear(buf *b) {
    b->n = 0;
    b->over = false;
}

void buf_truncate(buf *b, size_t n) { b->n = n < b->n ? n : b->n; }

void buf_consume(buf *b, size_t n) {
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}
