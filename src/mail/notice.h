/* The notices that are due the moment a message was accepted: for local copies that could not be stored, and for those
 * that were when the sender asked to hear of it (RFC 3461 NOTIFY=SUCCESS). Everything later is the queue's. Called by
 * accept.c. */
#ifndef GODWIT_MAIL_NOTICE_H
#define GODWIT_MAIL_NOTICE_H

#include "mail/forward.h"

/* The message is committed already, so this cannot fail it: what goes wrong is logged. */
void mail_notices(mail *m, const mail_envelope *e, const mail_plan *plan, str message, int64_t now);

#endif
