/* Bytes of a stored message, put together again from head, chunks and blobs. Every piece is checked against its
 * checksum as it is read. Runs on a reader thread, inside the callback of backend->read. */
#ifndef GODWIT_STORE_RENDER_H
#define GODWIT_STORE_RENDER_H

#include "store/backend.h"
#include "store/blob.h"

/* At most n bytes from `offset` (fewer at the end) into the arena. ERR_CORRUPT when what is stored is not what was
 * accepted. */
err render_range(store_source *from, blobs *b, uint64_t offset, uint64_t n, arena *a, str *out) MUST_USE;

#endif
