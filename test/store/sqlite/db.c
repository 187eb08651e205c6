#include "store/sqlite/db.h"

#include "kit.h"

#include <unistd.h>

#include "base/mem.h"

typedef struct room {
    char path[64];
    db d;
} room;

static int begin(void **state) {
    room *r = mem_alloc(sizeof *r);
    snprintf(r->path, sizeof r->path, "/tmp/db-XXXXXX");
    close(mkstemp(r->path));
    assert_ok(db_open(&r->d, r->path, DB_WRITER));
    assert_ok(DB_RUN(&r->d, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c BLOB NOT NULL) STRICT"));
    *state = r;
    return 0;
}

static int end(void **state) {
    room *r = *state;
    char path[80];
    db_close(&r->d);
    unlink(r->path);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", r->path, i ? "-wal" : "-shm");
        unlink(path);
    }
    free(r);
    return 0;
}

static err put(db *d, int64_t a, str b, str c) {
    return DB_RUN(d, "INSERT INTO t (a, b, c) VALUES (?1, ?2, ?3)", I(a), T(b), B(c));
}

static void values_come_back(void **state) {
    room *r = *state;
    assert_ok(put(&r->d, INT64_MIN, str_of("x\0y", 3), S("")));
    assert_ok(put(&r->d, 5, (str){NULL, 0}, (str){NULL, 0})); /* empty is not NULL */
    SCOPED_QUERY q = DB_QUERY(&r->d, "SELECT a, b, c FROM t ORDER BY a");
    assert_true(query_row(&q));
    assert_int_equal(query_int(&q, 0), INT64_MIN);
    assert_str(query_str(&q, 1), str_of("x\0y", 3));
    assert_true(query_row(&q));
    assert_str(query_str(&q, 2), S(""));
    assert_false(query_row(&q));
    assert_false(query_row(&q)); /* nor later */
    assert_ok(query_end(&q));
}

static void first_value(void **state) {
    room *r = *state;
    int64_t out = 77;
    bool found = true;
    assert_ok(DB_FIRST(&r->d, &out, &found, "SELECT a FROM t WHERE b = ?1", T(S("none"))));
    assert_true(out == 77 && !found);
    assert_ok(put(&r->d, 3, S("three"), S("")));
    assert_ok(DB_FIRST(&r->d, &out, NULL, "SELECT a FROM t WHERE b = ?1", T(S("three"))));
    assert_int_equal(out, 3);
}

/* The cache has one statement for a text: a second use meanwhile gets its own. */
static void a_statement_within_itself(void **state) {
    room *r = *state;
    for (int64_t i = 1; i <= 3; i++)
        assert_ok(put(&r->d, i, str_sub(S("123"), (size_t)i - 1, 1), S("")));
    int64_t pairs = 0;
    static const char text[] = "SELECT a FROM t ORDER BY a";
    SCOPED_QUERY outer = db_query(&r->d, text, DB_VALUES());
    while (query_row(&outer)) {
        SCOPED_QUERY inner = db_query(&r->d, text, DB_VALUES());
        while (query_row(&inner))
            pairs++;
    }
    assert_int_equal(pairs, 9);
}

static void errors_say_what_to_do(void **state) {
    room *r = *state;
    assert_ok(put(&r->d, 1, S("one"), S("")));
    assert_err(put(&r->d, 1, S("two"), S("")), ERR_PEER, ERR_EXISTS);
    assert_err(put(&r->d, 2, S("one"), S("")), ERR_PEER, ERR_EXISTS);
    assert_int_equal(r->d.broken, 0);
    assert_err(DB_RUN(&r->d, "INSERT INTO t (a, c) VALUES (9, NULL)"), ERR_BUG, ERR_WHAT_OTHER);
    assert_err(DB_RUN(&r->d, "SELECT nonsense FROM t"), ERR_BUG, ERR_WHAT_OTHER);
    assert_int_equal(db_error(&r->d, SQLITE_FULL).what, ERR_FULL);
    assert_int_equal(db_error(&r->d, SQLITE_IOERR_FSYNC).what, ERR_IO);
    assert_int_equal(db_error(&r->d, SQLITE_CORRUPT_INDEX).what, ERR_CORRUPT);
    assert_int_equal(db_error(&r->d, SQLITE_BUSY_SNAPSHOT).kind, ERR_TEMP);
    assert_int_equal(db_error(&r->d, SQLITE_DONE).kind, ERR_NONE);
}

static void connections_are_defensive(void **state) {
    room *r = *state;
    assert_ok(DB_RUN(&r->d, "PRAGMA writable_schema = ON"));
    assert_true(failed(DB_RUN(&r->d, "DELETE FROM sqlite_schema")));
    int64_t n = 0;
    assert_ok(DB_FIRST(&r->d, &n, NULL, "PRAGMA page_size"));
    assert_int_equal(n, 8192);
    assert_ok(DB_FIRST(&r->d, &n, NULL, "PRAGMA synchronous"));
    assert_int_equal(n, 2);
    assert_ok(DB_FIRST(&r->d, &n, NULL, "PRAGMA trusted_schema"));
    assert_int_equal(n, 0);
    assert_true(failed(DB_RUN(&r->d, "ATTACH ?1 AS other", T(S("/tmp/other.db")))));
    db reader;
    assert_ok(db_open(&reader, r->path, DB_READER));
    assert_true(failed(put(&reader, 1, S("x"), S(""))));
    db_close(&reader);
    db_close(&reader);
}

static void opening_refuses(void **state) {
    (void)state;
    db d;
    assert_err(db_open(&d, "/tmp", DB_WRITER), ERR_TEMP, ERR_IO);
    assert_err(db_open(&d, "/nowhere/x.db", DB_READER), ERR_TEMP, ERR_IO);
}

static void a_spent_arena_is_an_error(void **state) {
    room *r = *state;
    arena tiny;
    arena_init(&tiny, 16);
    assert_ok(put(&r->d, 1, S("a text of more than sixteen bytes"), S("")));
    SCOPED_QUERY q = DB_QUERY(&r->d, "SELECT b FROM t");
    assert_true(query_row(&q));
    str out;
    assert_err(query_copy(&q, 0, &tiny, &out), ERR_PEER, ERR_LIMIT);
    arena_free(&tiny);
}

#define HERE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        HERE(values_come_back),          HERE(first_value),
        HERE(a_statement_within_itself), HERE(errors_say_what_to_do),
        HERE(connections_are_defensive), cmocka_unit_test(opening_refuses),
        HERE(a_spent_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
