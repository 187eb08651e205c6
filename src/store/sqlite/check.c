#include "store/sqlite/sqlite.h"

#include "base/limits.h"
#include "store/list.h"

typedef struct check_args {
    const store_owner *owner;
    store_lines *faults;
} check_args;

static err add_fault(store_lines *l, str text) {
    if (l->n >= LIMIT_CHECK_FAULTS || !text.p)
        return text.p ? OK : list_over();
    str *line = LIST_PUSH(l->a, &l->lines, &l->n);
    if (!line)
        return list_over();
    *line = text;
    return OK;
}

/* Every row is a fault: what it is of (text), the number it has and the number it should have. */
static err report(query *q, store_lines *l, const char *what) {
    while (query_row(q)) {
        str of = query_str(q, 0);
        TRY(add_fault(l, arena_strf(l->a, "%s: %.*s says %lld, should be %lld", what, STR_ARG(of), (long long)query_int(q, 1),
                                    (long long)query_int(q, 2))));
    }
    return query_end(q);
}

static err check_file(db *d, store_lines *l) {
    SCOPED_QUERY q = DB_QUERY(d, "PRAGMA integrity_check(100)");
    while (query_row(&q)) {
        str said = query_str(&q, 0);
        if (!str_eq(said, S("ok")))
            TRY(add_fault(l, arena_strf(l->a, "database: %.*s", STR_ARG(said))));
    }
    return query_end(&q);
}

static err check_mailboxes(db *d, store_lines *l) {
    SCOPED_QUERY counts =
        DB_QUERY(d, "SELECT name, messages, (SELECT count(*) FROM message WHERE message.account = mailbox.account AND mailbox = mailbox.id)"
                    " AS n FROM mailbox WHERE messages <> n");
    TRY(report(&counts, l, "messages of mailbox"));
    SCOPED_QUERY unseen =
        DB_QUERY(d, "SELECT name, unseen, (SELECT count(*) FROM message WHERE message.account = mailbox.account AND mailbox = mailbox.id"
                    " AND NOT flags & 1) AS n FROM mailbox WHERE unseen <> n");
    TRY(report(&unseen, l, "unseen of mailbox"));
    SCOPED_QUERY deleted =
        DB_QUERY(d, "SELECT name, deleted, (SELECT count(*) FROM message WHERE message.account = mailbox.account AND mailbox = mailbox.id"
                    " AND flags & 8) AS n FROM mailbox WHERE deleted <> n");
    TRY(report(&deleted, l, "deleted of mailbox"));
    SCOPED_QUERY bytes =
        DB_QUERY(d, "SELECT name, bytes, (SELECT coalesce(sum(size), 0) FROM message WHERE message.account = mailbox.account AND mailbox ="
                    " mailbox.id) AS n FROM mailbox WHERE bytes <> n");
    TRY(report(&bytes, l, "bytes of mailbox"));
    SCOPED_QUERY uids =
        DB_QUERY(d, "SELECT name, uidnext, (SELECT max(uid) + 1 FROM message WHERE message.account = mailbox.account AND mailbox ="
                    " mailbox.id) AS n FROM mailbox WHERE uidnext < n");
    return report(&uids, l, "next UID of mailbox");
}

static err check_accounts(db *d, store_lines *l) {
    SCOPED_QUERY used =
        DB_QUERY(d, "SELECT name, used, (SELECT coalesce(sum(bytes), 0) FROM mailbox WHERE mailbox.account = account.id) AS n FROM account"
                    " WHERE used <> n");
    TRY(report(&used, l, "used bytes of account"));
    SCOPED_QUERY messages =
        DB_QUERY(d, "SELECT name, messages, (SELECT coalesce(sum(mailbox.messages), 0) FROM mailbox WHERE mailbox.account = account.id)"
                    " AS n FROM account WHERE messages <> n");
    TRY(report(&messages, l, "messages of account"));
    SCOPED_QUERY inbox = DB_QUERY(d, "SELECT name, 0, 1 FROM account WHERE NOT EXISTS (SELECT 1 FROM mailbox WHERE mailbox.account ="
                                     " account.id AND mailbox.name = 'INBOX')");
    return report(&inbox, l, "INBOX of account");
}

/* Who owns a content, counted from the owners' side. */
static err check_contents(db *d, store_lines *l) {
    SCOPED_QUERY owners = DB_QUERY(d, "WITH owner (content, n) AS (SELECT content, count(*) FROM (SELECT content FROM message UNION ALL"
                                      " SELECT content FROM queue_message) GROUP BY content)"
                                      " SELECT content.id, coalesce(refs, 1), coalesce(n, 0) FROM content"
                                      " LEFT JOIN shared ON shared.content = content.id LEFT JOIN owner ON owner.content = content.id"
                                      " WHERE coalesce(refs, 1) <> coalesce(n, 0)");
    TRY(report(&owners, l, "owners of content"));
    SCOPED_QUERY lost = DB_QUERY(d, "SELECT 'uid ' || uid || ' of mailbox ' || mailbox, 0, 1 FROM message"
                                    " WHERE content NOT IN (SELECT id FROM content)");
    TRY(report(&lost, l, "content of message"));
    SCOPED_QUERY chunks =
        DB_QUERY(d, "SELECT id, chunks, max(chunks > 0, 0) + (SELECT count(*) FROM chunk WHERE content = content.id) AS n FROM content"
                    " WHERE chunks <> n");
    TRY(report(&chunks, l, "chunks of content"));
    SCOPED_QUERY summaries = DB_QUERY(d, "SELECT id, 0, 1 FROM content WHERE id NOT IN (SELECT content FROM summary)");
    return report(&summaries, l, "summary of content");
}

static err check_queue(db *d, store_lines *l) {
    SCOPED_QUERY entries = DB_QUERY(d, "SELECT name, entries, (SELECT count(*) FROM queue_entry WHERE message = queue_message.id) AS n"
                                       " FROM queue_message WHERE entries <> n");
    TRY(report(&entries, l, "entries of queued message"));
    SCOPED_QUERY lost = DB_QUERY(d, "SELECT id, 0, 1 FROM queue_entry WHERE message NOT IN (SELECT id FROM queue_message)");
    return report(&lost, l, "message of queue entry");
}

static err check_blobs(db *d, const check_args *x) {
    SCOPED_QUERY refs = DB_QUERY(d, "SELECT hex(hash), refs, (SELECT count(*) FROM content_blob WHERE content_blob.hash = blob.hash) AS n"
                                    " FROM blob WHERE refs <> n");
    TRY(report(&refs, x->faults, "owners of attachment"));
    SCOPED_QUERY all = DB_QUERY(d, "SELECT hash, hex(hash) FROM blob WHERE refs > 0");
    while (query_row(&all)) {
        blob_id id = {0};
        str hash = query_str(&all, 0), hex = query_str(&all, 1);
        memcpy(id.bytes, hash.p, hash.n < BLOB_ID ? hash.n : BLOB_ID);
        if (!x->owner->blob_present(x->owner->arg, &id))
            TRY(add_fault(x->faults, arena_strf(x->faults->a, "attachment %.*s has no file", STR_ARG(hex))));
    }
    return query_end(&all);
}

static err check(db *d, void *arg) {
    check_args *x = arg;
    TRY(check_file(d, x->faults));
    TRY(check_mailboxes(d, x->faults));
    TRY(check_accounts(d, x->faults));
    TRY(check_contents(d, x->faults));
    TRY(check_queue(d, x->faults));
    return check_blobs(d, x);
}

err sqlite_check(void *b, store_lines *faults) {
    check_args x = {sqlite_owner(b), faults};
    return sqlite_read(b, check, &x);
}
