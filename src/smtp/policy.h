/* What sets MX, submission and LMTP apart: one small table each (mx.c, submit.c, lmtp.c). Private to the SMTP sessions.
 */
#ifndef GODWIT_SMTP_POLICY_H
#define GODWIT_SMTP_POLICY_H

#include "mime/address.h"
#include "smtp/smtp.h"

struct smtp_session;

enum { SMTP_HELLO_NONE = 0, SMTP_HELLO_HELO = 1, SMTP_HELLO_EHLO = 2, SMTP_HELLO_LHLO = 4 };

typedef struct smtp_policy {
    const char *protocol; /* of the banner */
    unsigned hellos;      /* greetings it knows */
    bool auth;            /* AUTH is offered */
    bool submission;      /* messages are our own users': RFC 6409 8 */
    bool each_recipient;  /* a reply for every recipient after the data (RFC 2033) */
    /* May this client send to addresses that are not ours? */
    bool (*may_relay)(const struct smtp_session *s);
    /* Looks at MAIL before it is taken; false: it has replied. */
    bool (*may_send)(struct smtp_session *s, const addr_spec *sender, arena *a);
} smtp_policy;

extern const smtp_policy smtp_policy_mx, smtp_policy_submit, smtp_policy_lmtp;

#endif
