/* LIST patterns (RFC 9051 6.3.9): "*" matches anything, "%" anything within one level.
 *
 * Pure. A pattern is compiled once for a command; matching looks at every byte of the name once, with one step a word
 * of 64 pattern positions, whatever the pattern: no backtracking. */
#ifndef GODWIT_IMAP_PATTERN_H
#define GODWIT_IMAP_PATTERN_H

#include "base/arena.h"

typedef struct imap_pattern {
    str text;        /* wildcards beside each other folded into one */
    size_t words;    /* of a position set */
    uint64_t *bytes; /* 256 sets: positions at which this byte may be taken */
    uint64_t *star, *percent;
    uint64_t *now, *next; /* working sets */
} imap_pattern;

bool imap_pattern_compile(imap_pattern *p, str text, arena *memory); /* false: the arena is full */
bool imap_pattern_match(const imap_pattern *p, str name);

#endif
