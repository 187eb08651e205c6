#include "store/sqlite/sqlite.h"

#include "store/list.h"
#include "store/range.h"
#include "store/sqlite/boxes.h"
#include "store/sqlite/content.h"

typedef struct expunge_args {
    int64_t account, mailbox;
    const store_range *ranges;
    size_t ranges_n;
    bool any;
    arena *a;
    store_range **out;
    size_t *n;
} expunge_args;

static err report(const expunge_args *x, const message_row *rows, size_t n) {
    *x->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!range_push(x->a, x->out, x->n, rows[i].uid))
            return list_over();
    }
    return OK;
}

static err take_rows(tx *t, const expunge_args *x, box *b, const message_row *rows, size_t n) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += rows[i].size;
        TRY(box_take(t, b, &rows[i]));
        TRY(content_release(t, rows[i].content));
    }
    TRY(space_return(t->d, x->account, bytes, n));
    TRY(box_remember(t, b, *x->out, *x->n, box_step(b)));
    return box_save(t, b);
}

static err expunge(tx *t, void *arg) {
    expunge_args *x = arg;
    SCOPED_ARENA work;
    arena_init(&work, BOX_WORK);
    box b;
    message_row *rows;
    size_t n;
    TRY(box_load(t->d, x->account, x->mailbox, &work, &b));
    *x->n = 0;
    if (!x->any && b.deleted == 0)
        return OK;
    TRY(box_select(t->d, &b, x->ranges, x->ranges_n, x->any ? 0 : FLAG_DELETED, &work, &rows, &n));
    TRY(report(x, rows, n));
    return n ? take_rows(t, x, &b, rows, n) : OK;
}

err sqlite_expunge(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n, bool any,
                   arena *a, store_range **expunged, size_t *n) {
    expunge_args x = {account, mailbox, ranges, ranges_n, any, a, expunged, n};
    return sqlite_write(b, expunge, &x);
}
