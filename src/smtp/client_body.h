/* The bytes of a message as they go to a server, a block at a time. Pure; called by smtp/client_send.c.
 *
 * A CR or LF that is not part of a CRLF leaves as a blank: RFC 5321 2.3.8 forbids to send one, a server that took it
 * for a line end would see other lines than we did (a smuggled end of data, a header field that was none), and a blank
 * keeps every other byte where it was, so SIZE stays true. */
#ifndef GODWIT_SMTP_CLIENT_BODY_H
#define GODWIT_SMTP_CLIENT_BODY_H

#include "base/buf.h"

typedef struct smtp_encoder {
    bool dots;     /* DATA: a dot that begins a line is doubled, RFC 5321 4.5.2 */
    bool after_cr; /* a CR was read and not yet written */
    bool in_line;  /* bytes since the last CRLF */
} smtp_encoder;

/* Appends at most 2 * in.n + 1 bytes. */
void smtp_encode_block(smtp_encoder *e, str in, buf *out);
/* The end: what was held back, and for DATA the end of the last line and the final dot. At most 6 bytes. */
void smtp_encode_end(smtp_encoder *e, buf *out);

#endif
