/* Delivery status notifications: failure, delay, success (RFC 3461, 3464, 6522, 6533). Pure but for randomness and the clock.
 *
 * Called by queue when it settles, by mail_accept for recipients that failed after the message was taken. Never for a null sender. */
#ifndef GODWIT_MAIL_BOUNCE_H
#define GODWIT_MAIL_BOUNCE_H

#include "mail/mail.h"

typedef enum bounce_kind { BOUNCE_FAILED, BOUNCE_DELAYED, BOUNCE_DELIVERED, BOUNCE_RELAYED } bounce_kind;

typedef struct bounce_recipient {
    str address, original;
    bounce_kind kind;
    str status;      /* "5.1.1" */
    str remote;      /* remote MTA name, "" when it was us */
    str diagnostic;  /* the remote's answer or our words; any bytes: escaped inside */
    str history;     /* all attempts, a line each */
    int64_t last_attempt;
    int64_t retry_until; /* BOUNCE_DELAYED */
} bounce_recipient;

/* Appends the whole notice message to out. original: the message's bytes (header alone suffices when ret_headers or larger than full_max). */
bool bounce_write(buf *out, const mail_config *c, str sender, str envid, int64_t arrived, const bounce_recipient *recipients, size_t n,
                  str original, bool ret_headers, uint64_t full_max);

#endif
