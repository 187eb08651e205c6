#include "store/sqlite/sqlite.h"

#include "store/list.h"

static err no_address(void) { return err_make(ERR_PEER, ERR_NOT_FOUND, "no such address", ""); }

/* ---- writing ---- */

static err add_forwards(db *d, int64_t address, const store_address *in) {
    for (size_t i = 0; i < in->forwards_n; i++)
        TRY(DB_RUN(d, "INSERT INTO forward (address, position, target) VALUES (?1, ?2, ?3)", I(address), I((int64_t)i),
                   T(in->forwards[i])));
    return OK;
}

static err check_account(db *d, int64_t account) {
    int64_t id;
    bool found = true;
    if (account)
        TRY(DB_FIRST(d, &id, &found, "SELECT id FROM account WHERE id = ?1", I(account)));
    return found ? OK : err_make(ERR_PEER, ERR_NOT_FOUND, "no such account", "");
}

typedef struct add_args {
    const store_address *in;
    str domain;
    int64_t *id;
} add_args;

static err add(tx *t, void *arg) {
    add_args *x = arg;
    int64_t domain = 0, id = 0;
    bool found;
    TRY(DB_FIRST(t->d, &domain, &found, "SELECT id FROM domain WHERE name = ?1", T(x->domain)));
    if (!found)
        return err_make(ERR_PEER, ERR_NOT_FOUND, "no such domain", "");
    TRY(check_account(t->d, x->in->account));
    TRY(DB_FIRST(t->d, &id, &found, "SELECT id FROM address WHERE key = ?1", T(x->in->key)));
    if (found)
        return err_make(ERR_PEER, ERR_EXISTS, "this address exists already", "");
    TRY(DB_RUN(t->d, "INSERT INTO address (key, domain, account, own) VALUES (?1, ?2, nullif(?3, 0), 0)", T(x->in->key),
               I(domain), I(x->in->account)));
    *x->id = db_last_id(t->d);
    return add_forwards(t->d, *x->id, x->in);
}

err sqlite_address_add(void *b, const store_address *in, str domain, int64_t *id) {
    add_args x = {in, domain, id};
    return sqlite_write(b, add, &x);
}

typedef struct address_row {
    int64_t id, account;
    bool own;
} address_row;

static err find_row(db *d, str key, address_row *out) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT id, account, own FROM address WHERE key = ?1", T(key));
    if (!query_row(&q)) {
        TRY(query_end(&q));
        return no_address();
    }
    *out = (address_row){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2) != 0};
    return OK;
}

static err own_conflict(void) { return err_make(ERR_PEER, ERR_CONFLICT, "this is the account's own address", ""); }

static err set(tx *t, void *arg) {
    const store_address *in = arg;
    address_row row;
    TRY(find_row(t->d, in->key, &row));
    if (row.own && row.account != in->account)
        return own_conflict();
    TRY(check_account(t->d, in->account));
    TRY(DB_RUN(t->d, "UPDATE address SET account = nullif(?2, 0) WHERE id = ?1", I(row.id), I(in->account)));
    TRY(DB_RUN(t->d, "DELETE FROM forward WHERE address = ?1", I(row.id)));
    return add_forwards(t->d, row.id, in);
}

err sqlite_address_set(void *b, const store_address *in) { return sqlite_write(b, set, (void *)in); }

static err remove_address(tx *t, void *arg) {
    address_row row;
    TRY(find_row(t->d, *(const str *)arg, &row));
    if (row.own)
        return own_conflict();
    TRY(DB_RUN(t->d, "DELETE FROM forward WHERE address = ?1", I(row.id)));
    return DB_RUN(t->d, "DELETE FROM address WHERE id = ?1", I(row.id));
}

err sqlite_address_remove(void *b, str key) { return sqlite_write(b, remove_address, &key); }

/* ---- reading ---- */

static err read_forwards(db *d, arena *a, store_address *out) {
    out->forwards = NULL;
    out->forwards_n = 0;
    SCOPED_QUERY q = DB_QUERY(d, "SELECT target FROM forward WHERE address = ?1 ORDER BY position", I(out->id));
    while (query_row(&q)) {
        str *target = LIST_PUSH(a, &out->forwards, &out->forwards_n);
        if (!target)
            return list_over();
        TRY(query_copy(&q, 0, a, target));
    }
    return query_end(&q);
}

static err from_row(db *d, const query *q, arena *a, store_address *out) {
    *out = (store_address){.id = query_int(q, 0), .account = query_int(q, 2)};
    TRY(query_copy(q, 1, a, &out->key));
    TRY(query_copy(q, 3, a, &out->account_name));
    return read_forwards(d, a, out);
}

typedef struct list_args {
    str key, of_account;
    int64_t limit;
    arena *a;
    store_address *one, **out;
    size_t *n;
} list_args;

static err get(db *d, void *arg) {
    list_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT address.id, key, coalesce(account, 0), coalesce(account.name, '') FROM address"
                              " LEFT JOIN account ON account.id = address.account WHERE key = ?1",
                              T(x->key));
    if (query_row(&q))
        return from_row(d, &q, x->a, x->one);
    TRY(query_end(&q));
    return no_address();
}

err sqlite_address_get(void *b, str key, arena *a, store_address *out) {
    list_args x = {.key = key, .a = a, .one = out};
    return sqlite_read(b, get, &x);
}

static err push_rows(db *d, query *q, list_args *x) {
    while (query_row(q)) {
        store_address *one = LIST_PUSH(x->a, x->out, x->n);
        if (!one)
            return list_over();
        TRY(from_row(d, q, x->a, one));
    }
    return query_end(q);
}

static err list(db *d, void *arg) {
    list_args *x = arg;
    if (str_empty(x->of_account)) {
        SCOPED_QUERY all =
            DB_QUERY(d,
                     "SELECT address.id, key, coalesce(account, 0), coalesce(account.name, '') FROM address"
                     " LEFT JOIN account ON account.id = address.account WHERE key > ?1 ORDER BY key LIMIT ?2",
                     T(x->key), I(x->limit));
        return push_rows(d, &all, x);
    }
    SCOPED_QUERY some = DB_QUERY(d,
                                 "SELECT address.id, key, account, account.name FROM account"
                                 " JOIN address ON address.account = account.id"
                                 " WHERE account.name = ?3 AND key > ?1 ORDER BY key LIMIT ?2",
                                 T(x->key), I(x->limit), T(x->of_account));
    return push_rows(d, &some, x);
}

err sqlite_address_list(void *b, str after, str of_account, size_t limit, arena *a, store_address **out, size_t *n) {
    list_args x = {.key = after, .of_account = of_account, .limit = (int64_t)limit, .a = a, .out = out, .n = n};
    return sqlite_read(b, list, &x);
}

/* ---- where mail goes ---- */

typedef struct route_args {
    const store_route_query *q;
    arena *a;
    store_route *out;
    size_t *which;
} route_args;

static err try_key(db *d, str key, arena *a, store_route *out) {
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT address.id, key, coalesce(account, 0), coalesce(account.name, ''),"
                              " coalesce(disabled, 0), coalesce(quota > 0 AND used >= quota, 0) FROM address"
                              " LEFT JOIN account ON account.id = address.account WHERE key = ?1",
                              T(key));
    if (!query_row(&q))
        return query_end(&q);
    out->found = true;
    out->disabled = query_int(&q, 4) != 0;
    out->over_quota = query_int(&q, 5) != 0;
    return from_row(d, &q, a, &out->address);
}

static err route(db *d, void *arg) {
    route_args *x = arg;
    int64_t id;
    TRY(DB_FIRST(d, &id, &x->out->domain_is_ours, "SELECT id FROM domain WHERE name = ?1", T(x->q->domain)));
    for (size_t i = 0; x->out->domain_is_ours && !x->out->found && i < x->q->n; i++) {
        *x->which = i;
        TRY(try_key(d, x->q->keys[i], x->a, x->out));
    }
    return OK;
}

err sqlite_route_find(void *b, const store_route_query *q, arena *a, store_route *out, size_t *which) {
    route_args x = {q, a, out, which};
    return sqlite_read(b, route, &x);
}
