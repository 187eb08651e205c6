#include "store/sqlite/sqlite.h"

#include "base/limits.h"
#include "store/list.h"

/* Statements that find faults. Each row is one: what it is of, the number it has, the number it should have. */
static const struct {
    const char *what, *sql;
} checks[] = {
    {"messages of mailbox",
     "SELECT name, messages, (SELECT count(*) FROM message"
     " WHERE message.account = mailbox.account AND mailbox = mailbox.id) AS n FROM mailbox WHERE messages <> n"},
    {"unseen of mailbox", "SELECT name, unseen, (SELECT count(*) FROM message"
                          " WHERE message.account = mailbox.account AND mailbox = mailbox.id AND NOT flags & 1) AS n"
                          " FROM mailbox WHERE unseen <> n"},
    {"deleted of mailbox", "SELECT name, deleted, (SELECT count(*) FROM message"
                           " WHERE message.account = mailbox.account AND mailbox = mailbox.id AND flags & 8) AS n"
                           " FROM mailbox WHERE deleted <> n"},
    {"bytes of mailbox",
     "SELECT name, bytes, (SELECT coalesce(sum(size), 0) FROM message"
     " WHERE message.account = mailbox.account AND mailbox = mailbox.id) AS n FROM mailbox WHERE bytes <> n"},
    {"next UID of mailbox",
     "SELECT name, uidnext, (SELECT max(uid) + 1 FROM message"
     " WHERE message.account = mailbox.account AND mailbox = mailbox.id) AS n FROM mailbox WHERE uidnext < n"},
    {"change number of mailbox",
     "SELECT name, modseq, (SELECT max(modseq) FROM message"
     " WHERE message.account = mailbox.account AND mailbox = mailbox.id) AS n FROM mailbox WHERE modseq < n"},
    {"expunges of mailbox",
     "SELECT name, expunge_rows, (SELECT count(*) FROM expunged"
     " WHERE expunged.account = mailbox.account AND mailbox = mailbox.id) AS n FROM mailbox WHERE expunge_rows <> n"},
    {"used bytes of account",
     "SELECT name, used, (SELECT coalesce(sum(bytes), 0) FROM mailbox WHERE mailbox.account = account.id) AS n"
     " FROM account WHERE used <> n"},
    {"messages of account", "SELECT name, messages, (SELECT coalesce(sum(mailbox.messages), 0) FROM mailbox"
                            " WHERE mailbox.account = account.id) AS n FROM account WHERE messages <> n"},
    {"INBOX of account", "SELECT name, 0, 1 FROM account WHERE NOT EXISTS"
                         " (SELECT 1 FROM mailbox WHERE mailbox.account = account.id AND mailbox.name = 'INBOX')"},
    {"owners of content", /* counted from the owners' side */
     "WITH owner (content, n) AS (SELECT content, count(*) FROM"
     " (SELECT content FROM message UNION ALL SELECT content FROM queue_message) GROUP BY content)"
     " SELECT content.id, coalesce(refs, 1), coalesce(n, 0) FROM content"
     " LEFT JOIN shared ON shared.content = content.id LEFT JOIN owner ON owner.content = content.id"
     " WHERE coalesce(refs, 1) <> coalesce(n, 0)"},
    {"content of message", "SELECT 'uid ' || uid || ' of mailbox ' || mailbox, 0, 1 FROM message WHERE content NOT IN "
                           "(SELECT id FROM content)"},
    {"chunks of content",
     "SELECT id, chunks, (chunks > 0) + (SELECT count(*) FROM chunk WHERE content = content.id) AS n"
     " FROM content WHERE chunks <> n"},
    {"summary of content", "SELECT id, 0, 1 FROM content WHERE id NOT IN (SELECT content FROM summary)"},
    {"entries of queued message",
     "SELECT name, entries, (SELECT count(*) FROM queue_entry WHERE message = queue_message.id) AS n"
     " FROM queue_message WHERE entries <> n"},
    {"message of queue entry", "SELECT id, 0, 1 FROM queue_entry WHERE message NOT IN (SELECT id FROM queue_message)"},
    {"owners of attachment",
     "SELECT hex(hash), refs, (SELECT count(*) FROM content_blob WHERE content_blob.hash = blob.hash) AS n"
     " FROM blob WHERE refs <> n"},
};

typedef struct check_args {
    const store_owner *owner;
    store_lines *faults;
} check_args;

static err add_fault(store_lines *l, str text) {
    if (l->n >= LIMIT_CHECK_FAULTS)
        return OK;
    str *line = text.p ? LIST_PUSH(l->a, &l->lines, &l->n) : NULL;
    if (!line)
        return list_over();
    *line = text;
    return OK;
}

static err report(query *q, store_lines *l, const char *what) {
    while (query_row(q)) {
        str of = query_str(q, 0);
        TRY(add_fault(l, arena_strf(l->a, "%s %.*s: has %lld, should have %lld", what, STR_ARG(of),
                                    (long long)query_int(q, 1), (long long)query_int(q, 2))));
    }
    return query_end(q);
}

/* SQLite's own pages and indexes. */
static err check_file(db *d, store_lines *l) {
    SCOPED_QUERY q = DB_QUERY(d, "PRAGMA integrity_check(100)");
    while (query_row(&q)) {
        str said = query_str(&q, 0);
        if (!str_eq(said, S("ok")))
            TRY(add_fault(l, arena_strf(l->a, "database: %.*s", STR_ARG(said))));
    }
    return query_end(&q);
}

static err check_blob_files(db *d, const check_args *x) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT hash, hex(hash) FROM blob WHERE refs > 0");
    while (query_row(&q)) {
        blob_id id = {0};
        str hash = query_str(&q, 0), hex = query_str(&q, 1);
        memcpy(id.bytes, hash.p, hash.n < BLOB_ID ? hash.n : BLOB_ID);
        if (!x->owner->blob_present(x->owner->arg, &id))
            TRY(add_fault(x->faults, arena_strf(x->faults->a, "attachment %.*s has no file", STR_ARG(hex))));
    }
    return query_end(&q);
}

static err check(db *d, void *arg) {
    check_args *x = arg;
    TRY(check_file(d, x->faults));
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        SCOPED_QUERY q = db_query(d, checks[i].sql, DB_VALUES());
        TRY(report(&q, x->faults, checks[i].what));
    }
    return check_blob_files(d, x);
}

err sqlite_check(void *b, store_lines *faults) {
    check_args x = {sqlite_owner(b), faults};
    return sqlite_read(b, check, &x);
}
