/* RENAME, RFC 9051 6.3.6. A session that has it selected goes on with it under its new name. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    imap_session *s = c->session;
    str from, to;
    if (!imap_arg_mailbox(c, &from))
        return;
    if (!imap_scan_sp(&c->args)) {
        imap_bad(c);
        return;
    }
    if (!imap_arg_mailbox(c, &to))
        return;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    if (str_ends(to, S("/")))
        to.n--;
    err e = store_mailbox_rename(s->service->store, &s->who, from, to);
    if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "RENAME done");
}

/* RENAME INBOX moves the messages out of it: its end looks. */
const imap_entry imap_cmd_rename = {IMAP_WORD("RENAME"), IMAP_AUTHENTICATED | IMAP_SELECTED, ENTRY_LOOKS,
                                    IMAP_WORD("RENAME mailbox new-name"), run};
