#include "kit.h"

static void reads_walk_no_table(void **state) {
    kit *k = *state;
    for (int i = 0; i < 50; i++) {
        int64_t id;
        assert_ok(store_domain_add(k->s, &admin, arena_strf(&k->a, "d%d.example", i), &id));
    }
    kit_trace_begin();
    kit_reopen(k);
    store_domain got, *list;
    size_t n;
    assert_ok(store_domain_get(k->s, &admin, S("d7.example"), &k->a, &got));
    assert_ok(store_domain_list(k->s, &admin, S("d4"), 10, &k->a, &list, &n));
    assert_int_equal(n, 10);
    assert_ok(store_domain_remove(k->s, &admin, S("d7.example")));
    assert_int_equal(kit_trace_of("domain").scans, 0);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(reads_walk_no_table)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
