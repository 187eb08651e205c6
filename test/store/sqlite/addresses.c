#include "kit.h"

/* A stranger may ask for any address: each answer costs a few steps, whoever exists. */
static void routes_walk_nothing(void **state) {
    kit *k = *state;
    for (int i = 0; i < 100; i++) {
        int64_t id;
        store_address in = {.key = arena_strf(&k->a, "alias%d@example.org", i), .account = k->anna};
        assert_ok(store_address_add(k->s, &admin, &in, &id));
    }
    kit_trace_begin();
    kit_reopen(k);
    static const char *const keys[] = {"alias7@example.org", "alias7+x@example.org", "nobody+x@example.org",
                                       "a@b.example"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        store_route r;
        kit_trace_reset();
        assert_ok(store_route_find(k->s, &deliver, str_c(keys[i]), S("+"), &k->a, &r));
        kit_trace all = kit_trace_of("SELECT");
        assert_true(all.scans == 0 && all.steps < 300);
    }
    store_address *list;
    size_t n;
    kit_trace_reset();
    assert_ok(store_address_list(k->s, &admin, S("alias3"), S(""), 5, &k->a, &list, &n));
    assert_ok(store_address_list(k->s, &admin, S("alias3"), S("anna@example.org"), 5, &k->a, &list, &n));
    assert_int_equal(kit_trace_of("SELECT").scans, 0);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(routes_walk_nothing)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
