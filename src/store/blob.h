/* The blob directory: decoded attachments, each once, in files named by the SHA-256 of their bytes (aa/bb/aabb…), so
 * that sha256sum can check them.
 *
 * A blob is written to a temporary name, made durable, renamed, and its directory made durable, all before the
 * transaction that first refers to it. Deleting is the backend's decision (store_owner.blob_remove). Runs on threads;
 * thread-safe. */
#ifndef GODWIT_STORE_BLOB_H
#define GODWIT_STORE_BLOB_H

#include "base/err.h"
#include "store/backend.h"

typedef struct blobs blobs;

/* Makes the directory with mode 0700 when absent (not with read_only). */
err blobs_open(blobs **out, str path, bool read_only) MUST_USE;
void blobs_close(blobs *b); /* NULL-safe */

/* The blob is durably there when this returns OK; *id is its name. */
err blobs_put(blobs *b, str bytes, blob_id *id) MUST_USE;
bool blobs_present(blobs *b, const blob_id *id);
void blobs_remove(blobs *b, const blob_id *id); /* absent is fine */
/* A descriptor to read it; ERR_NOT_FOUND when it is not there, ERR_CORRUPT when its size is not the one known. */
err blobs_open_file(blobs *b, const blob_ref *blob, int *fd) MUST_USE;

/* The blobs in the directory whose first byte is `first`, at most `max` of them that follow `after` (NULL: from the
 * start). */
void blobs_list(blobs *b, unsigned char first, blob_id *out, size_t max, const blob_id *after, size_t *n);
/* Removes temporary files that a crash left long ago. */
void blobs_tidy(blobs *b);

#endif
