/* Randomness from the kernel. Thread-safe; never blocks after boot; aborts when the kernel has none. */
#ifndef GODWIT_BASE_RAND_H
#define GODWIT_BASE_RAND_H

#include "base/buf.h"

void rand_bytes(void *p, size_t n);
uint64_t rand_u64(void);
uint64_t rand_below(uint64_t bound); /* uniform in [0, bound); bound > 0 */

/* 130 random bits as 26 characters of [0-9a-z]: names for messages, connections, temporary files. */
enum { RAND_ID = 26 };
void rand_id(char out[RAND_ID]);

#endif
