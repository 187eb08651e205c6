#include "store/sqlite/boxes.h"

#include "base/limits.h"
#include "base/time.h"
#include "store/list.h"

err box_missing(void) { return err_make(ERR_PEER, ERR_NOT_FOUND, "no such mailbox", ""); }

/* ---- the row ---- */

#define BOX_COLUMNS \
    "id, uidvalidity, uidnext, modseq, messages, unseen, deleted, bytes, expunge_rows, expunge_floor, keywords"

static err box_of(const query *q, int64_t account, arena *a, box *out) {
    *out = (box){
        .account = account,
        .id = query_int(q, 0),
        .uidvalidity = (uint32_t)query_int(q, 1),
        .uidnext = (uint32_t)query_int(q, 2),
        .modseq = (uint64_t)query_int(q, 3),
        .messages = (uint64_t)query_int(q, 4),
        .unseen = (uint64_t)query_int(q, 5),
        .deleted = (uint64_t)query_int(q, 6),
        .bytes = (uint64_t)query_int(q, 7),
        .expunge_rows = (uint64_t)query_int(q, 8),
        .expunge_floor = (uint64_t)query_int(q, 9),
    };
    return query_copy(q, 10, a, &out->keywords);
}

err box_load(db *d, int64_t account, int64_t id, arena *a, box *out) {
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT " BOX_COLUMNS " FROM mailbox WHERE id = ?1 AND account = ?2", I(id), I(account));
    if (query_row(&q))
        return box_of(&q, account, a, out);
    TRY(query_end(&q));
    return box_missing();
}

err box_load_name(db *d, int64_t account, str name, arena *a, box *out, bool *found) {
    SCOPED_QUERY q =
        DB_QUERY(d, "SELECT " BOX_COLUMNS " FROM mailbox WHERE account = ?1 AND name = ?2", I(account), T(name));
    *found = query_row(&q);
    return *found ? box_of(&q, account, a, out) : query_end(&q);
}

err box_save(tx *t, const box *b) {
    tx_touch(t, b->account, b->id);
    return DB_RUN(t->d,
                  "UPDATE mailbox SET uidnext = ?2, modseq = ?3, messages = ?4, unseen = ?5, deleted = ?6, bytes = ?7,"
                  " expunge_rows = ?8, expunge_floor = ?9, keywords = ?10 WHERE id = ?1",
                  I(b->id), I(b->uidnext), I((int64_t)b->modseq), I((int64_t)b->messages), I((int64_t)b->unseen),
                  I((int64_t)b->deleted), I((int64_t)b->bytes), I((int64_t)b->expunge_rows),
                  I((int64_t)b->expunge_floor), T(b->keywords));
}

err box_add(db *d, int64_t account, str name, store_special special, int64_t *id) {
    int64_t uidvalidity = 0;
    bool found;
    TRY(DB_FIRST(d, &uidvalidity, &found,
                 "UPDATE account SET uidvalidity = max(uidvalidity + 1, ?2) WHERE id = ?1 RETURNING uidvalidity",
                 I(account), I(time_wall())));
    if (!found)
        return err_make(ERR_PEER, ERR_NOT_FOUND, "no such account", "");
    TRY(DB_RUN(
        d,
        "INSERT INTO mailbox (account, name, special, uidvalidity, uidnext, modseq, messages, unseen, deleted, bytes,"
        " keywords, expunge_rows, expunge_floor) VALUES (?1, ?2, ?3, ?4, 1, 1, 0, 0, 0, 0, '', 0, 0)",
        I(account), T(name), I(special), I(uidvalidity)));
    *id = db_last_id(d);
    return OK;
}

/* ---- messages in it ---- */

message_row box_message_of(const query *q) {
    return (message_row){
        .uid = (uint32_t)query_int(q, 0),
        .added = (uint64_t)query_int(q, 1),
        .modseq = (uint64_t)query_int(q, 2),
        .flags = (uint64_t)query_int(q, 3),
        .date = query_int(q, 4),
        .zone = (int)query_int(q, 5),
        .size = (uint64_t)query_int(q, 6),
        .header_size = (uint32_t)query_int(q, 7),
        .content = query_int(q, 8),
        .prefix = query_str(q, 9),
    };
}

static err select_range(db *d, const box *b, store_range range, uint64_t having, arena *a, message_row **rows,
                        size_t *n) {
    SCOPED_QUERY q = DB_QUERY(d,
                              "SELECT " MESSAGE_COLUMNS " FROM message WHERE account = ?1 AND mailbox = ?2"
                              " AND uid BETWEEN ?3 AND ?4 AND flags & ?5 = ?5 ORDER BY uid",
                              I(b->account), I(b->id), I(range.first), I(range.last), I((int64_t)having));
    while (query_row(&q)) {
        message_row *row = LIST_PUSH(a, rows, n);
        if (!row)
            return list_over();
        *row = box_message_of(&q);
        row->prefix = arena_str(a, row->prefix);
        if (!row->prefix.p)
            return list_over();
    }
    return query_end(&q);
}

err box_select(db *d, const box *b, const store_range *ranges, size_t ranges_n, uint64_t having, arena *a,
               message_row **rows, size_t *n) {
    *rows = NULL;
    *n = 0;
    if (!ranges_n)
        return select_range(d, b, (store_range){1, UINT32_MAX}, having, a, rows, n);
    for (size_t i = 0; i < ranges_n; i++)
        TRY(select_range(d, b, ranges[i], having, a, rows, n));
    return OK;
}

uint64_t box_step(box *b) { return ++b->modseq; }

static void count(box *b, uint64_t flags, int by) {
    b->unseen += flags & FLAG_SEEN ? 0 : (uint64_t)by; /* unsigned, so minus one wraps to what it should be */
    b->deleted += flags & FLAG_DELETED ? (uint64_t)by : 0;
}

err box_put(tx *t, box *b, message_row *row, uint64_t modseq) {
    if (b->uidnext == UINT32_MAX)
        return err_make(ERR_PERM, ERR_LIMIT, "this mailbox has no numbers left", "mailbox %lld", (long long)b->id);
    row->uid = b->uidnext++;
    row->added = row->modseq = modseq;
    b->messages++;
    b->bytes += row->size;
    count(b, row->flags, 1);
    return DB_RUN(t->d,
                  "INSERT INTO message (account, mailbox, " MESSAGE_COLUMNS ")"
                  " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                  I(b->account), I(b->id), I(row->uid), I((int64_t)modseq), I((int64_t)row->flags), I(row->date),
                  I(row->zone), I((int64_t)row->size), I(row->header_size), I(row->content), B(row->prefix));
}

err box_update_flags(tx *t, box *b, const message_row *row, uint64_t flags, uint64_t modseq) {
    count(b, row->flags, -1);
    count(b, flags, 1);
    return DB_RUN(t->d, "UPDATE message SET flags = ?4, modseq = ?5 WHERE account = ?1 AND mailbox = ?2 AND uid = ?3",
                  I(b->account), I(b->id), I(row->uid), I((int64_t)flags), I((int64_t)modseq));
}

err box_take(tx *t, box *b, const message_row *row) {
    count(b, row->flags, -1);
    b->messages--;
    b->bytes -= row->size;
    return DB_RUN(t->d, "DELETE FROM message WHERE account = ?1 AND mailbox = ?2 AND uid = ?3", I(b->account), I(b->id),
                  I(row->uid));
}

/* The older half of the memory is given up; who asks for more is told that it does not reach back so far. */
static err forget_half(tx *t, box *b) {
    int64_t cut = (int64_t)b->modseq;
    TRY(DB_FIRST(t->d, &cut, NULL,
                 "SELECT modseq FROM expunged WHERE account = ?1 AND mailbox = ?2 ORDER BY modseq LIMIT 1 OFFSET ?3",
                 I(b->account), I(b->id), I((int64_t)(b->expunge_rows - 1) / 2)));
    TRY(DB_RUN(t->d, "DELETE FROM expunged WHERE account = ?1 AND mailbox = ?2 AND modseq <= ?3", I(b->account),
               I(b->id), I(cut)));
    b->expunge_rows -= (uint64_t)db_changes(t->d);
    b->expunge_floor = (uint64_t)cut;
    return OK;
}

err box_remember(tx *t, box *b, const store_range *ranges, size_t n, uint64_t modseq) {
    for (size_t i = 0; i < n; i++)
        TRY(DB_RUN(t->d, "INSERT INTO expunged (account, mailbox, modseq, first, last) VALUES (?1, ?2, ?3, ?4, ?5)",
                   I(b->account), I(b->id), I((int64_t)modseq), I(ranges[i].first), I(ranges[i].last)));
    b->expunge_rows += n;
    return b->expunge_rows > LIMIT_EXPUNGE_ROWS ? forget_half(t, b) : OK;
}

/* ---- keywords ---- */

static bool keyword_position(str keywords, str name, size_t *at) {
    *at = 0;
    for (str word; str_cut(&keywords, ' ', &word);) {
        if (str_empty(word))
            continue;
        if (str_caseeq(word, name))
            return true;
        (*at)++;
    }
    return false;
}

static err add_keyword(box *b, str name, size_t at, arena *a) {
    if (at >= LIMIT_KEYWORDS)
        return err_make(ERR_PEER, ERR_LIMIT, "too many keywords in this mailbox", "");
    b->keywords = at ? arena_strf(a, "%.*s %.*s", STR_ARG(b->keywords), STR_ARG(name)) : arena_str(a, name);
    return b->keywords.p ? OK : list_over();
}

err box_keywords(box *b, const str *names, size_t n, bool add, arena *a, uint64_t *bits) {
    *bits = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at;
        bool known = keyword_position(b->keywords, names[i], &at);
        if (!known && add)
            TRY(add_keyword(b, names[i], at, a));
        if (known || add)
            *bits |= UINT64_C(1) << (FLAG_KEYWORD_SHIFT + at);
    }
    return OK;
}

/* ---- the account's space ---- */

err space_take(db *d, int64_t account, uint64_t bytes, uint64_t messages) {
    TRY(DB_RUN(d,
               "UPDATE account SET used = used + ?2, messages = messages + ?3"
               " WHERE id = ?1 AND (quota = 0 OR used + ?2 <= quota)",
               I(account), I((int64_t)bytes), I((int64_t)messages)));
    if (db_changes(d))
        return OK;
    int64_t id;
    bool found;
    TRY(DB_FIRST(d, &id, &found, "SELECT id FROM account WHERE id = ?1", I(account)));
    return found ? err_make(ERR_PEER, ERR_OVER_QUOTA, "mailbox is full", "account %lld", (long long)account)
                 : err_make(ERR_PEER, ERR_NOT_FOUND, "no such account", "account %lld", (long long)account);
}

err space_return(db *d, int64_t account, uint64_t bytes, uint64_t messages) {
    return DB_RUN(d, "UPDATE account SET used = used - ?2, messages = messages - ?3 WHERE id = ?1", I(account),
                  I((int64_t)bytes), I((int64_t)messages));
}
