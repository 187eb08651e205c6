/* From the bytes of a message as they came to the bytes that are stored: our Received on top, and for our own users
 * what RFC 6409 8 lets a submission server mend (Date, Message-ID, Bcc). Nothing else is touched: signatures of others
 * must go on to hold.
 *
 * Called by accept.c. Large messages are looked through in offload, so that a loop does not stand still for them. */
#ifndef GODWIT_MAIL_CONTENT_H
#define GODWIT_MAIL_CONTENT_H

#include "mail/mail.h"

typedef struct mail_content {
    store_content stored; /* its bytes lie in `copy`, or where the message came (mail_envelope.headroom) */
    bool body8;           /* a byte above 127 anywhere */
    bool header8;         /* one in the header of the message or of a part (RFC 6532) */
    buf copy;
} mail_content;

/* ERR_PEER as mail_accept says; ERR_TEMP when no thread was free. Free with mail_content_free, also after a failure. */
err mail_content_make(const mail_config *c, const mail_envelope *e, const mail_trace *t, str raw, int64_t now, arena *a,
                      mail_content *out) MUST_USE;
void mail_content_free(mail_content *c);

#endif
