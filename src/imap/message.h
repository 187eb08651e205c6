/* The bytes of one message, read from the store as far as they are needed: its header, or all of it with its parts.
 *
 * Internal to imap/; in a fiber on the connection's loop (parsing goes to a thread). A large message lies in an unnamed
 * temporary file while it is looked at, never in memory as a whole. Slices live until imap_message_close. */
#ifndef GODWIT_IMAP_MESSAGE_H
#define GODWIT_IMAP_MESSAGE_H

#include "imap/session.h"
#include "mail/spool.h"
#include "mime/part.h"

typedef struct imap_message {
    imap_session *session;
    uint32_t uid;
    uint64_t size;
    uint32_t header_size;
    arena memory;
    str header; /* p NULL: not read yet */
    bool loaded;
    spool bytes;
    part_tree tree; /* once loaded */
    spool decoded;  /* of the last imap_message_decode */
    bool has_decoded;
} imap_message;

void imap_message_open(imap_message *m, imap_session *s, const store_message *row);
void imap_message_close(imap_message *m); /* usable again after open; fine for one never opened (zeroed) */

err imap_message_header(imap_message *m, str *out) MUST_USE; /* at most IMAP_HEADER_MOST bytes of it */
err imap_message_load(imap_message *m) MUST_USE;             /* all of it, and `tree` */

/* A part's content without its transfer encoding (RFC 3516). ERR_PEER/ERR_UNSUPPORTED: an encoding nobody knows. The
 * slice lives until the next decode. */
err imap_message_decode(imap_message *m, const part *p, str *out) MUST_USE;

enum { IMAP_HEADER_MOST = 1024 * 1024 };

#endif
