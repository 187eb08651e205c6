/* A growing byte buffer with a mandatory maximum.
 *
 * Overflow is sticky: once an addition does not fit, the buffer keeps what it had, refuses
 * everything after, and `over` is set; check it once at the end. Owns its memory; a buf at rest
 * (buf_release) holds none. Callable from anywhere; not shared between threads. */
#ifndef GODWIT_BASE_BUF_H
#define GODWIT_BASE_BUF_H

#include "base/str.h"

typedef struct buf {
    char *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes allocated */
    size_t max; /* never more than this many bytes */
    bool over;  /* something did not fit */
} buf;

void buf_init(buf *b, size_t max);
void buf_free(buf *b); /* NULL-safe, leaves an empty buffer of the same maximum */

bool buf_add(buf *b, str s); /* false when over; s may be a piece of b */
bool buf_add_byte(buf *b, char c);
bool buf_add_u64(buf *b, uint64_t v); /* decimal */
bool buf_add_i64(buf *b, int64_t v);
bool buf_addf(buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes to be written by the caller, then buf_commit(b, used). NULL when over. */
char *buf_reserve(buf *b, size_t n);
void buf_commit(buf *b, size_t n);

static inline str buf_str(const buf *b) { return (str){b->p, b->n}; }
void buf_clear(buf *b);              /* n = 0 and over = false; keeps the memory */
void buf_truncate(buf *b, size_t n); /* n <= b->n */
void buf_consume(buf *b, size_t n);  /* drops n bytes at the front; n <= b->n */

#define SCOPED_BUF __attribute__((cleanup(buf_free))) buf

#endif
