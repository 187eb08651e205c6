/* Replies: codes, enhanced codes (RFC 2034, 3463), several lines. Private to the SMTP sessions.
 *
 * smtp_say_print is pure; the others write to the session's connection. Reply texts are cut and cleaned, so nothing a
 * peer or a library said can become a line of its own. */
#ifndef GODWIT_SMTP_REPLY_H
#define GODWIT_SMTP_REPLY_H

#include "base/buf.h"
#include "base/err.h"

struct smtp_session;

/* status "" for replies without one (220, 334, 354, EHLO). Lines of `text` are separated by '\n'. */
void smtp_say_print(buf *out, unsigned code, const char *status, str text);

/* Replies of 500 and more count as errors of the client. */
void smtp_say(struct smtp_session *s, unsigned code, const char *status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void smtp_say_text(struct smtp_session *s, unsigned code, const char *status, str text);
/* What mail_route, mail_accept or the spool answered; `subject` (may be empty) goes in front as "<subject>". */
void smtp_say_err(struct smtp_session *s, const err *e, str subject);
unsigned smtp_code_of(const err *e);

#endif
