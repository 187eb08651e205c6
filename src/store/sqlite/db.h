/* One SQLite connection with a cache of prepared statements, and queries that cannot forget to be reset.
 *
 * Only for store/sqlite. A connection belongs to one thread (the writer's or a reader's) at a time. SQL is always
 * a literal (the macros see to that) with bound parameters. Bound slices are not copied: they must live until
 * the query is closed. Errors are sticky in the query: walk with query_row, then ask query_end once. */
#ifndef GODWIT_STORE_SQLITE_DB_H
#define GODWIT_STORE_SQLITE_DB_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"

enum { DB_STATEMENTS = 512 }; /* slots of the cache, a power of two; a few hundred literals exist */

typedef struct db_statement {
    const char *sql; /* the literal itself is the key */
    sqlite3_stmt *stmt;
    bool busy;
} db_statement;

typedef struct db {
    sqlite3 *handle;
    db_statement *statements;
    int broken; /* the result code that means the transaction cannot be saved, 0 none */
} db;

typedef enum db_mode { DB_WRITER, DB_READER } db_mode;

err db_open(db *d, const char *path, db_mode mode) MUST_USE;
void db_close(db *d); /* safe on a connection that never opened */
/* The error for a result code, with SQLite's own words in the log text. */
err db_error(db *d, int code);

typedef struct db_value {
    enum { DB_END, DB_INT, DB_TEXT, DB_BLOB } type;
    int64_t i;
    str s;
} db_value;
static inline db_value I(int64_t i) { return (db_value){.type = DB_INT, .i = i}; }
static inline db_value T(str s) { return (db_value){.type = DB_TEXT, .s = s}; }
static inline db_value B(str s) { return (db_value){.type = DB_BLOB, .s = s}; }

typedef struct query {
    db *d;
    db_statement *slot; /* NULL: a statement of its own, finalized at the end */
    sqlite3_stmt *stmt;
    int code;
} query;

#define DB_VALUES(...)                    ((const db_value[]){__VA_ARGS__ __VA_OPT__(,) {.type = DB_END}})
/* Begins a query: SCOPED_QUERY q = DB_QUERY(d, "SELECT … WHERE id = ?1", I(id)); */
#define DB_QUERY(d, sql, ...)             db_query((d), "" sql, DB_VALUES(__VA_ARGS__))
/* Runs a statement to its end. */
#define DB_RUN(d, sql, ...)               db_run((d), "" sql, DB_VALUES(__VA_ARGS__))
/* The first column of the first row; *out is left alone and *found (may be NULL) false when there is none. */
#define DB_FIRST(d, out, found, sql, ...) db_first((d), (out), (found), "" sql, DB_VALUES(__VA_ARGS__))

query db_query(db *d, const char *sql, const db_value *values);
err db_run(db *d, const char *sql, const db_value *values) MUST_USE;
err db_first(db *d, int64_t *out, bool *found, const char *sql, const db_value *values) MUST_USE;

bool query_row(query *q); /* false at the end and after an error */
int64_t query_int(const query *q, int column);
str query_str(const query *q, int column); /* text or blob; valid until the next row */
err query_end(query *q) MUST_USE;          /* resets; the error if there was one */
void query_close(query *q);                /* resets; may follow query_end */
#define SCOPED_QUERY __attribute__((cleanup(query_close))) query

int64_t db_last_id(const db *d);
int64_t db_changes(const db *d);       /* rows of the last statement */
int64_t db_total_changes(const db *d); /* rows since the connection was opened */

/* Copies a column into an arena; the error says that its budget is spent. */
err query_copy(const query *q, int column, arena *a, str *out) MUST_USE;

#endif
