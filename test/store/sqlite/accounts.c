#include "kit.h"

static void add(kit *k, int n) {
    for (int i = 0; i < n; i++) {
        int64_t id;
        store_account in = {.name = arena_strf(&k->a, "user%d@example.org", i)};
        assert_ok(store_account_add(k->s, &admin, &in, &id));
    }
}

static void nothing_walks_all_accounts(void **state) {
    kit *k = *state;
    add(k, 30);
    kit_trace_begin();
    kit_reopen(k);
    store_account got, *list;
    size_t n;
    add(k, 0);
    assert_ok(store_account_get(k->s, &login, S("user7@example.org"), &k->a, &got));
    assert_ok(store_account_list(k->s, &admin, S("user1"), 5, &k->a, &list, &n));
    assert_ok(store_account_set(k->s, &admin, got.id, ACCOUNT_SET_DISABLED, &(store_account){0}));
    assert_ok(store_account_remove(k->s, &admin, got.id));
    assert_int_equal(kit_trace_of("account").scans, 0);
    kit_trace_end();
}

static void nothing_remains_of_a_removed_one(void **state) {
    kit *k = *state;
    char sql[200];
    assert_ok(store_account_remove(k->s, &admin, k->anna));
    static const char *const tables[] = {"address", "mailbox", "subscription", "message"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE account = %lld", tables[i], (long long)k->anna);
        assert_int_equal(kit_int(k, sql), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(nothing_walks_all_accounts), CASE(nothing_remains_of_a_removed_one)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
