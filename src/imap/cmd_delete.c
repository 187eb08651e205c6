/* DELETE, RFC 9051 6.3.5. Who deletes what he has selected leaves it; other sessions hear BYE (RFC 2180 3.3). */
#include "imap/cmd.h"

static err remove_mailbox(imap_command *c, str name) {
    imap_session *s = c->session;
    store_mailbox m;
    TRY(store_mailbox_get(s->service->store, &s->who, name, &c->memory, &m));
    TRY(store_mailbox_remove(s->service->store, &s->who, name));
    if (s->box && s->box->id == m.id) {
        imap_session_unselect(s);
        buf_add(imap_out(c), S("* OK [CLOSED] The deleted mailbox is closed\r\n"));
    }
    return OK;
}

static void run(imap_command *c) {
    str name;
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    err e = remove_mailbox(c, name);
    if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "DELETE done");
}

const imap_entry imap_cmd_delete = {IMAP_WORD("DELETE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("DELETE mailbox"), run};
