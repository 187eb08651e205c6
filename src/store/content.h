/* A message split for storage: its header and text packed for the row, its attachments decoded into blobs.
 *
 * Called by store/accept.c and store/messages.c on a thread of the shared pool. What store/render.c makes of the result
 * is compared with what came, byte for byte, before it is used. */
#ifndef GODWIT_STORE_CONTENT_H
#define GODWIT_STORE_CONTENT_H

#include "store/backend.h"
#include "store/blob.h"

enum {
    CONTENT_CHUNK = 131072, /* plain bytes of one packed piece: what the smallest read of a large text costs */
};

/* The bytes of a message that are packed as its head: the header, when that is no monster. */
size_t content_head(uint32_t header_size);

/* Owns what its `packed` points to, but for envelope and structure, which are the caller's. */
typedef struct content_pack {
    store_packed packed;
    arena memory;
} content_pack;

/* Also after an error *out is to be freed, and says which blobs had been written by then. */
err content_make(content_pack *out, const store_content *from, blobs *b, uint64_t blob_least) MUST_USE;
void content_free(content_pack *c);

#endif
