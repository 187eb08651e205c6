/* STATUS items (RFC 9051 6.3.11, RFC 8438, RFC 7889), for STATUS and LIST RETURN (STATUS ...). Internal to imap/. */
#ifndef GODWIT_IMAP_STATUS_H
#define GODWIT_IMAP_STATUS_H

#include "imap/cmd.h"

/* "(" items ")" as bits; at least one. */
bool imap_scan_status(imap_scan *s, unsigned *items);
/* "* STATUS name (...)" */
void imap_print_status(imap_command *c, const store_mailbox *m, unsigned items);
/* The client asked for a modseq: CONDSTORE is enabled by that (RFC 7162 3.1). */
bool imap_status_has_modseq(unsigned items);

#endif
