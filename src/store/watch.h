/* Who wants to know when a mailbox changed. Thread-safe; callbacks run under a lock on the thread that committed, so
 * they only wake somebody. Used by store/store.c. */
#ifndef GODWIT_STORE_WATCH_H
#define GODWIT_STORE_WATCH_H

#include "store/backend.h"

typedef struct watches watches;

watches *watches_create(void);
void watches_free(watches *w); /* every watch was removed; NULL-safe */

store_watch *watches_add(watches *w, int64_t account, int64_t mailbox, void (*fn)(void *arg), void *arg);
void watches_queue(watches *w, void (*fn)(void *arg), void *arg); /* NULL: nobody any more */

void watches_fire(watches *w, const store_touch *touched, size_t n, bool queue);
void watches_fire_all(watches *w);

#endif
