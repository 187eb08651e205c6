#include "store/sqlite/sqlite.h"

#include "store/list.h"
#include "store/range.h"
#include "store/sqlite/boxes.h"

typedef struct flag_args {
    int64_t account, mailbox;
    const store_range *ranges;
    size_t ranges_n;
    const store_flag_change *change;
    arena *a;
    store_message **changed;
    size_t *changed_n;
    store_range **conflict;
    size_t *conflict_n;
} flag_args;

static uint64_t apply(store_flag_op op, uint64_t flags, uint64_t bits) {
    switch (op) {
    case FLAGS_SET:
        return bits;
    case FLAGS_ADD:
        return flags | bits;
    case FLAGS_REMOVE:
        return flags & ~bits;
    }
    return flags;
}

static err report(const flag_args *x, const message_row *row, uint64_t flags, uint64_t modseq) {
    store_message *m = LIST_PUSH(x->a, x->changed, x->changed_n);
    if (!m)
        return list_over();
    *m = (store_message){
        .uid = row->uid,
        .modseq = flags == row->flags ? row->modseq : modseq,
        .flags = flags,
        .date = row->date,
        .zone = row->zone,
        .size = row->size,
        .header_size = row->header_size,
        .content = row->content,
    };
    return OK;
}

/* Answers first, then rows: the caller's arena may be spent, and nothing must have been written then. */
static err plan(const flag_args *x, const message_row *rows, size_t n, uint64_t bits, uint64_t modseq, bool *any) {
    *x->changed_n = *x->conflict_n = 0;
    *any = false;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].modseq > x->change->unchanged_since) {
            if (!range_push(x->a, x->conflict, x->conflict_n, rows[i].uid))
                return list_over();
            continue;
        }
        uint64_t flags = apply(x->change->op, rows[i].flags, bits);
        TRY(report(x, &rows[i], flags, modseq));
        *any |= flags != rows[i].flags;
    }
    return OK;
}

static err write_rows(tx *t, const flag_args *x, box *b, const message_row *rows, size_t n, uint64_t bits,
                      uint64_t modseq) {
    for (size_t i = 0; i < n; i++) {
        uint64_t flags = apply(x->change->op, rows[i].flags, bits);
        if (flags != rows[i].flags && rows[i].modseq <= x->change->unchanged_since)
            TRY(box_update_flags(t, b, &rows[i], flags, modseq));
    }
    return box_save(t, b);
}

static err flag(tx *t, void *arg) {
    flag_args *x = arg;
    SCOPED_ARENA work;
    arena_init(&work, BOX_WORK);
    box b;
    uint64_t keywords;
    message_row *rows;
    size_t n;
    bool any;
    TRY(box_load(t->d, x->account, x->mailbox, &work, &b));
    TRY(box_keywords(&b, x->change->keywords, x->change->keywords_n, x->change->op != FLAGS_REMOVE, &work, &keywords));
    TRY(box_select(t->d, &b, x->ranges, x->ranges_n, 0, &work, &rows, &n));
    uint64_t bits = x->change->system_flags | keywords, modseq = box_step(&b);
    TRY(plan(x, rows, n, bits, modseq, &any));
    return any ? write_rows(t, x, &b, rows, n, bits, modseq) : OK;
}

err sqlite_flag(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                const store_flag_change *change, arena *a, store_message **changed, size_t *changed_n,
                store_range **conflict, size_t *conflict_n) {
    flag_args x = {account, mailbox, ranges, ranges_n, change, a, changed, changed_n, conflict, conflict_n};
    return sqlite_write(b, flag, &x);
}
