/* Messages on their way into the store: checked, packed, and given back when they did not get there. Used by
 * store/accept.c and store/queue.c. */
#ifndef GODWIT_STORE_LETTER_H
#define GODWIT_STORE_LETTER_H

#include "store/inside.h"

typedef struct letters {
    store *s;
    store_letter *items;
    content_pack *contents;
    size_t n;     /* packed so far */
    arena memory; /* of all the rest */
} letters;

/* results: one array for the first message, or NULL when nobody asks. */
err letters_pack(letters *l, store *s, const store_accepted *messages, size_t n, err *results) MUST_USE;
void letters_free(letters *l, bool stored);

#endif
