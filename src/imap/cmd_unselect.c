/* UNSELECT, RFC 9051 6.4.2: CLOSE that expunges nothing. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    imap_session_unselect(c->session);
    imap_ok(c, "UNSELECT done");
}

const imap_entry imap_cmd_unselect = {IMAP_WORD("UNSELECT"), IMAP_SELECTED, 0, IMAP_WORD("UNSELECT"), run};
