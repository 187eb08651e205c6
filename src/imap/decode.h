/* Transfer encodings undone piece by piece, so that a large part is never in memory whole. Pure but for the spool. */
#ifndef GODWIT_IMAP_DECODE_H
#define GODWIT_IMAP_DECODE_H

#include "mail/spool.h"

bool imap_encoding_is_identity(str encoding); /* 7bit, 8bit, binary, or none */
/* base64 and quoted-printable (RFC 2045 6). False: another encoding, nothing written. */
bool imap_decode(spool *to, str encoding, str body);

#endif
