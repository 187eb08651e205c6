/* Does a message match a SEARCH key? Answered from as little of the message as will do.
 *
 * A candidate has its row, and perhaps its envelope, header and text; a key that needs what is not there yet answers
 * MAYBE. Reads only what it is given, so it may run in a thread: matching headers and texts decodes and converts
 * charsets, which must not happen on a loop. Text is compared without case (i;unicode-casemap in effect, RFC 5051). */
#ifndef GODWIT_IMAP_MATCH_H
#define GODWIT_IMAP_MATCH_H

#include "imap/envelope.h"
#include "imap/search_key.h"
#include "mime/part.h"

typedef enum imap_verdict { MATCH_NO, MATCH_YES, MATCH_MAYBE } imap_verdict;

typedef struct imap_candidate {
    const store_message *row;
    uint32_t seq;
    const str *keywords; /* of the mailbox */
    size_t keywords_n;
    int64_t now;                   /* wall seconds, for OLDER and YOUNGER */
    const imap_envelope *envelope; /* NULL: not there */
    const str *header;             /* NULL: not there */
    const part_tree *tree;         /* NULL: not there; with it `header` must be */
    buf text;                      /* of the tree, made when first needed; free it */
    bool has_text;
    arena *memory;
} imap_candidate;

imap_verdict imap_match(const imap_search_key *key, imap_candidate *c);

#endif
