/* STARTTLS, RFC 9051 6.2.1. What was sent behind it in the clear is never looked at (net/conn drops it). */
#include "imap/cmd.h"

static void after(imap_session *s) {
    imap_collect_reset(&s->collect);
    conn_starttls(s->conn, s->service->tls);
}

static void run(imap_command *c) {
    imap_session *s = c->session;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
    } else if (conn_is_tls(s->conn)) {
        imap_no(c, "[CLIENTBUG] TLS is there already");
    } else if (!s->service->tls) {
        imap_no(c, "[UNAVAILABLE] TLS is not offered here");
    } else {
        c->after = after;
        imap_ok(c, "Begin TLS");
    }
}

const imap_entry imap_cmd_starttls = {IMAP_WORD("STARTTLS"), IMAP_GREETED, 0, IMAP_WORD("STARTTLS"), run};
