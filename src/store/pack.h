/* Pieces of text packed for storage: compressed where that pays, and with a checksum of what they must become again.
 *
 * A packed piece is a byte that says how, the CRC-32C of the plain bytes (little end first), then the bytes. The
 * compression contexts are one for each thread. Called on threads only: zstd needs more stack than a fiber has. */
#ifndef GODWIT_STORE_PACK_H
#define GODWIT_STORE_PACK_H

#include "base/buf.h"
#include "base/err.h"

enum { PACK_OVERHEAD = 5 };

/* Appends the packed form, at most PACK_OVERHEAD more bytes than the plain one. False when the buffer is over. */
bool pack_add(buf *out, str plain);
/* Exactly n plain bytes to `to`; ERR_CORRUPT when that is not what was packed. */
err pack_open(str packed, char *to, size_t n) MUST_USE;

#endif
