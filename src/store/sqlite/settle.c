#include "store/sqlite/sqlite.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"
#include "store/list.h"
#include "store/sqlite/content.h"
#include "store/sqlite/queue.h"

/* ---- results ---- */

typedef struct settled {
    int64_t message, state, delay_notice, others; /* others: another node has it under its lease */
} settled;

/* Gone already when an operator removed it or another node finished it after the lease. */
static err load(db *d, int64_t id, str node, settled *out, bool *found) {
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT message, state, delay_notice, state = 1 AND node <> ?2 FROM queue_entry WHERE id = ?1",
                 I(id), T(node));
    *found = query_row(&q);
    if (*found)
        *out = (settled){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2), query_int(&q, 3)};
    return query_end(&q);
}

/* The story of an entry in bounded space: its first line and its latest ones; what is in between is said to be missing.
 */
static void shorten(str text, buf *out) {
    static const str gap = {"[...]\n", sizeof "[...]\n" - 1};
    str tail = str_skip(text, text.n - LIMIT_QUEUE_HISTORY / 2);
    buf_add(out, str_sub(text, 0, str_find(text, '\n') + 1));
    buf_add(out, gap);
    buf_add(out, str_skip(tail, str_find(tail, '\n') + 1));
}

static err read_history(db *d, int64_t id, buf *out) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT lines FROM queue_history WHERE entry = ?1", I(id));
    if (query_row(&q))
        buf_add(out, query_str(&q, 0));
    return query_end(&q);
}

static err write_history(db *d, int64_t id, str line) {
    SCOPED_BUF all, cut;
    buf_init(&all, LIMIT_QUEUE_HISTORY * 2);
    buf_init(&cut, LIMIT_QUEUE_HISTORY);
    TRY(read_history(d, id, &all));
    buf_add(&all, utf8_prefix(line, LIMIT_QUEUE_HISTORY / 4));
    buf_add_byte(&all, '\n');
    bool fits = all.n <= LIMIT_QUEUE_HISTORY;
    if (!fits)
        shorten(buf_str(&all), &cut);
    return DB_RUN(d, "INSERT OR REPLACE INTO queue_history (entry, lines) VALUES (?1, ?2)", I(id),
                  T(buf_str(fits ? &all : &cut)));
}

/* One that an operator held meanwhile stays held. */
static err retry(tx *t, const queue_result *r, const settled *row) {
    int64_t state = row->state == QUEUE_HELD ? QUEUE_HELD : QUEUE_WAITING;
    int64_t notice = r->delay_noticed ? time_wall() : row->delay_notice;
    TRY(DB_RUN(t->d,
               "UPDATE queue_entry SET state = ?2, due = ?3, node = '', attempts = attempts + 1, delay_notice = ?4,"
               " last_error = ?5 WHERE id = ?1",
               I(r->id), I(state), I(r->next_try), I(notice), T(utf8_prefix(r->error, LIMIT_QUEUE_ERROR))));
    return str_empty(r->history_line) ? OK : write_history(t->d, r->id, r->history_line);
}

static err settle_one(tx *t, str node, const queue_result *r) {
    settled row;
    bool found;
    TRY(load(t->d, r->id, node, &row, &found));
    if (!found)
        return OK;
    if (r->outcome == QUEUE_DONE)
        return queue_rows_drop(t, r->id, row.message);
    return row.others ? OK : retry(t, r, &row);
}

typedef struct settle_args {
    str node;
    const queue_result *results;
    size_t n;
    const store_letter *notices;
    size_t notices_n;
} settle_args;

/* A notice is the end of the line: nobody is told when it does not fit into its mailbox, but the operator can see it.
 */
static void log_lost(const store_letter *notice) {
    for (size_t i = 0; i < notice->m->locals_n; i++) {
        if (failed(notice->results[i]))
            log_warn("store.notice_refused", lf_str("id", notice->m->id),
                     lf_i64("account", notice->m->locals[i].account), lf_err(&notice->results[i]));
    }
}

static err settle(tx *t, void *arg) {
    settle_args *x = arg;
    for (size_t i = 0; i < x->notices_n; i++)
        TRY(content_check(t, &x->notices[i].packed));
    for (size_t i = 0; i < x->n; i++)
        TRY(settle_one(t, x->node, &x->results[i]));
    for (size_t i = 0; i < x->notices_n; i++) {
        TRY(sqlite_letter(t, &x->notices[i]));
        log_lost(&x->notices[i]);
    }
    return OK;
}

err sqlite_settle(void *b, str node, const queue_result *results, size_t n, const store_letter *notices,
                  size_t notices_n) {
    settle_args x = {node, results, n, notices, notices_n};
    return sqlite_write(b, settle, &x);
}

/* ---- the operator ---- */

typedef struct list_args {
    const queue_filter *f;
    int64_t after, limit;
    arena *a;
    queue_entry **out;
    size_t *n;
} list_args;

static err list(db *d, void *arg) {
    list_args *x = arg;
    const queue_filter *f = x->f;
    SCOPED_QUERY q =
        DB_QUERY(d,
                 "SELECT " QUEUE_COLUMNS " FROM queue_entry" QUEUE_JOINS
                 "WHERE queue_entry.id > ?1 AND (?2 = '' OR sender = ?2) AND (?3 = '' OR recipient = ?3)"
                 " AND (?4 = '' OR domain = ?4) AND (?5 = '' OR name = ?5) AND (?6 < 0 OR state = ?6)"
                 " ORDER BY queue_entry.id LIMIT ?7",
                 I(x->after), T(f->sender), T(f->recipient), T(f->domain), T(f->message_id), I(f->state), I(x->limit));
    while (query_row(&q)) {
        queue_entry *e = LIST_PUSH(x->a, x->out, x->n);
        if (!e)
            return list_over();
        TRY(queue_row_of(&q, x->a, e));
    }
    return query_end(&q);
}

err sqlite_queue_list(void *b, const queue_filter *f, int64_t after_id, size_t limit, arena *a, queue_entry **out,
                      size_t *n) {
    list_args x = {f, after_id, (int64_t)limit, a, out, n};
    return sqlite_read(b, list, &x);
}

typedef struct counts {
    uint64_t *of_state[3];
} counts;

static err count(db *d, void *arg) {
    counts *x = arg;
    for (int state = 0; state < 3; state++) {
        int64_t n = 0;
        TRY(DB_FIRST(d, &n, NULL, "SELECT count(*) FROM queue_entry INDEXED BY queue_due WHERE state = ?1", I(state)));
        *x->of_state[state] = (uint64_t)n;
    }
    return OK;
}

err sqlite_queue_count(void *b, uint64_t *waiting, uint64_t *active, uint64_t *held) {
    counts x = {{waiting, active, held}};
    return sqlite_read(b, count, &x);
}

typedef struct apply_args {
    const int64_t *ids;
    size_t n;
    queue_change change;
    int64_t now;
    uint64_t *changed;
} apply_args;

static err remove_entry(tx *t, int64_t id, bool *done) {
    settled row;
    TRY(load(t->d, id, S(""), &row, done));
    return *done ? queue_rows_drop(t, id, row.message) : OK;
}

static err apply_one(tx *t, const apply_args *x, int64_t id) {
    bool done;
    switch (x->change) {
    case QUEUE_CHANGE_REMOVE:
        TRY(remove_entry(t, id, &done));
        *x->changed += done;
        return OK;
    case QUEUE_CHANGE_RETRY: /* a held entry needs a release, an active one is being tried */
        TRY(DB_RUN(t->d, "UPDATE queue_entry SET due = ?2 WHERE id = ?1 AND state = 0", I(id), I(x->now)));
        break;
    case QUEUE_CHANGE_HOLD:
        TRY(DB_RUN(t->d, "UPDATE queue_entry SET state = 2 WHERE id = ?1 AND state <> 2", I(id)));
        break;
    case QUEUE_CHANGE_RELEASE:
        TRY(DB_RUN(t->d, "UPDATE queue_entry SET state = 0, due = ?2 WHERE id = ?1 AND state = 2", I(id), I(x->now)));
        break;
    }
    *x->changed += (uint64_t)db_changes(t->d);
    return OK;
}

static err apply(tx *t, void *arg) {
    apply_args *x = arg;
    *x->changed = 0;
    for (size_t i = 0; i < x->n; i++)
        TRY(apply_one(t, x, x->ids[i]));
    t->queue |= x->change == QUEUE_CHANGE_RETRY || x->change == QUEUE_CHANGE_RELEASE;
    return OK;
}

err sqlite_queue_apply(void *b, const int64_t *ids, size_t n, queue_change change, int64_t now, uint64_t *changed) {
    apply_args x = {ids, n, change, now, changed};
    return sqlite_write(b, apply, &x);
}
