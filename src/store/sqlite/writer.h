/* The one thread that writes: group commit.
 *
 * It takes every change that waits, runs them as one transaction, commits with one fsync and only then answers
 * everybody. It commits at once when nothing else waits, never by a timer. A change that fails before it wrote
 * anything (they validate first) costs the others nothing; when one fails after it wrote, the batch is rolled back
 * and run again with a savepoint for each, so a change may run twice and must not alter its arguments. When the
 * transaction itself cannot be saved (disk full, I/O error) every change in it fails, and after a failed fsync
 * nothing is written any more until the store has been opened anew: what the kernel dropped cannot be known.
 *
 * writer_run may be called from fibers (which wait) and threads (which block). */
#ifndef GODWIT_STORE_SQLITE_WRITER_H
#define GODWIT_STORE_SQLITE_WRITER_H

#include "store/sqlite/db.h"
#include "store/backend.h"

typedef struct writer writer;

/* The transaction a change runs in. What it notes is acted on after the commit. */
typedef struct tx {
    db *d;
    const store_owner *owner;
    store_touch *touched;
    size_t touched_n, touched_cap;
    bool queue;  /* entries may have become due sooner */
    bool litter; /* something is left to be cleaned up (reap.h) */
} tx;
void tx_touch(tx *t, int64_t account, int64_t mailbox);

typedef err (*write_fn)(tx *t, void *arg);

/* Takes *d, the writing connection, also when it fails. */
err writer_start(writer **out, db *d, const store_owner *owner) MUST_USE;
void writer_stop(writer *w); /* finishes what waits, cleans up for a moment, closes; NULL-safe */
err writer_run(writer *w, write_fn fn, void *arg) MUST_USE;

#endif
