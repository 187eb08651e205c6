/* Delivery status notifications: failure, delay, success (RFC 3461, 3464, 6522, 6533).
 *
 * Called by queue when it settles (bounce_notice, through app/serve), by mail_accept for recipients that failed after
 * the message was taken (bounce_write). Never for a null sender. bounce_write is pure but for randomness and the clock;
 * bounce_notice waits for the store: in fibers or plain threads. */
#ifndef GODWIT_MAIL_BOUNCE_H
#define GODWIT_MAIL_BOUNCE_H

#include "mail/mail.h"
#include "queue/queue.h"

typedef enum bounce_kind { BOUNCE_FAILED, BOUNCE_DELAYED, BOUNCE_DELIVERED, BOUNCE_RELAYED } bounce_kind;

typedef struct bounce_recipient {
    str address, original;
    bounce_kind kind;
    str status;     /* "5.1.1" */
    str remote;     /* remote MTA name, "" when it was us */
    str diagnostic; /* the remote's answer or our words; any bytes: escaped inside */
    str history;    /* all attempts, a line each */
    int64_t last_attempt;
    int64_t retry_until; /* BOUNCE_DELAYED */
} bounce_recipient;

/* Appends the whole notice message to out. original: the message's bytes (header alone suffices when ret_headers or
 * larger than full_max). */
bool bounce_write(buf *out, const mail_config *c, str sender, str envid, int64_t arrived,
                  const bounce_recipient *recipients, size_t n, str original, bool ret_headers, uint64_t full_max);

enum { BOUNCE_FULL_MAX = 64 * 1024 }; /* a larger original goes back as its header alone */

/* queue_config.notice with a struct mail as `self`: the notice for the entries marked in `which`, on its way to the
 * message's sender: into a mailbox of ours, or as a queue entry for "relay". */
err bounce_notice(void *mail, const queue_attempt *attempt, const bool *which, queue_notice kind, arena *a,
                  store_accepted *notice, bool *made) MUST_USE;

#endif
