/* The two parts of a notice that are written here: for people (bounce_text.c) and for programs (bounce_status.c). Pure.
 * Included by the bounce files of src/mail alone. */
#ifndef GODWIT_MAIL_BOUNCE_PARTS_H
#define GODWIT_MAIL_BOUNCE_PARTS_H

#include "mail/bounce.h"

typedef struct bounce {
    const mail_config *config;
    str sender, envid;
    int64_t arrived;
    const bounce_recipient *recipients;
    size_t n;
    str original;
    bool utf8; /* something of it can be told in UTF-8 only: RFC 6533 */
} bounce;

str bounce_subject(const bounce *b);
void bounce_text(buf *out, const bounce *b); /* UTF-8, lines ended by LF */
void bounce_status(buf *out,
                   const bounce *b); /* message/delivery-status, or message/global-delivery-status with b->utf8 */

#endif
