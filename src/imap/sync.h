/* Tells a client what has happened to its selected mailbox since it was last told (RFC 9051 7.5.1, RFC 7162 3.2).
 *
 * Internal to imap/; in a fiber on the connection's loop. The order is fixed: new keywords, EXPUNGE where it is
 * allowed, changed flags, EXISTS. What was told is what the view has: EXPUNGE is left for later where RFC 9051 forbids
 * it, and the view keeps the message until then. Made in steps, so that any number of changes never queues more than
 * one page. */
#ifndef GODWIT_IMAP_SYNC_H
#define GODWIT_IMAP_SYNC_H

#include "imap/session.h"

typedef struct imap_sync imap_sync;

/* expunges: EXPUNGE responses are allowed now. uids: FETCH responses name the UID too. */
imap_sync *imap_sync_begin(imap_session *s, bool expunges, bool uids);
/* One step; true when all is told (or cannot be: then the session says BYE, or tries again at the next look). */
bool imap_sync_step(imap_sync *y);
void imap_sync_free(imap_sync *y); /* NULL-safe */

/* "* FLAGS" and PERMANENTFLAGS as the box has them. */
void imap_sync_print_keywords(imap_session *s);
/* Looks up the keywords when a row has one the box does not know, and tells the client. */
void imap_sync_learn_keywords(imap_session *s, uint64_t flags);
/* "* n FETCH (FLAGS (...))" of a row that is in the view; MODSEQ as CONDSTORE asks. flags false: MODSEQ alone. */
void imap_sync_print_flags(imap_session *s, const store_message *m, bool uid, bool flags);

#endif
