/* EXPUNGE, RFC 9051 6.4.3, and UID EXPUNGE, 6.4.9. The news at its end tell what went. */
#include "imap/pick.h"

static bool arguments(imap_command *c, store_range **uids, size_t *n) {
    imap_pick pick;
    *uids = NULL;
    *n = 0;
    if (!c->uid) {
        if (imap_scan_end(&c->args))
            return true;
        imap_bad(c);
        return false;
    }
    if (!imap_pick_scan(c, &pick))
        return false;
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return false;
    }
    *uids = arena_array(&c->memory, pick.n + 1, sizeof **uids);
    if (*uids)
        *n = imap_pick_take(&pick, &c->session->box->view, UINT64_MAX, *uids, pick.n);
    if (*n == 0)
        imap_ok(c, "EXPUNGE done, there is no such message");
    return *n > 0;
}

static void run(imap_command *c) {
    imap_session *s = c->session;
    store_range *uids, *gone;
    size_t n, gone_n;
    if (!arguments(c, &uids, &n))
        return;
    if (s->box->read_only) {
        imap_no(c, "[NOPERM] The mailbox is selected read-only");
        return;
    }
    err e = store_expunge(s->service->store, &s->who, s->box->id, uids, n, false, &c->memory, &gone, &gone_n);
    if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "EXPUNGE done");
}

const imap_entry imap_cmd_expunge = {IMAP_WORD("EXPUNGE"), IMAP_SELECTED, ENTRY_UID | ENTRY_LOOKS,
                                     IMAP_WORD("EXPUNGE, or UID EXPUNGE uids"), run};
