#include "store/sqlite/db.h"

#include "base/mem.h"
#include "store/list.h"

enum { BUSY_MS = 10000 }; /* the command line writes from a process of its own */

/* Codes after which SQLite may have rolled back by itself, or the file cannot be trusted. */
static bool is_fatal(int code) {
    switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_INTERRUPT:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return true;
    default:
        return false;
    }
}

err db_error(db *d, int code) {
    const char *said = d->handle ? sqlite3_errmsg(d->handle) : sqlite3_errstr(code);
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return OK;
    case SQLITE_FULL:
        return err_make(ERR_TEMP, ERR_FULL, "insufficient storage", "sqlite %d: %s", code, said);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return err_make(ERR_TEMP, ERR_IO, "local error", "sqlite %d: %s", code, said);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
        return err_make(ERR_TEMP, ERR_UNAVAILABLE, "busy, try again", "sqlite %d: %s", code, said);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "sqlite %d: %s", code, said);
    case SQLITE_TOOBIG:
        return err_make(ERR_PERM, ERR_LIMIT, "too big", "sqlite %d: %s", code, said);
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
            return err_make(ERR_PEER, ERR_EXISTS, "exists already", "sqlite %d: %s", code, said);
        return err_make(ERR_BUG, ERR_WHAT_OTHER, "local error", "sqlite %d: %s", code, said);
    default:
        return err_make(ERR_BUG, ERR_WHAT_OTHER, "local error", "sqlite %d: %s", code, said);
    }
}

static err set_up(db *d, db_mode mode) {
    sqlite3_extended_result_codes(d->handle, 1);
    sqlite3_busy_timeout(d->handle, BUSY_MS);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(d->handle, SQLITE_LIMIT_ATTACHED, 0);
    TRY(DB_RUN(d, "PRAGMA temp_store = MEMORY"));
    TRY(DB_RUN(d, "PRAGMA cell_size_check = ON"));
    if (mode == DB_READER)
        return DB_RUN(d, "PRAGMA query_only = ON");
    TRY(DB_RUN(d, "PRAGMA page_size = 8192"));
    TRY(DB_RUN(d, "PRAGMA journal_mode = WAL"));
    TRY(DB_RUN(d, "PRAGMA synchronous = FULL"));
    TRY(DB_RUN(d, "PRAGMA wal_autocheckpoint = 0")); /* the writer does it between batches */
    return DB_RUN(d, "PRAGMA journal_size_limit = 268435456");
}

static err set_cache(db *d, db_mode mode) {
    return mode == DB_WRITER ? DB_RUN(d, "PRAGMA cache_size = -65536") : DB_RUN(d, "PRAGMA cache_size = -16384");
}

err db_open(db *d, const char *path, db_mode mode) {
    *d = (db){0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == DB_WRITER ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &d->handle, flags, NULL);
    if (code != SQLITE_OK) {
        err e = db_error(d, code);
        db_close(d);
        return e;
    }
    d->statements = mem_array(DB_STATEMENTS, sizeof *d->statements);
    err e = set_up(d, mode);
    if (!failed(e))
        e = set_cache(d, mode);
    if (failed(e))
        db_close(d);
    return e;
}

void db_close(db *d) {
    for (size_t i = 0; d->statements && i < DB_STATEMENTS; i++)
        sqlite3_finalize(d->statements[i].stmt);
    free(d->statements);
    sqlite3_close(d->handle);
    *d = (db){0};
}

/* The slot of a literal; NULL when the cache is full or the statement is in use further up. */
static db_statement *slot_for(db *d, const char *sql) {
    size_t at = (size_t)((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    for (size_t tries = 0; tries < DB_STATEMENTS; tries++, at++) {
        db_statement *slot = &d->statements[at % DB_STATEMENTS];
        if (!slot->sql)
            slot->sql = sql;
        if (slot->sql == sql)
            return slot->busy ? NULL : slot;
    }
    return NULL;
}

static int bind(sqlite3_stmt *stmt, int at, const db_value *v) {
    const char *p = v->s.p ? v->s.p : "";
    switch (v->type) {
    case DB_INT:
        return sqlite3_bind_int64(stmt, at, v->i);
    case DB_TEXT:
        return sqlite3_bind_text64(stmt, at, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(stmt, at, p, v->s.n, SQLITE_STATIC);
    case DB_END:
        break;
    }
    return SQLITE_MISUSE;
}

query db_query(db *d, const char *sql, const db_value *values) {
    query q = {.d = d, .slot = slot_for(d, sql)};
    if (q.slot && q.slot->stmt) {
        q.stmt = q.slot->stmt;
    } else {
        unsigned flags = q.slot ? SQLITE_PREPARE_PERSISTENT : 0;
        q.code = sqlite3_prepare_v3(d->handle, sql, -1, flags, &q.stmt, NULL);
        if (q.slot)
            q.slot->stmt = q.stmt;
    }
    if (q.slot)
        q.slot->busy = true;
    int at = 1;
    for (; q.code == SQLITE_OK && values[at - 1].type != DB_END; at++)
        q.code = bind(q.stmt, at, &values[at - 1]);
    if (q.code == SQLITE_OK)
        ASSERT(sqlite3_bind_parameter_count(q.stmt) == at - 1);
    return q;
}

bool query_row(query *q) {
    if (q->code != SQLITE_OK && q->code != SQLITE_ROW)
        return false;
    q->code = sqlite3_step(q->stmt);
    if (is_fatal(q->code))
        q->d->broken = q->code;
    return q->code == SQLITE_ROW;
}

int64_t query_int(const query *q, int column) { return sqlite3_column_int64(q->stmt, column); }

str query_str(const query *q, int column) {
    const char *p = sqlite3_column_blob(q->stmt, column);
    int n = sqlite3_column_bytes(q->stmt, column);
    return p && n > 0 ? str_of(p, (size_t)n) : S("");
}

err query_copy(const query *q, int column, arena *a, str *out) {
    *out = arena_str(a, query_str(q, column));
    return out->p ? OK : list_over();
}

void query_close(query *q) {
    if (!q->stmt && !q->slot)
        return;
    if (q->slot && q->stmt) {
        sqlite3_reset(q->stmt);
        sqlite3_clear_bindings(q->stmt);
    }
    if (q->slot)
        q->slot->busy = false;
    else
        sqlite3_finalize(q->stmt);
    q->stmt = NULL;
    q->slot = NULL;
}

err query_end(query *q) {
    err e = db_error(q->d, q->code);
    query_close(q);
    return e;
}

err db_run(db *d, const char *sql, const db_value *values) {
    query q = db_query(d, sql, values);
    while (query_row(&q)) {}
    return query_end(&q);
}

err db_first(db *d, int64_t *out, bool *found, const char *sql, const db_value *values) {
    query q = db_query(d, sql, values);
    bool row = query_row(&q);
    if (row)
        *out = query_int(&q, 0);
    if (found)
        *found = row;
    return query_end(&q);
}

int64_t db_last_id(const db *d) { return sqlite3_last_insert_rowid(d->handle); }
int64_t db_changes(const db *d) { return sqlite3_changes64(d->handle); }
int64_t db_total_changes(const db *d) { return sqlite3_total_changes64(d->handle); }
