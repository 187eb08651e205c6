#include "kit.h"

static void what_is_so_already_is_not_written(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_append_flags(k, &k->as_anna, inbox, kit_message(k, "x"), FLAG_SEEN);
    kit_trace_begin();
    kit_reopen(k);
    kit_trace_reset();
    kit_flag(k, &k->as_anna, inbox, 1, FLAGS_ADD, FLAG_SEEN);
    assert_int_equal(kit_trace_of("UPDATE").runs, 0);
    kit_flag(k, &k->as_anna, inbox, 1, FLAGS_REMOVE, FLAG_SEEN);
    assert_int_equal(kit_trace_of("UPDATE message").runs, 1);
    assert_int_equal(kit_trace_of("UPDATE mailbox").runs, 1);
    assert_int_equal(kit_trace_of("").scans, 0);
    kit_trace_end();
}

/* Removing a keyword that nobody has must not use up one of the few positions. */
static void unknown_keywords_to_remove_get_no_position(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    str word = S("unknown");
    store_flag_change change = {.op = FLAGS_REMOVE, .keywords = &word, .keywords_n = 1, .unchanged_since = UINT64_MAX};
    store_message *m;
    store_range *r;
    size_t n, conflicts;
    assert_ok(store_flag(k->s, &k->as_anna, inbox, NULL, 0, &change, &k->a, &m, &n, &r, &conflicts));
    assert_int_equal(kit_look(k, &k->as_anna, inbox).keywords_n, 0);
    store_range none = {50, 60};
    change.op = FLAGS_ADD;
    assert_ok(store_flag(k->s, &k->as_anna, inbox, &none, 1, &change, &k->a, &m, &n, &r, &conflicts));
    assert_int_equal(kit_look(k, &k->as_anna, inbox).keywords_n, 0); /* nor one that no message got */
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(what_is_so_already_is_not_written),
                                       CASE(unknown_keywords_to_remove_get_no_position)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
