#include "store/sqlite/schema.h"

/* Why the tables look as they do:
 * - message is clustered by (account, mailbox, uid) and small, so a mailbox is one walk; what is large and shared
 * (content, chunk) lives in rowid tables that are only appended to.
 * - summary is apart from content, so that ENVELOPE and BODYSTRUCTURE of a mailbox do not read its mail.
 * - shared has a row only for content with more than one owner: the usual message costs none.
 * - message.added is the modseq a UID began with. It rises with the UID, so what is new since a modseq is the end of
 * the mailbox; message_changed indexes only messages whose flags changed since, so arriving mail pays for no index.
 * - queue_entry.due is the next try of a waiting entry and the end of the lease of an active one; queue_group has only
 *   what waits, so a claim never walks over what was claimed before.
 * - AUTOINCREMENT wherever a reused number could reach a stranger's row through a stale session or lease. */
static const char version_1[] =
    "CREATE TABLE domain (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL) "
    "STRICT;"

    "CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, credential TEXT NOT NULL,"
    " disabled INTEGER NOT NULL, quota INTEGER NOT NULL, used INTEGER NOT NULL, messages INTEGER NOT NULL,"
    " created INTEGER NOT NULL, uidvalidity INTEGER NOT NULL) STRICT;"

    "CREATE TABLE address (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, domain INTEGER NOT NULL,"
    " account INTEGER, own INTEGER NOT NULL) STRICT;"
    "CREATE INDEX address_domain ON address (domain);"
    "CREATE INDEX address_account ON address (account, key) WHERE account IS NOT NULL;"

    "CREATE TABLE forward (address INTEGER NOT NULL, position INTEGER NOT NULL, target TEXT NOT NULL,"
    " PRIMARY KEY (address, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE mailbox (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, name TEXT NOT NULL,"
    " special INTEGER NOT NULL, uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL, modseq INTEGER NOT NULL,"
    " messages INTEGER NOT NULL, unseen INTEGER NOT NULL, deleted INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " keywords TEXT NOT NULL, expunge_rows INTEGER NOT NULL, expunge_floor INTEGER NOT NULL, UNIQUE (account, name)) "
    "STRICT;"

    "CREATE TABLE subscription (account INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name)) STRICT, "
    "WITHOUT ROWID;"

    "CREATE TABLE message (account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, added INTEGER NOT "
    "NULL,"
    " modseq INTEGER NOT NULL, flags INTEGER NOT NULL, date INTEGER NOT NULL, zone INTEGER NOT NULL, size INTEGER NOT "
    "NULL,"
    " header_size INTEGER NOT NULL, content INTEGER NOT NULL, prefix BLOB NOT NULL,"
    " PRIMARY KEY (account, mailbox, uid)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX message_changed ON message (account, mailbox, modseq) WHERE modseq <> added;"

    "CREATE TABLE expunged (account INTEGER NOT NULL, mailbox INTEGER NOT NULL, modseq INTEGER NOT NULL, first INTEGER "
    "NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (account, mailbox, modseq, first)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE content (id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, header_size INTEGER NOT NULL,"
    " chunks INTEGER NOT NULL, recipe BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE chunk (id INTEGER PRIMARY KEY, content INTEGER NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,"
    " UNIQUE (content, number)) STRICT;"
    "CREATE TABLE summary (content INTEGER PRIMARY KEY, envelope BLOB NOT NULL, structure BLOB NOT NULL) STRICT;"
    "CREATE TABLE shared (content INTEGER PRIMARY KEY, refs INTEGER NOT NULL) STRICT;"

    "CREATE TABLE blob (hash BLOB PRIMARY KEY, size INTEGER NOT NULL, refs INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX blob_dead ON blob (hash) WHERE refs = 0;"
    "CREATE TABLE content_blob (content INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (content, hash)) STRICT, "
    "WITHOUT ROWID;"

    "CREATE TABLE gone (account INTEGER NOT NULL, mailbox INTEGER NOT NULL, PRIMARY KEY (account, mailbox)) STRICT, "
    "WITHOUT ROWID;"

    "CREATE TABLE queue_message (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, content INTEGER NOT NULL,"
    " size INTEGER NOT NULL, sender TEXT NOT NULL, envid TEXT NOT NULL, traits INTEGER NOT NULL, submitter INTEGER NOT "
    "NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL, entries INTEGER NOT NULL) STRICT;"
    "CREATE TABLE queue_entry (id INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL, domain TEXT NOT NULL,"
    " recipient TEXT NOT NULL, original TEXT NOT NULL, target TEXT NOT NULL, notify INTEGER NOT NULL, state INTEGER "
    "NOT NULL,"
    " due INTEGER NOT NULL, node TEXT NOT NULL, attempts INTEGER NOT NULL, delay_notice INTEGER NOT NULL,"
    " last_error TEXT NOT NULL) STRICT;"
    "CREATE INDEX queue_due ON queue_entry (state, due);"
    "CREATE INDEX queue_group ON queue_entry (message, domain) WHERE state = 0;"
    "CREATE TABLE queue_history (entry INTEGER PRIMARY KEY, lines TEXT NOT NULL) STRICT;";

const schema_step schema_steps[] = {{"first", version_1}};
const size_t schema_steps_n = sizeof schema_steps / sizeof *schema_steps;

static err current_step(db *d, size_t *at) {
    int64_t tables = 0, step = 0;
    TRY(DB_FIRST(d, &tables, NULL, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"));
    if (tables)
        TRY(DB_FIRST(d, &step, NULL, "SELECT value FROM meta WHERE key = 'schema'"));
    *at = step < 0 ? 0 : (size_t)step;
    return OK;
}

static err too_new(size_t at, size_t n) {
    return err_make(ERR_PERM, ERR_UNSUPPORTED, "the store was written by another version of this program",
                    "store is at schema %zu, this program knows %zu", at, n);
}

static err run_script(db *d, const char *sql) {
    int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
    return db_error(d, code);
}

static err run_step(db *d, const schema_step *step, size_t number) {
    TRY(run_script(
        d, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID"));
    TRY(run_script(d, step->sql));
    return DB_RUN(d, "INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?1)", I((int64_t)number));
}

/* Under the write lock, so that two processes opening a new store do not both make it. */
static err migrate_one(db *d, const schema_step *steps, size_t n, bool *more) {
    TRY(DB_RUN(d, "BEGIN IMMEDIATE"));
    size_t at = 0;
    err e = current_step(d, &at);
    if (!failed(e) && at > n)
        e = too_new(at, n);
    if (!failed(e) && at < n)
        e = run_step(d, &steps[at], at + 1);
    if (!failed(e))
        e = DB_RUN(d, "COMMIT");
    if (failed(e) && !sqlite3_get_autocommit(d->handle))
        (void)sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
    *more = at + 1 < n;
    return e;
}

err schema_migrate(db *d, const schema_step *steps, size_t n) {
    size_t at = 0;
    TRY(current_step(d, &at));
    if (at == n)
        return OK;
    if (at == 0)
        TRY(run_script(d, "PRAGMA application_id = 1197766516")); /* "Gdwt": file(1) can tell what this is */
    for (bool more = true; more;)
        TRY(migrate_one(d, steps, n, &more));
    return OK;
}

err schema_expect(db *d, size_t n) {
    size_t at = 0;
    TRY(current_step(d, &at));
    return at == n ? OK : too_new(at, n);
}
