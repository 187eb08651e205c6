/* Which messages a command is about, and their rows in pages.
 *
 * Internal to imap/; in a fiber on the connection's loop. A picked set is kept as ranges of sequence numbers (however
 * fragmented the UIDs are, never more ranges than the client wrote); the view does not change while a command is at
 * work. */
#ifndef GODWIT_IMAP_PICK_H
#define GODWIT_IMAP_PICK_H

#include "imap/cmd.h"

typedef struct imap_pick {
    store_range *seqs; /* normal; the first that is not done is `at`, and begins where to go on */
    size_t n, at;
} imap_pick;

/* The set of the command's arguments, by UID or sequence number as the command says. False: answered. */
bool imap_pick_scan(imap_command *c, imap_pick *out);
/* The same of a parsed set: for SEARCH, where numbers above the last message match nothing. False: the arena is full.
 */
bool imap_pick_resolve(imap_session *s, imap_set *set, bool uids, arena *memory, imap_pick *out);
/* All messages, and the part of a pick that another has too. */
bool imap_pick_all(imap_session *s, arena *memory, imap_pick *out);
bool imap_pick_narrow(imap_pick *p, const imap_pick *other, arena *memory);

uint64_t imap_pick_left(const imap_pick *p); /* messages */
/* The UIDs of the next messages, at most max_messages and max_ranges of them; 0 at the end. */
size_t imap_pick_take(imap_pick *p, const imap_view *v, uint64_t max_messages, store_range *out, size_t max_ranges);

/* The next rows, at most `limit`, with modseq > since; *n is 0 only at the end. */
err imap_pick_rows(imap_pick *p, imap_session *s, uint64_t since, unsigned want, size_t limit, arena *memory,
                   store_message **rows, size_t *n) MUST_USE;

#endif
