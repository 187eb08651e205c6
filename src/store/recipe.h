/* How the body of a stored message is put together again: a list of pieces, each inline text or a blob, as bytes in the
 * content row.
 *
 * Only messages with blobs have a recipe. Bytes: a version, then for each piece its kind, its length in the message
 * and, for blobs, what is needed to rebuild it; numbers are LEB128. Pure; read back from disk, so the reader trusts
 * nothing. */
#ifndef GODWIT_STORE_RECIPE_H
#define GODWIT_STORE_RECIPE_H

#include "base/buf.h"
#include "store/armor.h"
#include "store/backend.h"

enum { BLOB_BLOCK = 65536 }; /* bytes of a blob under one checksum: what the smallest read of it costs */

typedef enum piece_kind { PIECE_INLINE, PIECE_BLOB, PIECE_BASE64_CRLF, PIECE_BASE64_LF } piece_kind;

typedef struct piece {
    piece_kind kind;
    uint64_t n;     /* bytes in the message */
    blob_ref blob;  /* unless inline */
    uint32_t width; /* base64: see armor.h */
    str crcs;       /* of the blob's blocks, four bytes each, little end first */
} piece;

bool recipe_begin(buf *out);
bool recipe_add(buf *out, const piece *p);

/* Checks the version and leaves the pieces in *rest. */
err recipe_open(str recipe, str *rest) MUST_USE;
/* The next piece; ERR_CORRUPT when the bytes are none. Call while rest is not empty. */
err recipe_next(str *rest, piece *out) MUST_USE;

armor recipe_armor(const piece *p); /* of a base64 piece */
uint64_t recipe_blocks(uint64_t blob_size);

#endif
