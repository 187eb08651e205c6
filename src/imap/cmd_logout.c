/* LOGOUT, RFC 9051 6.1.3: BYE, then the tagged answer, then the end. */
#include "imap/cmd.h"

static void after(imap_session *s) {
    imap_session_move(s, IMAP_LEAVING);
    conn_close(s->conn);
}

static void run(imap_command *c) {
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    imap_session_unselect(c->session); /* no news any more */
    buf_add(imap_out(c), S("* BYE Goodbye\r\n"));
    c->after = after;
    imap_ok(c, "LOGOUT done");
}

const imap_entry imap_cmd_logout = {IMAP_WORD("LOGOUT"), IMAP_GREETED | IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("LOGOUT"), run};
