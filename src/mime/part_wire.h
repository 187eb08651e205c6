/* Strings of ENVELOPE and BODYSTRUCTURE as IMAP carries them. Internal to mime; pure functions. */
#ifndef GODWIT_MIME_PART_WIRE_H
#define GODWIT_MIME_PART_WIRE_H

#include "base/buf.h"

/* A quoted string, or a literal when s has a CR, LF or byte above 127 (RFC 9051 4.3). NUL, which neither can carry,
 * is left out. */
bool wire_string(buf *out, str s);
/* The same; NIL for p == NULL. */
bool wire_nstring(buf *out, str s);

#endif
