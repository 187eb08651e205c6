/* CLOSE, RFC 9051 6.4.1: removes what is \Deleted without telling, and leaves. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    imap_session *s = c->session;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    if (!s->box->read_only) {
        store_range *gone;
        size_t n;
        err e = store_expunge(s->service->store, &s->who, s->box->id, NULL, 0, false, &c->memory, &gone, &n);
        if (failed(e)) {
            imap_fail(c, e);
            return;
        }
    }
    imap_session_unselect(s);
    imap_ok(c, "CLOSE done");
}

const imap_entry imap_cmd_close = {IMAP_WORD("CLOSE"), IMAP_SELECTED, 0, IMAP_WORD("CLOSE"), run};
