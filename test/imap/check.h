/* What the tests of src/imap share: cmocka, comparisons, and a scanner over a literal. Tests only. */
#ifndef GODWIT_TEST_IMAP_CHECK_H
#define GODWIT_TEST_IMAP_CHECK_H

#include "../base/check.h"

#include "base/limits.h"
#include "base/mem.h"
#include "imap/grammar.h"

typedef struct scratch {
    arena memory;
    imap_scan scan;
} scratch;

static inline imap_scan *scan_of(scratch *x, str text) {
    arena_free(&x->memory);
    arena_init(&x->memory, 4 * LIMIT_COMMAND_ARENA);
    x->scan = (imap_scan){text, &x->memory};
    return &x->scan;
}

#endif
