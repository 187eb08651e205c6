/* COPY and MOVE (RFC 9051 6.4.7, 6.4.8) with COPYUID (RFC 4315). Internal to imap/. */
#ifndef GODWIT_IMAP_TRANSFER_H
#define GODWIT_IMAP_TRANSFER_H

#include "imap/cmd.h"

void imap_transfer(imap_command *c, bool move);

#endif
