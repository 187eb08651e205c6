#include "store/sqlite/sqlite.h"

#include "base/limits.h"
#include "store/list.h"
#include "store/sqlite/boxes.h"

/* ---- reading ---- */

#define COLUMNS \
    "mailbox.id, mailbox.name, special, subscription.name IS NOT NULL, uidvalidity, uidnext, modseq, messages, " \
    "unseen," \
    " deleted, bytes, keywords FROM mailbox LEFT JOIN subscription" \
    " ON subscription.account = mailbox.account AND subscription.name = mailbox.name"

static err copy_keywords(const query *q, int column, arena *a, store_mailbox *out) {
    str text;
    TRY(query_copy(q, column, a, &text));
    out->keywords = NULL;
    out->keywords_n = 0;
    for (str word; str_cut(&text, ' ', &word);) {
        if (str_empty(word))
            continue;
        str *one = LIST_PUSH(a, &out->keywords, &out->keywords_n);
        if (!one)
            return list_over();
        *one = word;
    }
    return OK;
}

static err from_row(const query *q, arena *a, store_mailbox *out) {
    *out = (store_mailbox){
        .id = query_int(q, 0),
        .special = (store_special)query_int(q, 2),
        .subscribed = query_int(q, 3) != 0,
        .uidvalidity = (uint32_t)query_int(q, 4),
        .uidnext = (uint32_t)query_int(q, 5),
        .modseq = (uint64_t)query_int(q, 6),
        .messages = (uint64_t)query_int(q, 7),
        .unseen = (uint64_t)query_int(q, 8),
        .deleted = (uint64_t)query_int(q, 9),
        .bytes = (uint64_t)query_int(q, 10),
    };
    TRY(query_copy(q, 1, a, &out->name));
    return copy_keywords(q, 11, a, out);
}

typedef struct get_args {
    int64_t account, id;
    str name;
    arena *a;
    store_mailbox *one, **out;
    size_t *n;
} get_args;

static err list(db *d, void *arg) {
    get_args *x = arg;
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT " COLUMNS " WHERE mailbox.account = ?1 ORDER BY mailbox.name <> 'INBOX', mailbox.name",
                 I(x->account));
    while (query_row(&q)) {
        store_mailbox *one = LIST_PUSH(x->a, x->out, x->n);
        if (!one)
            return list_over();
        TRY(from_row(&q, x->a, one));
    }
    return query_end(&q);
}

err sqlite_mailbox_list(void *b, int64_t account, arena *a, store_mailbox **out, size_t *n) {
    get_args x = {.account = account, .a = a, .out = out, .n = n};
    return sqlite_read(b, list, &x);
}

static err first_row(query *q, arena *a, store_mailbox *out) {
    if (query_row(q))
        return from_row(q, a, out);
    TRY(query_end(q));
    return box_missing();
}

static err get(db *d, void *arg) {
    get_args *x = arg;
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT " COLUMNS " WHERE mailbox.account = ?1 AND mailbox.name = ?2", I(x->account), T(x->name));
    return first_row(&q, x->a, x->one);
}

err sqlite_mailbox_get(void *b, int64_t account, str name, arena *a, store_mailbox *out) {
    get_args x = {.account = account, .name = name, .a = a, .one = out};
    return sqlite_read(b, get, &x);
}

err sqlite_mailbox_of(db *d, int64_t account, int64_t id, arena *a, store_mailbox *out) {
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT " COLUMNS " WHERE mailbox.id = ?2 AND mailbox.account = ?1", I(account), I(id));
    return first_row(&q, a, out);
}

static err get_id(db *d, void *arg) {
    get_args *x = arg;
    return sqlite_mailbox_of(d, x->account, x->id, x->a, x->one);
}

err sqlite_mailbox_get_id(void *b, int64_t account, int64_t id, arena *a, store_mailbox *out) {
    get_args x = {.account = account, .id = id, .a = a, .one = out};
    return sqlite_read(b, get_id, &x);
}

/* ---- creating ---- */

static err find_id(db *d, int64_t account, str name, int64_t *id, bool *found) {
    return DB_FIRST(d, id, found, "SELECT id FROM mailbox WHERE account = ?1 AND name = ?2", I(account), T(name));
}

static err check_room(db *d, int64_t account, size_t more) {
    int64_t n = 0;
    TRY(DB_FIRST(d, &n, NULL, "SELECT count(*) FROM mailbox WHERE account = ?1", I(account)));
    return (size_t)n + more > LIMIT_MAILBOXES ? err_make(ERR_PEER, ERR_LIMIT, "too many mailboxes", "") : OK;
}

static err check_special(db *d, int64_t account, store_special special) {
    int64_t id;
    bool found = false;
    if (special != SPECIAL_NONE)
        TRY(DB_FIRST(d, &id, &found, "SELECT id FROM mailbox WHERE account = ?1 AND special = ?2", I(account),
                     I(special)));
    return found ? err_make(ERR_PEER, ERR_CONFLICT, "another mailbox has this use", "") : OK;
}

static err add_parents(tx *t, int64_t account, const str *path, size_t levels) {
    for (size_t i = 0; i + 1 < levels; i++) {
        int64_t id;
        bool found;
        TRY(find_id(t->d, account, path[i], &id, &found));
        if (!found)
            TRY(box_add(t->d, account, path[i], SPECIAL_NONE, &id));
    }
    return OK;
}

typedef struct create_args {
    int64_t account;
    const str *path;
    size_t levels;
    store_special special;
    str from; /* rename */
    int64_t *id;
} create_args;

static err check_free(db *d, int64_t account, str name) {
    int64_t id;
    bool found;
    TRY(find_id(d, account, name, &id, &found));
    return found ? err_make(ERR_PEER, ERR_EXISTS, "this mailbox exists already", "") : OK;
}

static err create(tx *t, void *arg) {
    create_args *x = arg;
    str name = x->path[x->levels - 1];
    TRY(check_free(t->d, x->account, name));
    TRY(check_room(t->d, x->account, x->levels));
    TRY(check_special(t->d, x->account, x->special));
    TRY(add_parents(t, x->account, x->path, x->levels));
    TRY(box_add(t->d, x->account, name, x->special, x->id));
    tx_touch(t, x->account, 0);
    return OK;
}

err sqlite_mailbox_create(void *b, int64_t account, const str *path, size_t levels, store_special special,
                          int64_t *id) {
    create_args x = {.account = account, .path = path, .levels = levels, .special = special, .id = id};
    return sqlite_write(b, create, &x);
}

/* ---- renaming ---- */

/* No name below `from` may become too long or meet one below `to` that was left behind by its parent. */
static err check_children(db *d, const create_args *x, str to) {
    SCOPED_QUERY q =
        DB_QUERY(d,
                 "SELECT length(CAST(name AS BLOB)) - ?4 + ?5 > ?6, EXISTS (SELECT 1 FROM mailbox AS other"
                 " WHERE other.account = ?1 AND other.name = ?3 || substr(mailbox.name, length(?2) + 1))"
                 " FROM mailbox WHERE account = ?1 AND name > ?2 || '/' AND name < ?2 || '0'",
                 I(x->account), T(x->from), T(to), I((int64_t)x->from.n), I((int64_t)to.n), I(LIMIT_MAILBOX_NAME));
    while (query_row(&q)) {
        if (query_int(&q, 0))
            return err_make(ERR_PEER, ERR_LIMIT, "the name of a mailbox below it would be too long", "");
        if (query_int(&q, 1))
            return err_make(ERR_PEER, ERR_EXISTS, "the name of a mailbox below it is taken", "");
    }
    return query_end(&q);
}

/* '0' is the character after '/': the range holds exactly what lies below. */
static err move_names(tx *t, const create_args *x, str to) {
    TRY(DB_RUN(t->d,
               "UPDATE mailbox SET name = ?3 || substr(name, length(?2) + 1)"
               " WHERE account = ?1 AND (name = ?2 OR (name > ?2 || '/' AND name < ?2 || '0'))",
               I(x->account), T(x->from), T(to)));
    return DB_RUN(t->d,
                  "UPDATE OR REPLACE subscription SET name = ?3 || substr(name, length(?2) + 1)"
                  " WHERE account = ?1 AND (name = ?2 OR (name > ?2 || '/' AND name < ?2 || '0'))",
                  I(x->account), T(x->from), T(to));
}

static err touch_tree(tx *t, int64_t account, str top) {
    SCOPED_QUERY q = DB_QUERY(
        t->d, "SELECT id FROM mailbox WHERE account = ?1 AND (name = ?2 OR (name > ?2 || '/' AND name < ?2 || '0'))",
        I(account), T(top));
    while (query_row(&q))
        tx_touch(t, account, query_int(&q, 0));
    tx_touch(t, account, 0);
    return query_end(&q);
}

static err check_rename(db *d, const create_args *x) {
    int64_t id;
    bool found;
    TRY(find_id(d, x->account, x->from, &id, &found));
    if (!found)
        return box_missing();
    TRY(check_free(d, x->account, x->path[x->levels - 1]));
    return check_room(d, x->account, x->levels);
}

static err rename_tree(tx *t, void *arg) {
    create_args *x = arg;
    str to = x->path[x->levels - 1];
    TRY(check_rename(t->d, x));
    TRY(check_children(t->d, x, to));
    TRY(add_parents(t, x->account, x->path, x->levels));
    TRY(move_names(t, x, to));
    return touch_tree(t, x->account, to);
}

/* All of INBOX moves to the new mailbox, which takes over UIDs and change numbers under a UIDVALIDITY of its own; INBOX
 * stays, empty, and remembers what left. */
static err empty_into(tx *t, box *inbox, box *to) {
    uint64_t modseq = box_step(inbox);
    int64_t id = to->id;
    uint32_t uidvalidity = to->uidvalidity;
    *to = *inbox;
    to->id = id;
    to->uidvalidity = uidvalidity;
    to->expunge_rows = 0;
    to->expunge_floor = modseq;
    store_range all = {1, inbox->uidnext - 1};
    if (inbox->messages)
        TRY(box_remember(t, inbox, &all, 1, modseq));
    TRY(DB_RUN(t->d, "UPDATE message SET mailbox = ?3 WHERE account = ?1 AND mailbox = ?2", I(inbox->account),
               I(inbox->id), I(id)));
    inbox->messages = inbox->unseen = inbox->deleted = inbox->bytes = 0;
    TRY(box_save(t, inbox));
    return box_save(t, to);
}

static err rename_inbox(tx *t, void *arg) {
    create_args *x = arg;
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    box inbox, to;
    bool found;
    int64_t id;
    TRY(check_rename(t->d, x));
    TRY(add_parents(t, x->account, x->path, x->levels));
    TRY(box_add(t->d, x->account, x->path[x->levels - 1], SPECIAL_NONE, &id));
    TRY(box_load_name(t->d, x->account, x->from, &a, &inbox, &found));
    TRY(box_load(t->d, x->account, id, &a, &to));
    TRY(empty_into(t, &inbox, &to));
    tx_touch(t, x->account, 0);
    return OK;
}

err sqlite_mailbox_rename(void *b, int64_t account, str from, const str *path, size_t levels) {
    create_args x = {.account = account, .path = path, .levels = levels, .from = from};
    return sqlite_write(b, str_eq(from, S("INBOX")) ? rename_inbox : rename_tree, &x);
}

/* ---- removing, subscribing ---- */

typedef struct name_args {
    int64_t account;
    str name;
    bool on;
    arena *a;
    str **names;
    size_t *n;
} name_args;

static err remove_mailbox(tx *t, void *arg) {
    name_args *x = arg;
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    box b;
    bool found;
    TRY(box_load_name(t->d, x->account, x->name, &a, &b, &found));
    if (!found)
        return box_missing();
    TRY(space_return(t->d, x->account, b.bytes, b.messages));
    TRY(DB_RUN(t->d, "DELETE FROM mailbox WHERE id = ?1", I(b.id)));
    TRY(DB_RUN(t->d, "INSERT INTO gone (account, mailbox) VALUES (?1, ?2)", I(x->account), I(b.id)));
    t->litter = true;
    tx_touch(t, x->account, b.id);
    tx_touch(t, x->account, 0);
    return OK;
}

err sqlite_mailbox_remove(void *b, int64_t account, str name) {
    name_args x = {.account = account, .name = name};
    return sqlite_write(b, remove_mailbox, &x);
}

static err check_subscriptions(db *d, int64_t account) {
    int64_t n = 0;
    TRY(DB_FIRST(d, &n, NULL, "SELECT count(*) FROM subscription WHERE account = ?1", I(account)));
    return n >= LIMIT_MAILBOXES ? err_make(ERR_PEER, ERR_LIMIT, "too many subscriptions", "") : OK;
}

static err subscribe(tx *t, void *arg) {
    name_args *x = arg;
    int64_t id;
    bool found;
    TRY(DB_FIRST(t->d, &id, &found, "SELECT id FROM account WHERE id = ?1", I(x->account)));
    if (!found)
        return err_make(ERR_PEER, ERR_NOT_FOUND, "no such account", "");
    tx_touch(t, x->account, 0);
    if (!x->on)
        return DB_RUN(t->d, "DELETE FROM subscription WHERE account = ?1 AND name = ?2", I(x->account), T(x->name));
    TRY(check_subscriptions(t->d, x->account));
    return DB_RUN(t->d, "INSERT OR IGNORE INTO subscription (account, name) VALUES (?1, ?2)", I(x->account),
                  T(x->name));
}

err sqlite_mailbox_subscribe(void *b, int64_t account, str name, bool on) {
    name_args x = {.account = account, .name = name, .on = on};
    return sqlite_write(b, subscribe, &x);
}

static err list_subscriptions(db *d, void *arg) {
    name_args *x = arg;
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT name FROM subscription WHERE account = ?1 ORDER BY name <> 'INBOX', name", I(x->account));
    while (query_row(&q)) {
        str *one = LIST_PUSH(x->a, x->names, x->n);
        if (!one)
            return list_over();
        TRY(query_copy(&q, 0, x->a, one));
    }
    return query_end(&q);
}

err sqlite_subscription_list(void *b, int64_t account, arena *a, str **names, size_t *n) {
    name_args x = {.account = account, .a = a, .names = names, .n = n};
    return sqlite_read(b, list_subscriptions, &x);
}
