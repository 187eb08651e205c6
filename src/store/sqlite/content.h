/* Content rows inside a transaction: who owns them, what they own.
 *
 * A content has one owner for each message row and one for each queued message; the last to let go frees it and its
 * blobs. Only for store/sqlite. */
#ifndef GODWIT_STORE_SQLITE_CONTENT_H
#define GODWIT_STORE_SQLITE_CONTENT_H

#include "store/sqlite/writer.h"

/* To be asked before anything is written: ERR_TEMP/ERR_CONFLICT when a blob is not there any more. */
err content_check(tx *t, const store_packed *packed) MUST_USE;
/* owners >= 1. */
err content_add(tx *t, const store_packed *packed, size_t owners, int64_t *id) MUST_USE;
err content_share(db *d, int64_t id, size_t more) MUST_USE;
err content_release(tx *t, int64_t id) MUST_USE;

/* Gives a content to fn as a source. */
err content_open(db *d, int64_t id, str prefix, store_source_fn fn, void *arg) MUST_USE;

#endif
