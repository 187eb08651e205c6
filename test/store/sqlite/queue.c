/* A million entries cost a claim no more than a handful do. */
#include "kit.h"

enum { MILLION = 1000000 };

static void fill(kit *k, int n) {
    char sql[1000];
    snprintf(
        sql, sizeof sql,
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;"
        "INSERT INTO content (id, size, header_size, chunks, recipe, head, body) VALUES (900, 1, 0, 1, x'', x'', "
        "x'00') "
        "ON CONFLICT DO NOTHING;"
        "INSERT INTO queue_message (name, content, size, sender, envid, traits, submitter, created, expires, entries)"
        " VALUES ('big', 900, 1, '', '', 0, 0, 0, 9, %d);"
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO queue_entry (message, domain, recipient, original, target, notify, state, due, node, attempts,"
        " delay_notice, last_error) SELECT 1, 'd' || i %% 50000, 'r' || i || '@x', '', 'relay', 0, 0, 100 + i, '', 0, "
        "0, ''"
        " FROM n; COMMIT;",
        n, n);
    kit_sql(k, sql);
}

/* Steps of SQLite's machine for one claim of ten, its own group lookups included. */
static uint64_t claim_cost(kit *k, int64_t now) {
    queue_entry *e;
    kit_trace_reset();
    assert_int_equal(kit_claim(k, now, 10, &e), 10);
    int64_t at;
    assert_ok(queue_next(k->s, &deliver, &at));
    kit_trace claim = kit_trace_of("queue_entry");
    assert_int_equal(claim.scans, 0);
    assert_true(claim.runs > 0);
    return claim.steps;
}

static void a_claim_costs_the_same(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    fill(k, 100);
    uint64_t few = claim_cost(k, 120); /* some are due, most are not */
    fill(k, MILLION);
    kit_sql(k, "UPDATE queue_entry SET state = 2 WHERE id <= 100");
    uint64_t many = claim_cost(k, 120), all_due = claim_cost(k, MILLION * 2);
    kit_trace_end();
    print_message("# %llu steps among 100, %llu among a million, %llu when all are due\n", (unsigned long long)few,
                  (unsigned long long)many, (unsigned long long)all_due);
    assert_true(many < few * 2 && all_due < few * 40);
}

static void recovering_walks_only_what_is_active(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    fill(k, 20000);
    queue_entry *e;
    kit_claim(k, 120, 10, &e);
    kit_trace_reset();
    assert_ok(queue_recover(k->s, &deliver, S("node"), 130));
    kit_trace recover = kit_trace_of("WHERE state = 1 AND node = ");
    kit_trace_end();
    assert_int_equal(recover.runs, 1);
    assert_true(recover.scans == 0 && recover.steps < 2000);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_entry WHERE state = 1"), 0);
}

static void nothing_is_left_of_what_is_done(void **state) {
    kit *k = *state;
    static const char *const remote[] = {"a@one.example", "b@two.example"};
    assert_ok(kit_accept(k, "id", kit_message(k, "x"), 0, remote, 2));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 2);
    queue_result r[] = {{.id = e[0].id, .outcome = QUEUE_RETRY, .next_try = 1, .history_line = S("x")},
                        {.id = e[1].id}};
    assert_ok(queue_settle(k->s, &deliver, S("node"), r, 2, NULL, 0));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_entry"), 1);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_history"), 1);
    r[0].outcome = QUEUE_DONE;
    assert_ok(queue_settle(k->s, &deliver, S("node"), r, 1, NULL, 0));
    static const char *const tables[] = {"queue_entry", "queue_history", "queue_message",
                                         "content",     "summary",       "shared"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(kit_int(k, sql), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_claim_costs_the_same), CASE(recovering_walks_only_what_is_active),
                                       CASE(nothing_is_left_of_what_is_done)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
