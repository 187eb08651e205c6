/* Mail from our own users (RFC 6409). They authenticate, or come from a trusted network where that is enough. */
#include "smtp/session.h"

static bool known(const smtp_session *s) { return s->user || (s->trusted && !s->service->require_auth); }

static bool may_send(smtp_session *s, const addr_spec *sender, arena *a) {
    if (!known(s)) {
        smtp_say(s, 530, "5.7.0", "Authentication required"); /* RFC 4954 6 */
        return false;
    }
    if (!s->user || !s->service->config->check_sender)
        return true;
    err why = mail_may_send_as(s->service->mail, s->user->who.account, sender, a);
    if (why.kind == ERR_PEER)
        smtp_say(s, 553, "5.7.1", "%s", why.text);
    else if (failed(why))
        smtp_say_err(s, &why, S(""));
    return !failed(why);
}

const smtp_policy smtp_policy_submit = {
    .protocol = "ESMTP",
    .hellos = SMTP_HELLO_HELO | SMTP_HELLO_EHLO,
    .auth = true,
    .submission = true,
    .may_relay = known,
    .may_send = may_send,
};
