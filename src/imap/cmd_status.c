/* STATUS, RFC 9051 6.3.11. */
#include "imap/status.h"

static void run(imap_command *c) {
    imap_session *s = c->session;
    str name;
    unsigned items;
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!imap_scan_sp(&c->args) || !imap_scan_status(&c->args, &items) || !imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    store_mailbox m;
    err e = store_mailbox_get(s->service->store, &s->who, name, &c->memory, &m);
    if (failed(e)) {
        imap_fail(c, e);
        return;
    }
    if (imap_status_has_modseq(items))
        imap_condstore(s);
    imap_print_status(c, &m, items);
    imap_ok(c, "STATUS done");
}

const imap_entry imap_cmd_status = {IMAP_WORD("STATUS"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("STATUS mailbox (items)"), run};
