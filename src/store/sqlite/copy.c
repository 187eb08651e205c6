#include "store/sqlite/sqlite.h"

#include "store/list.h"
#include "store/range.h"
#include "store/sqlite/boxes.h"
#include "store/sqlite/content.h"

typedef struct copy_args {
    int64_t account, from, to;
    const store_range *ranges;
    size_t ranges_n;
    bool move;
    arena *a;
    store_uid_pair **pairs;
    size_t *n;
    uint32_t *uidvalidity;
} copy_args;

typedef struct copying {
    box from, other;
    box *to; /* &from when it is the same mailbox */
    message_row *rows;
    size_t n;
    arena work;
} copying;

enum { SYSTEM_FLAGS = (1 << FLAG_KEYWORD_SHIFT) - 1 };

/* Keywords keep their names; one the target has no room for is lost, the message is not. */
static err map_keywords(copying *c) {
    uint64_t used = 0, bit = UINT64_C(1) << FLAG_KEYWORD_SHIFT, to_bits[64] = {0};
    for (size_t i = 0; i < c->n; i++)
        used |= c->rows[i].flags;
    str names = c->from.keywords;
    size_t n = 0;
    for (str name; n < 64 && str_cut(&names, ' ', &name); bit <<= 1, n++) {
        if (!(used & bit))
            continue;
        err e = box_keywords(c->to, &name, 1, true, &c->work, &to_bits[n]);
        if (failed(e) && e.what != ERR_LIMIT)
            return e;
    }
    for (size_t i = 0; i < c->n; i++) {
        uint64_t mapped = c->rows[i].flags & SYSTEM_FLAGS;
        for (size_t k = 0; k < n; k++)
            mapped |= c->rows[i].flags & UINT64_C(1) << (FLAG_KEYWORD_SHIFT + k) ? to_bits[k] : 0;
        c->rows[i].flags = mapped;
    }
    return OK;
}

static err load(db *d, const copy_args *x, copying *c) {
    TRY(box_load(d, x->account, x->from, &c->work, &c->from));
    c->to = &c->from;
    if (x->to != x->from) {
        TRY(box_load(d, x->account, x->to, &c->work, &c->other));
        c->to = &c->other;
    }
    return box_select(d, &c->from, x->ranges, x->ranges_n, 0, &c->work, &c->rows, &c->n);
}

static err make_room(db *d, const copy_args *x, const copying *c) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < c->n; i++)
        bytes += c->rows[i].size;
    return x->move ? OK : space_take(d, x->account, bytes, c->n);
}

static err put_one(tx *t, const copy_args *x, copying *c, size_t i, uint64_t modseq) {
    message_row row = c->rows[i];
    TRY(box_put(t, c->to, &row, modseq));
    (*x->pairs)[i] = (store_uid_pair){c->rows[i].uid, row.uid};
    return x->move ? OK : content_share(t->d, row.content, 1);
}

/* Rows carry the target's keyword bits by now; for what counts (seen, deleted) they are as they were. */
static err take_all(tx *t, copying *c, uint64_t modseq) {
    store_range *taken = NULL;
    size_t taken_n = 0;
    for (size_t i = 0; i < c->n; i++) {
        TRY(box_take(t, &c->from, &c->rows[i]));
        if (!range_push(&c->work, &taken, &taken_n, c->rows[i].uid))
            return list_over();
    }
    return box_remember(t, &c->from, taken, taken_n, modseq);
}

static err copy_rows(tx *t, const copy_args *x, copying *c) {
    TRY(load(t->d, x, c));
    *x->n = c->n;
    *x->uidvalidity = c->to->uidvalidity;
    if (c->n == 0)
        return OK;
    *x->pairs = arena_array(x->a, c->n, sizeof **x->pairs);
    if (!*x->pairs)
        return list_over();
    if (c->to != &c->from)
        TRY(map_keywords(c));
    TRY(make_room(t->d, x, c));
    uint64_t modseq = box_step(c->to);
    for (size_t i = 0; i < c->n; i++)
        TRY(put_one(t, x, c, i, modseq));
    if (x->move)
        TRY(take_all(t, c, c->to == &c->from ? modseq : box_step(&c->from)));
    if (x->move && c->to != &c->from)
        TRY(box_save(t, &c->from));
    return box_save(t, c->to);
}

static err copy(tx *t, void *arg) {
    copying c = {0};
    arena_init(&c.work, BOX_WORK);
    err e = copy_rows(t, arg, &c);
    arena_free(&c.work);
    return e;
}

err sqlite_copy(void *b, int64_t account, int64_t from, const store_range *ranges, size_t ranges_n, int64_t to,
                bool move, arena *a, store_uid_pair **pairs, size_t *n, uint32_t *uidvalidity) {
    copy_args x = {account, from, to, ranges, ranges_n, move, a, pairs, n, uidvalidity};
    return sqlite_write(b, copy, &x);
}
