/* base64 bodies that can be rebuilt byte for byte: lines of one width, one kind of line end, strict alphabet and
 * padding. Pure; called by store/content.c and store/render.c on threads. */
#ifndef GODWIT_STORE_ARMOR_H
#define GODWIT_STORE_ARMOR_H

#include "base/buf.h"
#include "base/err.h"

typedef struct armor {
    uint32_t width; /* characters of a full line; the last may have fewer and no line end */
    bool lf;        /* lines end with LF alone, not CRLF */
} armor;

/* Decodes `body` into `out` (appended) and says how its beginning, *used bytes, is rebuilt; only line ends and blanks
 * may follow. False when rebuilding would not give the same bytes: *out is as it was then. */
bool armor_open(str body, buf *out, armor *how, size_t *used);

/* Length of the rebuilt text of `bytes` decoded bytes, 0 when it would not fit into 64 bits. */
uint64_t armor_size(const armor *how, uint64_t bytes);

/* Where the decoded bytes come from. */
typedef struct armor_source {
    void *arg;
    err (*read)(void *arg, uint64_t at, char *to, size_t n);
} armor_source;
/* n bytes of the rebuilt text from offset `at`; the range lies inside it. */
err armor_print(const armor *how, uint64_t bytes, uint64_t at, char *to, size_t n, armor_source from) MUST_USE;

#endif
