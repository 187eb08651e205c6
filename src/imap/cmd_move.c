/* MOVE, RFC 9051 6.4.8. */
#include "imap/transfer.h"

static void run(imap_command *c) { imap_transfer(c, true); }

const imap_entry imap_cmd_move = {IMAP_WORD("MOVE"), IMAP_SELECTED, ENTRY_UID | ENTRY_LOOKS,
                                  IMAP_WORD("MOVE messages mailbox"), run};
