/* The grammar of SMTP and LMTP replies (RFC 5321 4.2, RFC 2034), a line at a time.
 *
 * Called by the other smtp/client rooms alone. Pure but for one bounded buffer; no input crashes it, and a server that
 * never comes to an end costs SMTP_REPLY_LINES lines. What it keeps of the words can stand in a log line, a history or
 * a notice as it is: control characters, line ends and bad UTF-8 are escaped. */
#ifndef GODWIT_SMTP_CLIENT_REPLY_H
#define GODWIT_SMTP_CLIENT_REPLY_H

#include "base/buf.h"

enum {
    SMTP_REPLY_LINE = 4096,  /* bytes of one line; RFC 5321 4.5.3.1.5 says 512, servers say more */
    SMTP_REPLY_LINES = 1000, /* of one reply; a long EHLO answer has thirty */
    SMTP_REPLY_TEXT = 1500,  /* bytes kept of the words of one reply */
};

typedef enum smtp_reply_state {
    SMTP_REPLY_MORE, /* another line must follow */
    SMTP_REPLY_DONE,
    SMTP_REPLY_BAD, /* no SMTP reply, or no end of it: the connection is of no more use */
} smtp_reply_state;

typedef struct smtp_reply_parse {
    unsigned code;   /* 200 to 599; of the last line */
    char status[12]; /* RFC 3463, of the first line that has one; "" none */
    size_t lines;
    buf words; /* all lines joined by blanks, without codes, escaped */
    bool ended;
} smtp_reply_parse;

void smtp_reply_init(smtp_reply_parse *p);
void smtp_reply_free(smtp_reply_parse *p);
void smtp_reply_begin(smtp_reply_parse *p); /* forgets the reply before; keeps the memory */

/* The next line without its line end. `text` gets the raw words behind the code (a view of `line`). */
smtp_reply_state smtp_reply_line(smtp_reply_parse *p, str line, str *text);

/* RFC 3463 2: "5.1.1" in front of `s`, ended by a blank or the end. Its length, or 0. */
size_t smtp_status_size(str s);

#endif
