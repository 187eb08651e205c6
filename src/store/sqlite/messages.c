#include "store/sqlite/sqlite.h"

#include "base/mem.h"
#include "store/list.h"
#include "store/range.h"
#include "store/sqlite/boxes.h"
#include "store/sqlite/content.h"

/* ---- UIDs ---- */

typedef struct uids_args {
    int64_t account, mailbox;
    arena *a;
    store_mailbox *shown;
    store_range **out;
    size_t *n;
} uids_args;

static err walk_uids(db *d, uids_args *x) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT uid FROM message WHERE account = ?1 AND mailbox = ?2 ORDER BY uid",
                              I(x->account), I(x->mailbox));
    while (query_row(&q)) {
        if (!range_push(x->a, x->out, x->n, (uint32_t)query_int(&q, 0)))
            return list_over();
    }
    return query_end(&q);
}

static err uids(db *d, void *arg) {
    uids_args *x = arg;
    TRY(sqlite_mailbox_of(d, x->account, x->mailbox, x->a, x->shown));
    if (x->shown->messages == 0)
        return OK;
    if (x->shown->messages != x->shown->uidnext - 1)
        return walk_uids(d, x);
    store_range *all = LIST_PUSH(x->a, x->out, x->n); /* nothing was ever expunged: no need to look */
    if (!all)
        return list_over();
    *all = (store_range){1, x->shown->uidnext - 1};
    return OK;
}

err sqlite_uids(void *b, int64_t account, int64_t mailbox, arena *a, store_mailbox *shown, store_range **out,
                size_t *n) {
    uids_args x = {account, mailbox, a, shown, out, n};
    return sqlite_read(b, uids, &x);
}

/* ---- messages ---- */

typedef struct messages_args {
    int64_t account, mailbox;
    const store_range *ranges;
    size_t ranges_n;
    uint64_t since;
    unsigned want;
    size_t limit;
    arena *a;
    store_message **out;
    size_t *n;
} messages_args;

static err add_summary(db *d, const messages_args *x, store_message *m) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT envelope, structure FROM summary WHERE content = ?1", I(m->content));
    if (!query_row(&q)) {
        TRY(query_end(&q));
        return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "content %lld has no summary", (long long)m->content);
    }
    if (x->want & WANT_ENVELOPE)
        TRY(query_copy(&q, 0, x->a, &m->envelope));
    if (x->want & WANT_STRUCTURE)
        TRY(query_copy(&q, 1, x->a, &m->structure));
    return OK;
}

static err add_message(db *d, const query *q, messages_args *x) {
    store_message *m = LIST_PUSH(x->a, x->out, x->n);
    if (!m)
        return list_over();
    message_row row = box_message_of(q);
    *m = (store_message){
        .uid = row.uid,
        .modseq = row.modseq,
        .flags = row.flags,
        .date = row.date,
        .zone = row.zone,
        .size = row.size,
        .header_size = row.header_size,
        .content = row.content,
    };
    return x->want ? add_summary(d, x, m) : OK;
}

static err add_range(db *d, messages_args *x, store_range range) {
    SCOPED_QUERY q =
        DB_QUERY(d,
                 "SELECT " MESSAGE_COLUMNS " FROM message"
                 " WHERE account = ?1 AND mailbox = ?2 AND uid BETWEEN ?3 AND ?4 ORDER BY uid LIMIT ?5",
                 I(x->account), I(x->mailbox), I(range.first), I(range.last), I((int64_t)(x->limit - *x->n)));
    while (query_row(&q))
        TRY(add_message(d, &q, x));
    return query_end(&q);
}

static err add_ranges(db *d, messages_args *x) {
    static const store_range all = {1, UINT32_MAX};
    const store_range *ranges = x->ranges_n ? x->ranges : &all;
    size_t n = x->ranges_n ? x->ranges_n : 1;
    for (size_t i = 0; i < n && *x->n < x->limit; i++)
        TRY(add_range(d, x, ranges[i]));
    return OK;
}

/* ---- what changed since a modseq ---- */

typedef struct uid_list {
    uint32_t *uids;
    size_t n, cap;
} uid_list;

static void push_uid(uid_list *l, const messages_args *x, uint32_t uid) {
    if (x->ranges_n && !range_has(x->ranges, x->ranges_n, uid))
        return;
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->uids = mem_grow(l->uids, l->cap, sizeof *l->uids);
    }
    l->uids[l->n++] = uid;
}

/* New messages are the end of the mailbox: `added` rises with the UID. */
static err collect_added(db *d, const messages_args *x, uid_list *l) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT uid, added FROM message WHERE account = ?1 AND mailbox = ?2 ORDER BY uid DESC",
                              I(x->account), I(x->mailbox));
    while (query_row(&q) && (uint64_t)query_int(&q, 1) > x->since)
        push_uid(l, x, (uint32_t)query_int(&q, 0));
    return query_end(&q);
}

static err collect_changed(db *d, const messages_args *x, uid_list *l) {
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT uid FROM message INDEXED BY message_changed WHERE account = ?1 AND mailbox = ?2"
                              " AND modseq > ?3 AND modseq <> added AND added <= ?3",
                              I(x->account), I(x->mailbox), I((int64_t)x->since));
    while (query_row(&q))
        push_uid(l, x, (uint32_t)query_int(&q, 0));
    return query_end(&q);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static err add_listed(db *d, messages_args *x, uid_list *l) {
    TRY(collect_changed(d, x, l));
    TRY(collect_added(d, x, l));
    if (l->n)
        qsort(l->uids, l->n, sizeof *l->uids, by_number);
    for (size_t i = 0; i < l->n && *x->n < x->limit;) {
        size_t last = i;
        while (last + 1 < l->n && l->uids[last + 1] == l->uids[last] + 1)
            last++;
        TRY(add_range(d, x, (store_range){l->uids[i], l->uids[last]}));
        i = last + 1;
    }
    return OK;
}

static err messages(db *d, void *arg) {
    messages_args *x = arg;
    int64_t id;
    bool found;
    TRY(DB_FIRST(d, &id, &found, "SELECT id FROM mailbox WHERE id = ?1 AND account = ?2", I(x->mailbox),
                 I(x->account)));
    if (!found)
        return box_missing();
    if (!x->since)
        return add_ranges(d, x);
    uid_list l = {0};
    err e = add_listed(d, x, &l);
    free(l.uids);
    return e;
}

err sqlite_messages(void *b, int64_t account, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                    uint64_t since, unsigned want, size_t limit, arena *a, store_message **out, size_t *n) {
    messages_args x = {account, mailbox, ranges, ranges_n, since, want, limit, a, out, n};
    return sqlite_read(b, messages, &x);
}

/* ---- expunged ---- */

typedef struct expunged_args {
    int64_t account, mailbox;
    uint64_t since;
    arena *a;
    store_range **out;
    size_t *n;
    bool *complete;
} expunged_args;

/* Ranges that touch are joined; they overlap where a rename emptied INBOX. */
static err join_range(expunged_args *x, uint32_t first, uint32_t last) {
    store_range *end = *x->n ? &(*x->out)[*x->n - 1] : NULL;
    if (!end || first > end->last + 1) {
        end = LIST_PUSH(x->a, x->out, x->n);
        if (!end)
            return list_over();
        *end = (store_range){first, last};
    }
    if (last > end->last)
        end->last = last;
    return OK;
}

static err expunged(db *d, void *arg) {
    expunged_args *x = arg;
    int64_t floor = 0;
    bool found;
    TRY(DB_FIRST(d, &floor, &found, "SELECT expunge_floor FROM mailbox WHERE id = ?1 AND account = ?2", I(x->mailbox),
                 I(x->account)));
    if (!found)
        return box_missing();
    *x->complete = x->since >= (uint64_t)floor;
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT first, last FROM expunged WHERE account = ?1 AND mailbox = ?2 AND modseq > ?3"
                              " ORDER BY first",
                              I(x->account), I(x->mailbox), I((int64_t)x->since));
    while (query_row(&q))
        TRY(join_range(x, (uint32_t)query_int(&q, 0), (uint32_t)query_int(&q, 1)));
    return query_end(&q);
}

err sqlite_expunged(void *b, int64_t account, int64_t mailbox, uint64_t since, arena *a, store_range **out, size_t *n,
                    bool *complete) {
    expunged_args x = {account, mailbox, since, a, out, n, complete};
    return sqlite_read(b, expunged, &x);
}

/* ---- bytes ---- */

typedef struct read_args {
    int64_t account, mailbox, uid;
    store_source_fn fn;
    void *arg;
} read_args;

static err read_message(db *d, void *arg) {
    read_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT content, prefix FROM message WHERE account = ?1 AND mailbox = ?2 AND uid = ?3"
                              " AND EXISTS (SELECT 1 FROM mailbox WHERE id = ?2 AND mailbox.account = ?1)",
                              I(x->account), I(x->mailbox), I(x->uid));
    if (query_row(&q))
        return content_open(d, query_int(&q, 0), query_str(&q, 1), x->fn, x->arg);
    TRY(query_end(&q));
    return err_make(ERR_PEER, ERR_NOT_FOUND, "no such message", "");
}

err sqlite_message_read(void *b, int64_t account, int64_t mailbox, uint32_t uid, store_source_fn fn, void *arg) {
    read_args x = {account, mailbox, uid, fn, arg};
    return sqlite_read(b, read_message, &x);
}
