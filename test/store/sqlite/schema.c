#include "store/sqlite/schema.h"

#include "kit.h"

#include <unistd.h>

static char path[64];

static void open_new(db *d) {
    snprintf(path, sizeof path, "/tmp/schema-XXXXXX");
    close(mkstemp(path));
    assert_ok(db_open(d, path, DB_WRITER));
}

static void close_all(db *d) {
    char other[80];
    db_close(d);
    unlink(path);
    for (int i = 0; i < 2; i++) {
        snprintf(other, sizeof other, "%s%s", path, i ? "-wal" : "-shm");
        unlink(other);
    }
}

static int64_t number(db *d, const char *sql) {
    int64_t n = -1;
    assert_ok(db_first(d, &n, NULL, sql, DB_VALUES()));
    return n;
}

static const schema_step steps[] = {
    {"one", "CREATE TABLE one (a); INSERT INTO one VALUES (1);"},
    {"two", "CREATE TABLE two (a); INSERT INTO one VALUES (2);"},
    {"three", "UPDATE one SET a = a * 10;"},
};

static void steps_run_once(void **state) {
    (void)state;
    db d;
    open_new(&d);
    assert_ok(schema_migrate(&d, steps, 1));
    assert_int_equal(number(&d, "SELECT sum(a) FROM one"), 1);
    assert_ok(schema_migrate(&d, steps, 1));
    assert_ok(schema_migrate(&d, steps, 3));
    assert_ok(schema_migrate(&d, steps, 3));
    assert_int_equal(number(&d, "SELECT sum(a) FROM one"), 30);
    assert_ok(schema_expect(&d, 3));
    close_all(&d);
}

static void a_failed_step_leaves_nothing_and_is_taken_up_again(void **state) {
    (void)state;
    const schema_step bad[] = {steps[0], {"bad", "CREATE TABLE two (a); INSERT INTO one VALUES (99); NONSENSE;"}};
    db d;
    open_new(&d);
    assert_true(failed(schema_migrate(&d, bad, 2)));
    assert_int_equal(number(&d, "SELECT value FROM meta WHERE key = 'schema'"), 1);
    assert_int_equal(number(&d, "SELECT sum(a) FROM one"), 1);
    assert_int_equal(number(&d, "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 0);
    assert_ok(schema_migrate(&d, steps, 3));
    assert_int_equal(number(&d, "SELECT sum(a) FROM one"), 30);
    close_all(&d);
}

static void a_newer_store_is_refused(void **state) {
    (void)state;
    db d;
    open_new(&d);
    assert_ok(schema_migrate(&d, steps, 3));
    assert_err(schema_migrate(&d, steps, 2), ERR_PERM, ERR_UNSUPPORTED);
    assert_err(schema_expect(&d, 2), ERR_PERM, ERR_UNSUPPORTED);
    assert_err(schema_expect(&d, 4), ERR_PERM, ERR_UNSUPPORTED);
    assert_int_equal(number(&d, "SELECT sum(a) FROM one"), 30);
    close_all(&d);
}

static void the_real_one_is_strict(void **state) {
    (void)state;
    db d;
    open_new(&d);
    assert_ok(schema_migrate(&d, schema_steps, schema_steps_n));
    assert_int_equal(number(&d, "PRAGMA application_id"), 0x47647774);
    assert_int_equal(number(&d, "SELECT count(*) FROM pragma_table_list WHERE NOT strict AND name NOT LIKE 'sqlite_%'"),
                     0);
    close_all(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_once),
        cmocka_unit_test(a_failed_step_leaves_nothing_and_is_taken_up_again),
        cmocka_unit_test(a_newer_store_is_refused),
        cmocka_unit_test(the_real_one_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
