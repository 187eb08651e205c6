/* NOOP, RFC 9051 6.1.2: its end looks for news. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    if (imap_scan_end(&c->args))
        imap_ok(c, "NOOP done");
    else
        imap_bad(c);
}

const imap_entry imap_cmd_noop = {IMAP_WORD("NOOP"), IMAP_GREETED | IMAP_AUTHENTICATED | IMAP_SELECTED, ENTRY_LOOKS,
                                  IMAP_WORD("NOOP"), run};
