/* Substring search as SEARCH means it: letters without case, Unicode composed (RFC 9051 6.4.4, RFC 5051 in effect).
 *
 * Pure, linear time. Folding what is not ASCII is slow: long texts belong in a thread. */
#ifndef GODWIT_IMAP_CONTAINS_H
#define GODWIT_IMAP_CONTAINS_H

#include "base/str.h"
#include "base/utf8.h"

/* Text is valid UTF-8. An empty needle is in everything. `ascii_needle`: it has no byte above 127. */
bool imap_contains(str text, str needle, bool ascii_needle);

#endif
