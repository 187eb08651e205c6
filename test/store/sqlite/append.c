#include "kit.h"

static void a_refusal_writes_nothing(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    store_content c = kit_content(k, kit_message(k, "x"));
    uint32_t uid, v;
    kit_trace_reset();
    assert_err(store_append(k->s, &k->as_anna, 4711, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_PEER, ERR_NOT_FOUND);
    assert_int_equal(kit_trace_of("INSERT").runs, 0);
    assert_int_equal(kit_trace_of("UPDATE").runs, 0);
    assert_int_equal(kit_trace_of("ROLLBACK").runs, 0);
    kit_trace_end();
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 0);
}

static void no_walk(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_trace_reset();
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    assert_int_equal(kit_trace_of("").scans, 0);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_refusal_writes_nothing), CASE(no_walk)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
