/* ENABLE, RFC 9051 6.3.1. Names we do not know are passed over. */
#include "imap/cmd.h"

static unsigned bit_of(str name) {
    if (str_caseeq(name, S("CONDSTORE")))
        return ENABLED_CONDSTORE;
    if (str_caseeq(name, S("IMAP4rev2")))
        return ENABLED_REV2;
    return str_caseeq(name, S("UTF8=ACCEPT")) ? ENABLED_UTF8 : 0;
}

static void run(imap_command *c) {
    imap_session *s = c->session;
    unsigned wanted = 0;
    str name;
    do {
        if (!imap_scan_atom(&c->args, &name)) {
            imap_bad(c);
            return;
        }
        wanted |= bit_of(name);
    } while (imap_scan_sp(&c->args) && c->args.rest.n);
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    buf *out = imap_out(c);
    buf_add(out, S("* ENABLED"));
    buf_add(out, wanted & ENABLED_REV2 ? S(" IMAP4rev2") : S(""));
    buf_add(out, wanted & ENABLED_UTF8 ? S(" UTF8=ACCEPT") : S(""));
    buf_add(out, wanted & ENABLED_CONDSTORE ? S(" CONDSTORE\r\n") : S("\r\n"));
    if (wanted & ENABLED_CONDSTORE)
        imap_condstore(s);
    s->enabled |= wanted;
    imap_ok(c, "ENABLE done");
}

const imap_entry imap_cmd_enable = {IMAP_WORD("ENABLE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("ENABLE capability ..."), run};
