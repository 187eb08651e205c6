#include "imap/box.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "base/mem.h"

/* On a thread of the store's. Dirty is set before listening is read, and imap/cmd_idle does it the other way round, so
 * that no change is missed. */
static void on_change(void *arg) {
    imap_box *b = arg;
    atomic_store(&b->dirty, true);
    if (atomic_load(&b->listening))
        waker_wake(b->waker);
}

err imap_box_open(imap_box **out, store *s, const principal *who, int64_t id, bool read_only, conn *c, arena *memory,
                  store_mailbox *shown) {
    store_range *ranges;
    size_t n;
    imap_box *b = mem_alloc(sizeof *b);
    b->id = id;
    b->read_only = read_only;
    b->waker = conn_waker(c);
    b->watch = store_watch_add(s, who, id, on_change, b);
    err e = store_uids(s, who, id, memory, shown, &ranges, &n);
    if (failed(e)) {
        imap_box_close(b);
        return e;
    }
    imap_view_set(&b->view, ranges, n);
    b->uidnext = shown->uidnext;
    b->changes_since = b->expunges_since = shown->modseq;
    imap_box_keywords(b, shown);
    *out = b;
    return OK;
}

void imap_box_close(imap_box *b) {
    if (!b)
        return;
    store_watch_remove(b->watch);
    waker_release(b->waker);
    imap_view_free(&b->view);
    free(b->keywords);
    free(b);
}

bool imap_box_keywords(imap_box *b, const store_mailbox *from) {
    if (from->keywords_n <= b->keywords_n)
        return false;
    size_t bytes = 0;
    for (size_t i = 0; i < from->keywords_n; i++)
        bytes += from->keywords[i].n;
    str *list = mem_alloc(from->keywords_n * sizeof *list + bytes);
    char *text = (char *)(list + from->keywords_n);
    for (size_t i = 0; i < from->keywords_n; i++) {
        str word = from->keywords[i];
        memcpy(text, word.p, word.n);
        list[i] = (str){text, word.n};
        text += word.n;
    }
    free(b->keywords);
    b->keywords = list;
    b->keywords_n = from->keywords_n;
    return true;
}

bool imap_box_knows(const imap_box *b, uint64_t flags) {
    size_t bits = FLAG_KEYWORD_SHIFT + b->keywords_n;
    return bits >= 64 || flags >> bits == 0;
}
