/* APPEND (RFC 9051 6.3.12): its message is a literal that is streamed, never part of the command. Internal to imap/. */
#ifndef GODWIT_IMAP_APPEND_H
#define GODWIT_IMAP_APPEND_H

#include "imap/session.h"

/* At an announced literal with no command at work: when what was collected is an APPEND up to its message, begins it
 * (it is then the command at work) and answers true. */
bool imap_append_begin(imap_session *s);

#endif
