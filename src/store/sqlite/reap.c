#include "store/sqlite/reap.h"

#include "store/sqlite/content.h"
#include "store/sqlite/sqlite.h"

enum { REAP_MESSAGES = 200, REAP_BLOBS = 64 };

/* ---- mailboxes that are gone ---- */

static err take_messages(tx *t, int64_t account, int64_t mailbox, size_t *taken) {
    int64_t uids[REAP_MESSAGES], contents[REAP_MESSAGES];
    size_t n = 0;
    {
        SCOPED_QUERY q = DB_QUERY(t->d, "SELECT uid, content FROM message WHERE account = ?1 AND mailbox = ?2 LIMIT ?3",
                                  I(account), I(mailbox), I(REAP_MESSAGES));
        for (; n < REAP_MESSAGES && query_row(&q); n++) {
            uids[n] = query_int(&q, 0);
            contents[n] = query_int(&q, 1);
        }
        TRY(query_end(&q));
    }
    for (size_t i = 0; i < n; i++) {
        TRY(DB_RUN(t->d, "DELETE FROM message WHERE account = ?1 AND mailbox = ?2 AND uid = ?3", I(account), I(mailbox),
                   I(uids[i])));
        TRY(content_release(t, contents[i]));
    }
    *taken = n;
    return OK;
}

static err finish_mailbox(tx *t, int64_t account, int64_t mailbox) {
    TRY(DB_RUN(t->d, "DELETE FROM expunged WHERE account = ?1 AND mailbox = ?2", I(account), I(mailbox)));
    return DB_RUN(t->d, "DELETE FROM gone WHERE account = ?1 AND mailbox = ?2", I(account), I(mailbox));
}

static err reap_mailboxes(tx *t, bool *more) {
    int64_t account = 0, mailbox = 0;
    {
        SCOPED_QUERY q = DB_QUERY(t->d, "SELECT account, mailbox FROM gone LIMIT 1");
        if (!query_row(&q))
            return query_end(&q);
        account = query_int(&q, 0);
        mailbox = query_int(&q, 1);
    }
    size_t taken = 0;
    TRY(take_messages(t, account, mailbox, &taken));
    *more = true;
    return taken < REAP_MESSAGES ? finish_mailbox(t, account, mailbox) : OK;
}

/* ---- blobs ---- */

/* File first: if the commit fails the row still says that the file cannot be trusted. */
static err reap_blob(tx *t, const blob_id *id) {
    t->owner->blob_remove(t->owner->arg, id);
    return DB_RUN(t->d, "DELETE FROM blob WHERE hash = ?1 AND refs = 0", B(str_of((const char *)id->bytes, BLOB_ID)));
}

static err reap_blobs(tx *t, bool *more) {
    blob_id dead[REAP_BLOBS];
    size_t n = 0;
    {
        SCOPED_QUERY q = DB_QUERY(t->d, "SELECT hash FROM blob WHERE refs = 0 LIMIT ?1", I(REAP_BLOBS));
        for (; n < REAP_BLOBS && query_row(&q); n++) {
            str hash = query_str(&q, 0);
            memcpy(dead[n].bytes, hash.p, hash.n < BLOB_ID ? hash.n : BLOB_ID);
        }
        TRY(query_end(&q));
    }
    for (size_t i = 0; i < n; i++)
        TRY(reap_blob(t, &dead[i]));
    *more |= n == REAP_BLOBS;
    return OK;
}

/* A file goes only when it was committed that nobody owns it: were it in the transaction that takes the last owner
 * away, a commit that fails would bring the owner back without its file. */
err reap_portion(tx *t, bool *more) {
    *more = false;
    TRY(reap_mailboxes(t, more));
    return *more ? OK : reap_blobs(t, more);
}

/* ---- blobs without a row ---- */

/* One whose row is still there may have lost its owner in this very batch: that is left to reap_blobs. */
static err forget_unless_known(tx *t, const blob_id *id) {
    int64_t refs = 0;
    bool known;
    TRY(DB_FIRST(t->d, &refs, &known, "SELECT refs FROM blob WHERE hash = ?1",
                 B(str_of((const char *)id->bytes, BLOB_ID))));
    if (!known)
        t->owner->blob_remove(t->owner->arg, id);
    t->litter |= known && refs == 0;
    return OK;
}

typedef struct forget_args {
    const blob_ref *blobs;
    const blob_id *ids; /* one of the two */
    size_t n;
} forget_args;

static err forget(tx *t, void *arg) {
    forget_args *x = arg;
    for (size_t i = 0; i < x->n; i++)
        TRY(forget_unless_known(t, x->blobs ? &x->blobs[i].id : &x->ids[i]));
    return OK;
}

err sqlite_blob_forget(void *b, const blob_ref *blobs, size_t n) {
    forget_args x = {.blobs = blobs, .n = n};
    return sqlite_write(b, forget, &x);
}

err sqlite_blob_sweep(void *b, const blob_id *found, size_t n) {
    forget_args x = {.ids = found, .n = n};
    return sqlite_write(b, forget, &x);
}
