/* Mailbox names from the wire. Pure.
 *
 * Only the encoding is undone here: what a name may hold, and its one form (NFC, INBOX in capitals), is the store's
 * business. A LIST pattern never reaches the store, so it gets that form here, to be compared with the store's names.
 */
#ifndef GODWIT_IMAP_NAME_H
#define GODWIT_IMAP_NAME_H

#include "base/arena.h"

/* `utf8`: the name is UTF-8, else modified UTF-7. False: not in that encoding, empty, or far too long. */
bool imap_name_read(str wire, bool utf8, arena *memory, str *out);
bool imap_name_read_pattern(str wire, bool utf8, arena *memory, str *out); /* may be empty */

#endif
