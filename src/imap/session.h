/* One IMAP connection: its state, what it has selected, the command at work.
 *
 * Internal to imap/. Everything here runs on the connection's loop, in the fiber of one event at a time. At rest, in
 * IDLE too, a session is this struct, the selected box with its ranges, and nothing else. */
#ifndef GODWIT_IMAP_SESSION_H
#define GODWIT_IMAP_SESSION_H

#include "imap/box.h"
#include "imap/collect.h"
#include "imap/imap.h"
#include "imap/sequence.h"

/* RFC 9051 3. One bit each, so that a command can say in which it is allowed. */
typedef enum imap_state {
    IMAP_GREETED = 1, /* not authenticated */
    IMAP_AUTHENTICATED = 2,
    IMAP_SELECTED = 4,
    IMAP_LEAVING = 8, /* BYE was said */
} imap_state;

enum { ENABLED_REV2 = 1, ENABLED_UTF8 = 2, ENABLED_CONDSTORE = 4 };

typedef struct imap_session {
    const imap_service *service;
    conn *conn;
    principal who;
    imap_collect collect;         /* the command being received */
    struct imap_command *command; /* the one at work; NULL at rest */
    imap_box *box;                /* selected; NULL else */
    imap_ranges saved;            /* UIDs of the last SEARCH RETURN (SAVE) */
    imap_state state;
    unsigned enabled;
    uint32_t errors;
} imap_session;

void imap_session_move(imap_session *s, imap_state to);
/* The user of this session from now on: after LOGIN and AUTHENTICATE. */
void imap_session_login(imap_session *s, const auth_user *user);
/* Says "* BYE text" and closes when it is sent. */
void imap_session_bye(imap_session *s, str text);
/* Leaves the selected mailbox, if there is one. */
void imap_session_unselect(imap_session *s);
/* From now on the client hears of modseqs (RFC 7162 3.1): it has used something of CONDSTORE, or said ENABLE. */
void imap_condstore(imap_session *s);
/* Sets the deadline that goes with the present state. */
void imap_session_rest(imap_session *s);
/* Mailbox names are UTF-8 on this connection. */
static inline bool imap_session_utf8(const imap_session *s) {
    return (s->enabled & (ENABLED_REV2 | ENABLED_UTF8)) != 0;
}

/* "IMAP4rev1 IMAP4rev2 ...", as it is at this moment. */
void imap_capabilities(buf *out, const imap_session *s);

#endif
