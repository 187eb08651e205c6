/* Looking for blobs that nobody refers to: files written for a transaction that a crash prevented.
 *
 * One process owns a store's housekeeping (a lock in its directory); when the last owner did not end cleanly, the new
 * one walks the blob directory once, on a thread of its own, a portion at a time through the backend's writer. */
#ifndef GODWIT_STORE_SWEEP_H
#define GODWIT_STORE_SWEEP_H

#include "store/backend.h"
#include "store/blob.h"

typedef struct sweep sweep;

/* *out stays NULL when another process is the owner. `path` is the store's directory. */
err sweep_begin(sweep **out, str path, const store_backend *ops, void *backend, blobs *b) MUST_USE;
/* The walk ends before the backend does: first stop, then close the backend, then end (which notes a clean end). */
void sweep_stop(sweep *s); /* NULL-safe */
void sweep_end(sweep *s);  /* NULL-safe */

/* A file may have been left behind: the next start shall look, however this one ends. Any thread; NULL-safe. */
void sweep_doubt(sweep *s);

#endif
