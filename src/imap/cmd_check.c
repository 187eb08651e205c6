/* CHECK, RFC 3501 6.4.1: everything is on disk at all times, so a NOOP. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    if (imap_scan_end(&c->args))
        imap_ok(c, "CHECK done");
    else
        imap_bad(c);
}

const imap_entry imap_cmd_check = {IMAP_WORD("CHECK"), IMAP_SELECTED, ENTRY_LOOKS, IMAP_WORD("CHECK"), run};
