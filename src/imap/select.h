/* SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3). Internal to imap/. */
#ifndef GODWIT_IMAP_SELECT_H
#define GODWIT_IMAP_SELECT_H

#include "imap/cmd.h"

void imap_select(imap_command *c, bool read_only);

#endif
