/* The last step from another mail server to our mailboxes (RFC 2033): a reply for each recipient, and never on to
 * elsewhere. */
#include "smtp/session.h"

static bool may_relay(const smtp_session *s) { return false; }
static bool may_send(smtp_session *s, const addr_spec *sender, arena *a) { return true; }

const smtp_policy smtp_policy_lmtp = {
    .protocol = "LMTP",
    .hellos = SMTP_HELLO_LHLO,
    .each_recipient = true,
    .may_relay = may_relay,
    .may_send = may_send,
};
