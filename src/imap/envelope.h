/* Reads back the ENVELOPE and BODYSTRUCTURE that the store keeps with a message's row, as mime/part rendered them.
 *
 * So SEARCH FROM, SUBJECT and SENTSINCE, and FETCH BODY, need not open the message. Pure; decoding RFC 2047 words may
 * convert charsets (mime/word.h), so imap_envelope_text and _addresses run off the loop. */
#ifndef GODWIT_IMAP_ENVELOPE_H
#define GODWIT_IMAP_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct imap_envelope {
    str date, subject, message_id;
    str from, to, cc, bcc; /* address lists as they stand: "((...)(...))" or "NIL" */
} imap_envelope;

/* False when it does not follow the grammar; then everything is empty. */
bool imap_envelope_parse(str envelope, arena *memory, imap_envelope *out);
/* Appends "Name <local@host>", one line an address, words decoded. */
void imap_envelope_addresses(buf *out, str list, arena *memory);

/* BODYSTRUCTURE without its extension data: what FETCH BODY answers. False when it does not follow the grammar. */
bool imap_structure_basic(buf *out, str structure);

#endif
