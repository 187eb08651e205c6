#include "imap/login.h"

void imap_login_accept(imap_command *c, const auth_user *user) {
    SCOPED_BUF b;
    buf_init(&b, 4096);
    imap_session_login(c->session, user);
    buf_add(&b, S("OK [CAPABILITY "));
    imap_capabilities(&b, c->session);
    buf_add(&b, S("] Logged in"));
    imap_answer(c, &b);
}

/* RFC 5530. The texts are auth's, one for a wrong name and a wrong password. */
void imap_login_refuse(imap_command *c, err why) {
    c->session->errors++;
    if (why.kind == ERR_PEER && why.what == ERR_DENIED)
        imap_no(c, "[AUTHENTICATIONFAILED] %s", why.text);
    else if (why.kind == ERR_PEER && why.what == ERR_UNSUPPORTED)
        imap_no(c, "[CANNOT] %s", why.text);
    else
        imap_fail(c, why);
}
