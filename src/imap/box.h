/* The selected mailbox of a session: what the client knows of it, and a watch for what it does not know yet.
 *
 * Internal to imap/; on the connection's loop. The watch's callback runs on a thread of the store's and touches only
 * the two atomic flags and the waker. Freed by imap_box_close. */
#ifndef GODWIT_IMAP_BOX_H
#define GODWIT_IMAP_BOX_H

#include "imap/view.h"
#include "net/conn.h"

typedef struct imap_box {
    int64_t id;
    bool read_only;
    uint32_t uidnext;        /* messages from here on are not in the view */
    uint64_t changes_since;  /* flags and arrivals have been told up to this modseq */
    uint64_t expunges_since; /* expunges have been told up to this one; may lag behind */
    imap_view view;
    str *keywords; /* one allocation; by position */
    size_t keywords_n;
    store_watch *watch;
    waker *waker;
    _Atomic bool dirty;     /* the store changed it since somebody looked */
    _Atomic bool listening; /* wake the connection when that happens (IDLE) */
} imap_box;

/* Opens by id: watches first, then takes ranges and state of one moment. `shown` gets the mailbox as of then. */
err imap_box_open(imap_box **out, store *s, const principal *who, int64_t id, bool read_only, conn *c, arena *memory,
                  store_mailbox *shown) MUST_USE;
void imap_box_close(imap_box *b); /* NULL-safe */

/* Takes over the mailbox's keywords; true when there are more than before. */
bool imap_box_keywords(imap_box *b, const store_mailbox *from);
/* Every keyword bit of the flags has a name here. */
bool imap_box_knows(const imap_box *b, uint64_t flags);

#endif
