/* CREATE, RFC 9051 6.3.4, and what the new mailbox is for (RFC 6154 5). */
#include "imap/cmd.h"
#include "imap/print.h"

/* [SP "(USE (" special "))"]. ok false: not one purpose that we keep. */
static bool scan_use(imap_scan *s, store_special *special, bool *ok) {
    str flag;
    *special = SPECIAL_NONE;
    *ok = true;
    if (imap_scan_end(s))
        return true;
    if (!imap_scan_word(s, S("(USE (")))
        return false;
    for (; !imap_scan_byte(s, ')'); imap_scan_sp(s)) {
        if (!imap_scan_flag(s, &flag))
            return false;
        *ok = *ok && *special == SPECIAL_NONE && imap_special_of(flag) != SPECIAL_NONE;
        *special = imap_special_of(flag);
    }
    return imap_scan_byte(s, ')') && imap_scan_end(s);
}

static void run(imap_command *c) {
    imap_session *s = c->session;
    str name;
    store_special special;
    bool ok;
    if (!imap_arg_mailbox(c, &name))
        return;
    if (!scan_use(&c->args, &special, &ok)) {
        imap_bad(c);
        return;
    }
    if (!ok) {
        imap_no(c, "[USEATTR] A mailbox has one special use, of those this server knows");
        return;
    }
    if (str_ends(name, S("/"))) /* RFC 9051: only says that there will be others below */
        name.n--;
    int64_t id;
    err e = store_mailbox_create(s->service->store, &s->who, name, special, &id);
    if (failed(e) && e.kind == ERR_PEER && (e.what == ERR_UNSUPPORTED || e.what == ERR_CONFLICT))
        imap_no(c, "[USEATTR] %s", e.text);
    else if (failed(e))
        imap_fail(c, e);
    else
        imap_ok(c, "CREATE done");
}

const imap_entry imap_cmd_create = {IMAP_WORD("CREATE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("CREATE mailbox [(USE (special))]"), run};
