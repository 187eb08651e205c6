/* NAMESPACE, RFC 9051 6.3.10: one personal namespace; nothing of others, nothing shared. */
#include "imap/cmd.h"

static void run(imap_command *c) {
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    buf_add(imap_out(c), S("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
    imap_ok(c, "NAMESPACE done");
}

const imap_entry imap_cmd_namespace = {IMAP_WORD("NAMESPACE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                       IMAP_WORD("NAMESPACE"), run};
