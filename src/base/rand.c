#include "base/rand.h"

#include <unistd.h>

#include "base/err.h"

enum { ENTROPY_AT_ONCE = 256 }; /* getentropy(3) gives no more in one call */

void rand_bytes(void *p, size_t n) {
    unsigned char *at = p;
    while (n) {
        size_t some = n < ENTROPY_AT_ONCE ? n : ENTROPY_AT_ONCE;
        ASSERT(getentropy(at, some) == 0);
        at += some;
        n -= some;
    }
}

uint64_t rand_u64(void) {
    uint64_t v;
    rand_bytes(&v, sizeof v);
    return v;
}

uint64_t rand_below(uint64_t bound) {
    ASSERT(bound > 0);
    /* The first 2^64 mod bound values would make some results likelier: draw again. */
    uint64_t unfair = (0 - bound) % bound;
    uint64_t v;
    do
        v = rand_u64();
    while (v < unfair);
    return v % bound;
}

void rand_id(char out[RAND_ID]) {
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* without i, l, o and u: easy to read aloud */
    unsigned char bytes[RAND_ID];
    rand_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < RAND_ID; i++)
        out[i] = alphabet[bytes[i] & 31];
}
