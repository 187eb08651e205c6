#include "store/sqlite/sqlite.h"

#include "base/time.h"
#include "store/list.h"

static err no_domain(void) { return err_make(ERR_PEER, ERR_NOT_FOUND, "no such domain", ""); }

typedef struct add_args {
    str name;
    int64_t *id;
} add_args;

static err add(tx *t, void *arg) {
    add_args *x = arg;
    TRY(DB_RUN(t->d, "INSERT INTO domain (name, created) VALUES (?1, ?2)", T(x->name), I(time_wall())));
    *x->id = db_last_id(t->d);
    return OK;
}

err sqlite_domain_add(void *b, str name, int64_t *id) {
    add_args x = {name, id};
    return sqlite_write(b, add, &x);
}

typedef struct list_args {
    str name; /* of one, or what to begin after */
    int64_t limit;
    arena *a;
    store_domain *one, **out;
    size_t *n;
} list_args;

static err from_row(const query *q, arena *a, store_domain *out) {
    out->id = query_int(q, 0);
    out->created = query_int(q, 2);
    return query_copy(q, 1, a, &out->name);
}

static err get(db *d, void *arg) {
    list_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d, "SELECT id, name, created FROM domain WHERE name = ?1", T(x->name));
    if (query_row(&q))
        return from_row(&q, x->a, x->one);
    TRY(query_end(&q));
    return no_domain();
}

err sqlite_domain_get(void *b, str name, arena *a, store_domain *out) {
    list_args x = {.name = name, .a = a, .one = out};
    return sqlite_read(b, get, &x);
}

static err list(db *d, void *arg) {
    list_args *x = arg;
    SCOPED_QUERY q = DB_QUERY(d, "SELECT id, name, created FROM domain WHERE name > ?1 ORDER BY name LIMIT ?2",
                              T(x->name), I(x->limit));
    while (query_row(&q)) {
        store_domain *one = LIST_PUSH(x->a, x->out, x->n);
        if (!one)
            return list_over();
        TRY(from_row(&q, x->a, one));
    }
    return query_end(&q);
}

err sqlite_domain_list(void *b, str after, size_t limit, arena *a, store_domain **out, size_t *n) {
    list_args x = {.name = after, .limit = (int64_t)limit, .a = a, .out = out, .n = n};
    return sqlite_read(b, list, &x);
}

static err remove_domain(tx *t, void *arg) {
    str name = *(const str *)arg;
    int64_t id = 0, address = 0;
    bool found, used;
    TRY(DB_FIRST(t->d, &id, &found, "SELECT id FROM domain WHERE name = ?1", T(name)));
    if (!found)
        return no_domain();
    TRY(DB_FIRST(t->d, &address, &used, "SELECT id FROM address WHERE domain = ?1 LIMIT 1", I(id)));
    if (used)
        return err_make(ERR_PEER, ERR_CONFLICT, "there are addresses in this domain", "");
    return DB_RUN(t->d, "DELETE FROM domain WHERE id = ?1", I(id));
}

err sqlite_domain_remove(void *b, str name) { return sqlite_write(b, remove_domain, &name); }
