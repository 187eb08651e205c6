/* Large removals answer at once and are cleared away in portions, by the next start if need be. */
#include "kit.h"

enum { MANY = 1500 };

static void fill(kit *k, int64_t from, int64_t to) {
    store_uid_pair *pairs;
    store_range all = {1, UINT32_MAX};
    size_t n;
    uint32_t v;
    kit_append(k, &k->as_anna, from, kit_message(k, "x"));
    while (kit_look(k, &k->as_anna, to).messages < MANY) {
        assert_ok(store_copy(k->s, &k->as_anna, from, &all, 1, to, false, &k->a, &pairs, &n, &v));
        assert_ok(store_copy(k->s, &k->as_anna, to, &all, 1, from, false, &k->a, &pairs, &n, &v));
    }
}

static bool no_messages(void *arg) { return kit_int(arg, "SELECT count(*) FROM message") == 0; }
static bool nothing_gone(void *arg) { return kit_int(arg, "SELECT count(*) FROM gone") == 0; }

static void a_large_account_goes(void **state) {
    kit *k = *state;
    fill(k, kit_box(k, &k->as_anna, "INBOX"), kit_box(k, &k->as_anna, "Trash"));
    kit_trace_begin();
    kit_reopen(k);
    assert_ok(store_account_remove(k->s, &admin, k->anna));
    kit_wait(no_messages, k);
    kit_wait(nothing_gone, k);
    assert_true(kit_trace_of("SELECT account, mailbox FROM gone").runs > MANY / 200);
    kit_trace_end();
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 0);
    kit_check(k);
}

static void the_next_start_goes_on(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    fill(k, inbox, kit_box(k, &k->as_anna, "Trash"));
    kit_close(k);
    char sql[200]; /* as if it had ended just after the removal */
    snprintf(sql, sizeof sql,
             "INSERT INTO gone SELECT account, id FROM mailbox WHERE name = 'Trash';"
             "UPDATE account SET used = used - (SELECT bytes FROM mailbox WHERE name = 'Trash' AND account = %lld),",
             (long long)k->anna);
    char whole[500];
    snprintf(whole, sizeof whole,
             "%s messages = messages - (SELECT messages FROM mailbox WHERE name = 'Trash' AND account = %lld) WHERE id "
             "= %lld;"
             "DELETE FROM mailbox WHERE name = 'Trash';",
             sql, (long long)k->anna, (long long)k->anna);
    kit_sql(k, whole);
    k->s = kit_open_second(k, false);
    kit_wait(nothing_gone, k);
    assert_int_equal(kit_int(k, "SELECT count(DISTINCT mailbox) FROM message"), 1);
    kit_check(k);
}

static void what_another_process_removed_is_cleared_too(void **state) {
    kit *k = *state;
    fill(k, kit_box(k, &k->as_anna, "INBOX"), kit_box(k, &k->as_anna, "Trash"));
    kit_sql(k, "INSERT INTO gone SELECT account, id FROM mailbox WHERE name = 'Trash';"
               "DELETE FROM mailbox WHERE name = 'Trash';");
    assert_ok(store_poke(k->s));
    kit_wait(nothing_gone, k);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_large_account_goes), CASE(the_next_start_goes_on),
                                       CASE(what_another_process_removed_is_cleared_too)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
