/* The messages of a selected mailbox as this session knows them: UIDs in ranges, never an array of messages.
 *
 * Sequence number n is the n-th UID in rising order. Conversions are binary searches over the ranges with their running
 * counts. A UID between two that are known is known too or gone for ever, so messages in a row, by sequence number, are
 * one range of UIDs as well. What the session knows changes only when it has told the client (imap/sync). Owns its
 * memory: 12 bytes a range. Pure; called by imap on the loop. */
#ifndef GODWIT_IMAP_VIEW_H
#define GODWIT_IMAP_VIEW_H

#include "store/store.h"

typedef struct imap_span {
    uint32_t first, last; /* UIDs */
    uint32_t before;      /* messages in all spans before this one */
} imap_span;

typedef struct imap_view {
    imap_span *spans;
    size_t n, cap;
} imap_view;

void imap_view_set(imap_view *v, const store_range *ranges, size_t n); /* sorted ranges */
void imap_view_free(imap_view *v);

uint32_t imap_view_count(const imap_view *v);
uint32_t imap_view_last(const imap_view *v);                /* the highest UID, 0 when empty */
uint32_t imap_view_uid(const imap_view *v, uint32_t seq);   /* 0 when there is none */
uint32_t imap_view_seq(const imap_view *v, uint32_t uid);   /* 0 when there is none */
uint32_t imap_view_below(const imap_view *v, uint32_t uid); /* messages with a lower UID */
/* The sequence numbers of the messages with a UID in [first, last]: one range. False when there are none. */
bool imap_view_seqs(const imap_view *v, store_range uids, store_range *seqs);

void imap_view_append(imap_view *v, uint32_t uid);                      /* above all others */
void imap_view_remove(imap_view *v, const store_range *uids, size_t n); /* sorted; what is not there is skipped */

#endif
