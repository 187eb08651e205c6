/* UNSUBSCRIBE, RFC 9051 6.3.8. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    imap_session *s = c->session;
    str name;
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    err e = store_mailbox_subscribe(s->service->store, &s->who, name, false);
    if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "UNSUBSCRIBE done");
}

const imap_entry imap_cmd_unsubscribe = {IMAP_WORD("UNSUBSCRIBE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                         IMAP_WORD("UNSUBSCRIBE mailbox"), run};
