#include "store/sqlite/queue.h"

#include "base/time.h"
#include "store/list.h"
#include "store/sqlite/content.h"
#include "store/sqlite/sqlite.h"

enum { TRAIT_RET_HEADERS = 1, TRAIT_SMTPUTF8 = 2, TRAIT_BODY8 = 4, TRAIT_BINARY = 8 };

static int64_t traits_of(const store_accepted *m) {
    return (m->ret_headers ? TRAIT_RET_HEADERS : 0) | (m->smtputf8 ? TRAIT_SMTPUTF8 : 0) |
           (m->body8 ? TRAIT_BODY8 : 0) | (m->binary ? TRAIT_BINARY : 0);
}

static err add_entry(tx *t, const store_letter *letter, size_t i, int64_t message) {
    const store_accepted *m = letter->m;
    const store_recipient *r = &m->recipients[i];
    return DB_RUN(
        t->d,
        "INSERT INTO queue_entry (message, domain, recipient, original, target, notify, state, due, node, attempts,"
        " delay_notice, last_error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', 0, 0, '')",
        I(message), T(letter->domains[i]), T(r->address), T(r->original), T(r->target), I(r->notify),
        I(m->hold ? QUEUE_HELD : QUEUE_WAITING), I(m->first_try));
}

err queue_rows_add(tx *t, const store_letter *letter, int64_t content) {
    const store_accepted *m = letter->m;
    TRY(DB_RUN(
        t->d,
        "INSERT INTO queue_message (name, content, size, sender, envid, traits, submitter, created, expires, entries)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        T(m->id), I(content), I((int64_t)letter->packed.size), T(m->sender), T(m->envid), I(traits_of(m)),
        I(m->submitter), I(time_wall()), I(m->expires), I((int64_t)m->recipients_n)));
    int64_t message = db_last_id(t->d);
    for (size_t i = 0; i < m->recipients_n; i++)
        TRY(add_entry(t, letter, i, message));
    t->queue |= !m->hold;
    return OK;
}

err queue_rows_drop(tx *t, int64_t entry, int64_t message) {
    TRY(DB_RUN(t->d, "DELETE FROM queue_entry WHERE id = ?1", I(entry)));
    TRY(DB_RUN(t->d, "DELETE FROM queue_history WHERE entry = ?1", I(entry)));
    int64_t left = 0, content = 0;
    TRY(DB_FIRST(t->d, &left, NULL, "UPDATE queue_message SET entries = entries - 1 WHERE id = ?1 RETURNING entries",
                 I(message)));
    if (left > 0)
        return OK;
    TRY(DB_FIRST(t->d, &content, NULL, "SELECT content FROM queue_message WHERE id = ?1", I(message)));
    TRY(DB_RUN(t->d, "DELETE FROM queue_message WHERE id = ?1", I(message)));
    return content_release(t, content);
}

err queue_row_of(const query *q, arena *a, queue_entry *out) {
    int64_t traits = query_int(q, 6);
    *out = (queue_entry){
        .id = query_int(q, 0),
        .content = query_int(q, 2),
        .size = (uint64_t)query_int(q, 3),
        .ret_headers = traits & TRAIT_RET_HEADERS,
        .smtputf8 = traits & TRAIT_SMTPUTF8,
        .body8 = traits & TRAIT_BODY8,
        .binary = traits & TRAIT_BINARY,
        .submitter = query_int(q, 7),
        .notify = (unsigned)query_int(q, 11),
        .state = (queue_state)query_int(q, 12),
        .attempts = (uint32_t)query_int(q, 13),
        .created = query_int(q, 14),
        .next_try = query_int(q, 15),
        .expires = query_int(q, 16),
        .delay_notice = query_int(q, 17),
    };
    struct {
        int column;
        str *to;
    } const texts[] = {
        {1, &out->message_id}, {4, &out->sender},  {5, &out->envid},       {8, &out->recipient}, {9, &out->original},
        {10, &out->target},    {18, &out->domain}, {19, &out->last_error}, {20, &out->history},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(query_copy(q, texts[i].column, a, texts[i].to));
    return OK;
}

/* ---- claim ---- */

typedef struct claim_args {
    str node;
    int64_t now, until;
    size_t limit;
    arena *a;
    queue_entry **out;
    size_t *n;
} claim_args;

typedef struct group {
    int64_t message;
    str domain;
} group;

/* A lease that ran out is a waiting entry again: its node died or lost its way. */
static err lapse(tx *t, int64_t now) {
    return DB_RUN(t->d, "UPDATE queue_entry INDEXED BY queue_due SET state = 0 WHERE state = 1 AND due <= ?1", I(now));
}

static err first_due(tx *t, const claim_args *x, arena *a, group *out, bool *found) {
    SCOPED_QUERY q =
        DB_QUERY(t->d,
                 "SELECT message, domain FROM queue_entry INDEXED BY queue_due WHERE state = 0 AND due <= ?1"
                 " ORDER BY due LIMIT 1",
                 I(x->now));
    *found = query_row(&q);
    if (!*found)
        return query_end(&q);
    out->message = query_int(&q, 0);
    return query_copy(&q, 1, a, &out->domain);
}

static err load_group(tx *t, const claim_args *x, const group *g) {
    SCOPED_QUERY q =
        DB_QUERY(t->d,
                 "SELECT " QUEUE_COLUMNS " FROM queue_entry INDEXED BY queue_group" QUEUE_JOINS
                 "WHERE message = ?1 AND domain = ?2 AND state = 0 AND due <= ?3 ORDER BY queue_entry.id LIMIT ?4",
                 I(g->message), T(g->domain), I(x->now), I((int64_t)x->limit));
    while (query_row(&q)) {
        queue_entry *e = LIST_PUSH(x->a, x->out, x->n);
        if (!e)
            return list_over();
        TRY(queue_row_of(&q, x->a, e));
        e->state = QUEUE_ACTIVE;
        e->next_try = x->until;
    }
    return query_end(&q);
}

static err mark(tx *t, const claim_args *x, size_t from) {
    for (size_t i = from; i < *x->n; i++)
        TRY(DB_RUN(t->d, "UPDATE queue_entry SET state = 1, due = ?2, node = ?3 WHERE id = ?1", I((*x->out)[i].id),
                   I(x->until), T(x->node)));
    return OK;
}

/* Takes the group of the entry due first. *more false when nothing is due or the next group does not fit: it will begin
 * the next claim. */
static err claim_group(tx *t, const claim_args *x, bool *more) {
    group g;
    size_t before = *x->n;
    TRY(first_due(t, x, x->a, &g, more));
    if (!*more)
        return OK;
    err e = load_group(t, x, &g);
    bool fits = !failed(e) && *x->n <= x->limit;
    if (before && !fits && (!failed(e) || e.what == ERR_LIMIT)) {
        *x->n = before;
        *more = false;
        return OK;
    }
    TRY(e);
    return mark(t, x, before);
}

static err claim(tx *t, void *arg) {
    claim_args *x = arg;
    *x->n = 0;
    TRY(lapse(t, x->now));
    for (bool more = true; more && *x->n < x->limit;)
        TRY(claim_group(t, x, &more));
    return OK;
}

err sqlite_claim(void *b, str node, int64_t now, int64_t until, size_t limit, arena *a, queue_entry **out, size_t *n) {
    claim_args x = {node, now, until, limit, a, out, n};
    return sqlite_write(b, claim, &x);
}

/* ---- leases ---- */

typedef struct lease_args {
    str node;
    const int64_t *ids;
    size_t n;
    int64_t at;
} lease_args;

static err renew(tx *t, void *arg) {
    lease_args *x = arg;
    for (size_t i = 0; i < x->n; i++)
        TRY(DB_RUN(t->d, "UPDATE queue_entry SET due = ?2 WHERE id = ?1 AND state = 1 AND node = ?3", I(x->ids[i]),
                   I(x->at), T(x->node)));
    return OK;
}

err sqlite_renew(void *b, str node, const int64_t *ids, size_t n, int64_t until) {
    lease_args x = {node, ids, n, until};
    return sqlite_write(b, renew, &x);
}

static err recover(tx *t, void *arg) {
    lease_args *x = arg;
    t->queue = true;
    return DB_RUN(t->d, "UPDATE queue_entry INDEXED BY queue_due SET state = 0, due = ?2 WHERE state = 1 AND node = ?1",
                  T(x->node), I(x->at));
}

err sqlite_recover(void *b, str node, int64_t now) {
    lease_args x = {.node = node, .at = now};
    return sqlite_write(b, recover, &x);
}

static err next(db *d, void *arg) {
    int64_t *at = arg, waiting = 0, active = 0;
    bool any_waiting, any_active;
    TRY(DB_FIRST(d, &waiting, &any_waiting,
                 "SELECT due FROM queue_entry INDEXED BY queue_due WHERE state = 0 ORDER BY due LIMIT 1"));
    TRY(DB_FIRST(d, &active, &any_active,
                 "SELECT due FROM queue_entry INDEXED BY queue_due WHERE state = 1 ORDER BY due LIMIT 1"));
    *at = any_waiting && (!any_active || waiting < active) ? waiting : active;
    return OK;
}

err sqlite_next(void *b, int64_t *at) { return sqlite_read(b, next, at); }

/* ---- bytes ---- */

typedef struct read_args {
    int64_t entry;
    store_source_fn fn;
    void *arg;
} read_args;

static err read_entry(db *d, void *arg) {
    read_args *x = arg;
    int64_t content = 0;
    bool found;
    TRY(DB_FIRST(
        d, &content, &found,
        "SELECT content FROM queue_entry JOIN queue_message ON queue_message.id = message WHERE queue_entry.id = ?1",
        I(x->entry)));
    return found ? content_open(d, content, S(""), x->fn, x->arg)
                 : err_make(ERR_PEER, ERR_NOT_FOUND, "no such queue entry", "");
}

err sqlite_queue_read(void *b, int64_t entry, store_source_fn fn, void *arg) {
    read_args x = {entry, fn, arg};
    return sqlite_read(b, read_entry, &x);
}
