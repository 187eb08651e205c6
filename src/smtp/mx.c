/* Mail from other servers. Only ours are delivered to; only trusted networks relay. No AUTH: users submit elsewhere
 * (RFC 6409). */
#include "smtp/session.h"

static bool may_relay(const smtp_session *s) { return s->trusted; }
static bool may_send(smtp_session *s, const addr_spec *sender, arena *a) { return true; }

const smtp_policy smtp_policy_mx = {
    .protocol = "ESMTP",
    .hellos = SMTP_HELLO_HELO | SMTP_HELLO_EHLO,
    .may_relay = may_relay,
    .may_send = may_send,
};
