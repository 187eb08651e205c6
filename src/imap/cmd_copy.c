/* COPY, RFC 9051 6.4.7. */
#include "imap/transfer.h"

static void run(imap_command *c) { imap_transfer(c, false); }

const imap_entry imap_cmd_copy = {IMAP_WORD("COPY"), IMAP_SELECTED, ENTRY_UID | ENTRY_LOOKS,
                                  IMAP_WORD("COPY messages mailbox"), run};
