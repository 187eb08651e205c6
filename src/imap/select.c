#include "imap/select.h"

#include "imap/print.h"
#include "imap/sync.h"

/* [SP "(CONDSTORE)"], RFC 7162 3.1.8 */
static bool scan_parameters(imap_command *c) {
    imap_scan *s = &c->args;
    if (imap_scan_end(s))
        return true;
    if (!imap_scan_word(s, S("(CONDSTORE)")))
        return false;
    c->session->enabled |= ENABLED_CONDSTORE;
    return imap_scan_end(s);
}

/* `asked`: as the client named it; RFC 9051 6.3.9.7 wants to hear of it when that is not the name. */
static void describe(imap_command *c, const store_mailbox *m, str asked) {
    imap_session *s = c->session;
    buf *out = imap_out(c);
    bool rev2 = s->enabled & ENABLED_REV2;
    imap_sync_print_keywords(s);
    buf_addf(out, "* %u EXISTS\r\n", imap_view_count(&s->box->view));
    if (!rev2)
        buf_add(out, S("* 0 RECENT\r\n"));
    buf_addf(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n* OK [UIDNEXT %u] Predicted next UID\r\n", m->uidvalidity,
             m->uidnext);
    buf_addf(out, "* OK [HIGHESTMODSEQ %llu] Highest\r\n", (unsigned long long)m->modseq);
    if (!rev2)
        return;
    buf_add(out, S("* LIST () \"/\" "));
    imap_print_mailbox(out, m->name, true);
    if (!str_eq(asked, m->name)) {
        buf_add(out, S(" (\"OLDNAME\" ("));
        imap_print_mailbox(out, asked, true);
        buf_add(out, S("))"));
    }
    buf_add(out, S("\r\n"));
}

static err open_box(imap_command *c, str name, bool read_only, store_mailbox *m) {
    imap_session *s = c->session;
    TRY(store_mailbox_get(s->service->store, &s->who, name, &c->memory, m));
    return imap_box_open(&s->box, s->service->store, &s->who, m->id, read_only, s->conn, &c->memory, m);
}

/* RFC 9051 6.3.2: what was selected is left first, also when the new mailbox cannot be had. */
void imap_select(imap_command *c, bool read_only) {
    imap_session *s = c->session;
    str name;
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!scan_parameters(c)) {
        imap_bad(c);
        return;
    }
    if (s->box)
        buf_add(imap_out(c), S("* OK [CLOSED] The previous mailbox is closed\r\n"));
    imap_session_unselect(s);
    store_mailbox m;
    err e = open_box(c, name, read_only, &m);
    if (failed(e)) {
        imap_fail(c, e);
        return;
    }
    imap_session_move(s, IMAP_SELECTED);
    describe(c, &m, name);
    imap_ok(c, read_only ? "[READ-ONLY] EXAMINE done" : "[READ-WRITE] SELECT done");
}
