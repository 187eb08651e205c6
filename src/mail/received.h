/* The Received field: RFC 5321 4.4, with the words of RFC 3848 and RFC 6531 4.3. Pure. Called by accept. */
#ifndef GODWIT_MAIL_RECEIVED_H
#define GODWIT_MAIL_RECEIVED_H

#include "mail/mail.h"

/* Appends the whole field with its CRLF. What the client said of itself is shown only where it can be nothing but a
 * name. `now`: Unix seconds. */
void received_print(buf *out, const mail_config *c, const mail_envelope *e, const mail_trace *t, int64_t now);

#endif
