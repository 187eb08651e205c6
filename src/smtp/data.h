/* The bytes of a message as they come behind DATA and BDAT: pure incremental state machines.
 *
 * Any split of the input gives the same result. Nothing is allocated or copied: pieces are slices of the input.
 * Only CRLF "." CRLF ends DATA (RFC 5321 4.1.1.4); a bare CR or LF never ends a line, and its presence is told, so that
 * the message can be refused: that is the whole of what SMTP smuggling needs. Called by the sessions, on the loop. */
#ifndef GODWIT_SMTP_DATA_H
#define GODWIT_SMTP_DATA_H

#include "base/str.h"

/* Watches line ends of a message given in pieces. All zero at the start. */
typedef struct smtp_line_ends {
    bool after_cr;
    bool bare; /* a CR without LF or a LF without CR was seen (RFC 5321 2.3.8) */
    bool nul;
} smtp_line_ends;
void smtp_line_ends_feed(smtp_line_ends *e, str piece);
void smtp_line_ends_finish(smtp_line_ends *e); /* the message is over: a CR at its very end is bare too */

/* Takes the dots out of DATA and finds its end. smtp_data_begin first. */
typedef struct smtp_data {
    enum {
        SMTP_DATA_TEXT,
        SMTP_DATA_CR,     /* behind a CR */
        SMTP_DATA_LINE,   /* at the beginning of a line */
        SMTP_DATA_DOT,    /* behind the first dot of a line, which is not content */
        SMTP_DATA_DOT_CR, /* behind CRLF "." CR; the CR is not given out yet */
        SMTP_DATA_END,
    } state;
} smtp_data;
void smtp_data_begin(smtp_data *d);
/* Gives the next piece of content and advances `in`. False when `in` is used up or the end was found
 * (state SMTP_DATA_END; what is left in `in` is the next command). */
bool smtp_data_next(smtp_data *d, str *in, str *piece);

#endif
