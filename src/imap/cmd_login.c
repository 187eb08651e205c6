/* LOGIN, RFC 9051 6.2.3. */
#include "imap/login.h"

static void run(imap_command *c) {
    imap_session *s = c->session;
    str name, password;
    if (!imap_scan_astring(&c->args, &name) || !imap_scan_sp(&c->args) || !imap_scan_astring(&c->args, &password) ||
        !imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    if (!auth_plaintext_allowed(s->service->auth, s->conn)) {
        s->errors++;
        imap_no(c, "[PRIVACYREQUIRED] Start TLS first");
        return;
    }
    auth_user user;
    err e = auth_login(s->service->auth, conn_peer(s->conn), name, password, &user);
    if (failed(e))
        imap_login_refuse(c, e);
    else
        imap_login_accept(c, &user);
}

const imap_entry imap_cmd_login = {IMAP_WORD("LOGIN"), IMAP_GREETED, 0, IMAP_WORD("LOGIN name password"), run};
