/* A SEARCH at work: the messages found so far, and how they are told.
 *
 * Internal to imap/: imap/cmd_search finds, imap/search_answer tells. In a fiber on the connection's loop, in steps. */
#ifndef GODWIT_IMAP_SEARCH_H
#define GODWIT_IMAP_SEARCH_H

#include "imap/match.h"
#include "imap/message.h"
#include "imap/pick.h"

typedef struct imap_search_run {
    imap_search what;
    imap_pick pick;
    uint64_t since; /* a MODSEQ key that all must match, less one */
    arena page;
    store_message *rows;
    imap_verdict *verdicts;
    size_t rows_n, row;
    imap_message message;                            /* being looked into */
    imap_ranges found;                               /* sequence numbers */
    uint64_t modseq_first, modseq_last, modseq_high; /* of the first, the last, any message found */
    bool begun;                                      /* the answer's beginning is printed */
    size_t told;                                     /* ranges of found that are told */
    uint32_t told_seq;                               /* the next one in that range; 0: its first */
} imap_search_run;

/* Everything is found: keeps it for "$" when asked to, then tells it as the command's further steps. */
void imap_search_answer(imap_command *c, imap_search_run *r);

#endif
