/* Mailbox names between wire and store: one mailbox, one name.
 *
 * Pure. The store's names are UTF-8 in NFC with '/' between levels and "INBOX" in capitals (RFC 9051 5.1). What else a name
 * may hold the store decides. */
#ifndef GODWIT_IMAP_NAME_H
#define GODWIT_IMAP_NAME_H

#include "base/arena.h"

/* `utf8`: the name is UTF-8, else modified UTF-7. False: not a name in that encoding, empty, or too long. */
bool imap_name_read(str wire, bool utf8, arena *memory, str *out);
/* The same for a LIST pattern, which may be empty; '%' and '*' stay as they are. */
bool imap_name_read_pattern(str wire, bool utf8, arena *memory, str *out);

#endif
