/* The store as its own rooms see it. Only for the .c files beside it. */
#ifndef GODWIT_STORE_INSIDE_H
#define GODWIT_STORE_INSIDE_H

#include "store/backend.h"
#include "store/blob.h"
#include "store/content.h"
#include "store/gate.h"
#include "store/sweep.h"
#include "store/watch.h"

struct store {
    const store_backend *ops;
    void *backend;
    store_owner owner; /* what the backend asks of us */
    blobs *blobs;
    watches *watches;
    sweep *sweep; /* NULL: another process looks after the blobs, or there was nothing to sweep */
    uint64_t blob_least;
    bool read_only;
};

enum { STORE_WAIT_MS = 30000 }; /* for a thread of the shared pool */

/* Splits and packs a message. On a thread of the shared pool, never on a fiber's stack. */
err store_pack(store *s, const store_content *from, content_pack *out) MUST_USE;
/* Afterwards, unless store_pack failed. When the change did not happen, its blobs may be nobody's and go. */
void store_unpack(store *s, content_pack *c, bool stored);
/* A blob was swept between its writing and its first reference: everything again, a few times. */
enum { STORE_TRIES = 4 };
static inline bool store_again(err e) { return e.kind == ERR_TEMP && e.what == ERR_CONFLICT; }

/* Makes the range callback of backend->read: bytes from `offset`, at most n, into the arena. */
typedef struct store_reading {
    store *s;
    uint64_t offset, n;
    arena *a;
    str out;
} store_reading;
err store_render(void *reading, store_source *from);
/* An attachment that is missing in a message that is still there. */
static inline bool store_vanished(err e) { return e.kind == ERR_TEMP && e.what == ERR_NOT_FOUND; }
err store_lost(void); /* ERR_CORRUPT */

#endif
