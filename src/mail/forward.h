/* What an accepted message becomes: its copies, after all forwards were followed.
 *
 * Called by accept.c, in a fiber or a plain thread (asks the store). Results live in the arena. Two recipients that
 * lead to the same account or the same remote address share one copy. Loops end where an address comes round again, and
 * after FORWARD_DEPTH levels. */
#ifndef GODWIT_MAIL_FORWARD_H
#define GODWIT_MAIL_FORWARD_H

#include "mail/mail.h"

typedef struct mail_copy {
    enum { COPY_LOCAL, COPY_REMOTE, COPY_FAILED } kind;
    str address;  /* printed: Delivered-To of a local copy, the recipient of a remote one */
    str original; /* "type;address": ORCPT as given, or what the sender wrote when it was forwarded; "" */
    unsigned notify;
    int64_t account;    /* COPY_LOCAL */
    err result;         /* COPY_FAILED: why; of a local one, filled when it was stored */
    size_t linked_last; /* the recipient whose link was made last, + 1 */
} mail_copy;

typedef struct mail_link { /* this recipient of the envelope led to that copy */
    size_t recipient, copy;
} mail_link;

typedef struct mail_plan {
    mail_copy *copies;
    size_t n;
    mail_link *links; /* by recipient, rising */
    size_t links_n;
} mail_plan;

/* Fails only when the store does (ERR_TEMP) or a budget is spent (ERR_TEMP/ERR_LIMIT): what is wrong with one recipient
 * is in its copies. */
err mail_expand(mail *m, const mail_envelope *e, arena *a, mail_plan *out) MUST_USE;

#endif
