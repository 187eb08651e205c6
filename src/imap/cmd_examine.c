/* EXAMINE, RFC 9051 6.3.3. */
#include "imap/select.h"

static void run(imap_command *c) { imap_select(c, true); }

const imap_entry imap_cmd_examine = {IMAP_WORD("EXAMINE"), IMAP_AUTHENTICATED | IMAP_SELECTED, 0,
                                     IMAP_WORD("EXAMINE mailbox [(CONDSTORE)]"), run};
