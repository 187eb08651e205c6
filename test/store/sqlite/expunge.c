#include "kit.h"

static void without_deleted_messages_nobody_looks(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    kit_trace_begin();
    kit_reopen(k);
    store_range *gone;
    size_t n;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, false, &k->a, &gone, &n));
    assert_int_equal(n, 0);
    assert_int_equal(kit_trace_of("FROM message").runs, 0);
    kit_trace_end();
}

static void what_lies_together_is_remembered_as_one(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    for (int i = 0; i < 20; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    store_range some[] = {{2, 9}, {11, 12}}, *gone;
    size_t n;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, some, 2, true, &k->a, &gone, &n));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM expunged"), 2);
    assert_int_equal(kit_int(k, "SELECT expunge_rows FROM mailbox WHERE name = 'INBOX' ORDER BY id LIMIT 1"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(without_deleted_messages_nobody_looks),
                                       CASE(what_lies_together_is_remembered_as_one)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
