/* Mailbox names on the wire: modified UTF-7 of IMAP4rev1 (RFC 3501 5.1.3), UTF-8 of IMAP4rev2 and UTF8=ACCEPT.
 *
 * Pure functions. Decoding is strict: a name has one encoding only (no base64 of printable ASCII, no missing shift, no
 * lone surrogates, no left-over bits), so that two spellings never mean one mailbox. */
#ifndef GODWIT_IMAP_UTF7_H
#define GODWIT_IMAP_UTF7_H

#include "base/buf.h"

bool imap_utf7_encode(buf *out, str utf8); /* false when over or not UTF-8 */
bool imap_utf7_decode(buf *out, str name); /* false when over or malformed */

#endif
