#include "store/sqlite/sqlite.h"

#include "base/time.h"
#include "store/list.h"
#include "store/sqlite/boxes.h"

static err no_account(void) { return err_make(ERR_PEER, ERR_NOT_FOUND, "no such account", ""); }

/* ---- add ---- */

typedef struct add_args {
    const store_account *in;
    str domain;
    const store_default_mailbox *boxes;
    size_t boxes_n;
    int64_t *id;
} add_args;

/* UIDVALIDITY follows the clock but never repeats in an account, nor in one that has the name of a removed one. */
static err first_uidvalidity(db *d, int64_t *out) {
    int64_t floor = 0;
    TRY(DB_FIRST(d, &floor, NULL, "SELECT value FROM meta WHERE key = 'uidvalidity'"));
    int64_t now = time_wall();
    *out = now > floor ? now : floor + 1;
    return OK;
}

static err add_defaults(tx *t, int64_t account, const add_args *x) {
    for (size_t i = 0; i < x->boxes_n; i++) {
        int64_t id;
        TRY(box_add(t->d, account, x->boxes[i].name, x->boxes[i].special, &id));
        TRY(DB_RUN(t->d, "INSERT INTO subscription (account, name) VALUES (?1, ?2)", I(account), T(x->boxes[i].name)));
    }
    return OK;
}

static err check_new(db *d, str name, str domain, int64_t *domain_id) {
    int64_t id;
    bool found;
    TRY(DB_FIRST(d, domain_id, &found, "SELECT id FROM domain WHERE name = ?1", T(domain)));
    if (!found)
        return err_make(ERR_PEER, ERR_NOT_FOUND, "no such domain", "");
    TRY(DB_FIRST(d, &id, &found, "SELECT id FROM address WHERE key = ?1", T(name)));
    return found ? err_make(ERR_PEER, ERR_EXISTS, "this address exists already", "") : OK;
}

static err add(tx *t, void *arg) {
    add_args *x = arg;
    int64_t domain = 0, uidvalidity = 0;
    TRY(check_new(t->d, x->in->name, x->domain, &domain));
    TRY(first_uidvalidity(t->d, &uidvalidity));
    TRY(DB_RUN(t->d,
               "INSERT INTO account (name, credential, disabled, quota, used, messages, created, uidvalidity)"
               " VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
               T(x->in->name), T(x->in->credential), I(x->in->disabled), I((int64_t)x->in->quota_bytes), I(time_wall()),
               I(uidvalidity)));
    int64_t id = db_last_id(t->d);
    TRY(DB_RUN(t->d, "INSERT INTO address (key, domain, account, own) VALUES (?1, ?2, ?3, 1)", T(x->in->name),
               I(domain), I(id)));
    TRY(add_defaults(t, id, x));
    *x->id = id;
    return OK;
}

err sqlite_account_add(void *b, const store_account *in, str domain, const store_default_mailbox *boxes, size_t boxes_n,
                       int64_t *id) {
    add_args x = {in, domain, boxes, boxes_n, id};
    return sqlite_write(b, add, &x);
}

/* ---- get, list ---- */

typedef struct list_args {
    str name;
    int64_t only, limit;
    arena *a;
    store_account *one, **out;
    size_t *n;
} list_args;

static err from_row(const query *q, arena *a, store_account *out) {
    out->id = query_int(q, 0);
    out->disabled = query_int(q, 3) != 0;
    out->quota_bytes = (uint64_t)query_int(q, 4);
    out->used_bytes = (uint64_t)query_int(q, 5);
    out->messages = (uint64_t)query_int(q, 6);
    out->created = query_int(q, 7);
    TRY(query_copy(q, 1, a, &out->name));
    return query_copy(q, 2, a, &out->credential);
}

static err get(db *d, void *arg) {
    list_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT id, name, credential, disabled, quota, used, messages, created FROM account"
                              " WHERE name = ?1 AND ?2 IN (0, id)",
                              T(x->name), I(x->only));
    if (query_row(&q))
        return from_row(&q, x->a, x->one);
    TRY(query_end(&q));
    return no_account();
}

err sqlite_account_get(void *b, str name, int64_t only, arena *a, store_account *out) {
    list_args x = {.name = name, .only = only, .a = a, .one = out};
    return sqlite_read(b, get, &x);
}

static err list(db *d, void *arg) {
    list_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT id, name, credential, disabled, quota, used, messages, created FROM account"
                              " WHERE name > ?1 ORDER BY name LIMIT ?2",
                              T(x->name), I(x->limit));
    while (query_row(&q)) {
        store_account *one = LIST_PUSH(x->a, x->out, x->n);
        if (!one)
            return list_over();
        TRY(from_row(&q, x->a, one));
    }
    return query_end(&q);
}

err sqlite_account_list(void *b, str after, size_t limit, arena *a, store_account **out, size_t *n) {
    list_args x = {.name = after, .limit = (int64_t)limit, .a = a, .out = out, .n = n};
    return sqlite_read(b, list, &x);
}

/* ---- set, remove ---- */

typedef struct set_args {
    int64_t id;
    unsigned fields;
    const store_account *in;
} set_args;

static err set(tx *t, void *arg) {
    set_args *x = arg;
    TRY(DB_RUN(t->d,
               "UPDATE account SET credential = iif(?2, ?3, credential), disabled = iif(?4, ?5, disabled),"
               " quota = iif(?6, ?7, quota) WHERE id = ?1",
               I(x->id), I(x->fields & ACCOUNT_SET_CREDENTIAL), T(x->in->credential),
               I(x->fields & ACCOUNT_SET_DISABLED), I(x->in->disabled), I(x->fields & ACCOUNT_SET_QUOTA),
               I((int64_t)x->in->quota_bytes)));
    return db_changes(t->d) ? OK : no_account();
}

err sqlite_account_set(void *b, int64_t id, unsigned fields, const store_account *in) {
    set_args x = {id, fields, in};
    return sqlite_write(b, set, &x);
}

/* Addresses that only led here go; those that also forward stay and forward. */
static err remove_addresses(db *d, int64_t id) {
    TRY(DB_RUN(d,
               "UPDATE address SET account = NULL WHERE account = ?1 AND own = 0"
               " AND EXISTS (SELECT 1 FROM forward WHERE address = address.id)",
               I(id)));
    TRY(DB_RUN(d, "DELETE FROM forward WHERE address IN (SELECT id FROM address WHERE account = ?1)", I(id)));
    return DB_RUN(d, "DELETE FROM address WHERE account = ?1", I(id));
}

/* Watchers of each mailbox learn that it is gone. */
static err touch_mailboxes(tx *t, int64_t account) {
    SCOPED_QUERY q = DB_QUERY(t->d, "SELECT id FROM mailbox WHERE account = ?1", I(account));
    while (query_row(&q))
        tx_touch(t, account, query_int(&q, 0));
    tx_touch(t, account, 0);
    return query_end(&q);
}

/* At once everything becomes unreachable; reap.c clears the messages away in portions. */
static err remove_account(tx *t, void *arg) {
    int64_t id = *(const int64_t *)arg, last = 0;
    bool found;
    TRY(DB_FIRST(t->d, &last, &found, "SELECT uidvalidity FROM account WHERE id = ?1", I(id)));
    if (!found)
        return no_account();
    TRY(touch_mailboxes(t, id));
    TRY(remove_addresses(t->d, id));
    TRY(DB_RUN(t->d, "INSERT INTO gone (account, mailbox) SELECT account, id FROM mailbox WHERE account = ?1", I(id)));
    TRY(DB_RUN(t->d, "DELETE FROM mailbox WHERE account = ?1", I(id)));
    TRY(DB_RUN(t->d, "DELETE FROM subscription WHERE account = ?1", I(id)));
    TRY(DB_RUN(t->d, "DELETE FROM account WHERE id = ?1", I(id)));
    TRY(DB_RUN(t->d,
               "INSERT INTO meta (key, value) VALUES ('uidvalidity', ?1)"
               " ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
               I(last)));
    t->litter = true;
    return OK;
}

err sqlite_account_remove(void *b, int64_t id) { return sqlite_write(b, remove_account, &id); }
