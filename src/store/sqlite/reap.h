/* Cleaning up behind removals, in portions small enough not to be felt: messages of mailboxes that are gone, and blobs
 * that nobody owns any more. Called by the writer between batches; a crash only means that it is done later. */
#ifndef GODWIT_STORE_SQLITE_REAP_H
#define GODWIT_STORE_SQLITE_REAP_H

#include "store/sqlite/writer.h"

/* One portion inside a transaction; *more when another would find something. */
err reap_portion(tx *t, bool *more) MUST_USE;

#endif
