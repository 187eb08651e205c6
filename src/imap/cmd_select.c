/* SELECT, RFC 9051 6.3.2. */
#include "imap/select.h"

static void run(imap_command *c) { imap_select(c, false); }

const imap_entry imap_cmd_select = {IMAP_WORD("SELECT"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                    IMAP_WORD("SELECT mailbox [(CONDSTORE)]"), run};
