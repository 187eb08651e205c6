/* SUBSCRIBE, RFC 9051 6.3.7. */
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
    err e = store_mailbox_subscribe(s->service->store, &s->who, name, true);
    if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "SUBSCRIBE done");
}

const imap_entry imap_cmd_subscribe = {IMAP_WORD("SUBSCRIBE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                       IMAP_WORD("SUBSCRIBE mailbox"), run};
