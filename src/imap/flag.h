/* Changes flags for a session, minding what its client has been told. Internal to imap/; in a fiber on its loop. */
#ifndef GODWIT_IMAP_FLAG_H
#define GODWIT_IMAP_FLAG_H

#include "imap/session.h"

/* The messages as they are now, in UID order each. `calm` had not changed since the client was last told, so what is
 * new is this session's doing alone; `torn` had been changed by others meanwhile: a silent client must hear of them
 * too. `conflict` failed the change's own condition. */
typedef struct imap_flagged {
    store_message *calm, *torn;
    store_range *conflict;
    size_t calm_n, torn_n, conflict_n;
} imap_flagged;

/* The caller tells `calm`, if it was to be told: the next look takes it as told, when nothing else happened in between.
 */
err imap_flag(imap_session *s, const store_range *ranges, size_t n, const store_flag_change *change, arena *memory,
              imap_flagged *out) MUST_USE;

#endif
