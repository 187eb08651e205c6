#include "kit.h"

/* Settling walks nothing, and an entry without retries has no history row. */
static void settling_is_direct(void **state) {
    kit *k = *state;
    static const char *const remote[] = {"a@x.example", "b@x.example", "c@x.example"};
    for (int i = 0; i < 20; i++)
        assert_ok(kit_accept(k, "id", kit_message(k, "x"), 0, remote, 3));
    kit_trace_begin();
    kit_reopen(k);
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1000, 3, &e), 3);
    kit_trace_reset();
    queue_result r[3];
    for (int i = 0; i < 3; i++)
        r[i] = (queue_result){.id = e[i].id, .outcome = QUEUE_DONE};
    assert_ok(queue_settle(k->s, &deliver, S("node"), r, 3, NULL, 0));
    assert_int_equal(kit_trace_of("DELETE FROM queue_entry").runs, 3);
    assert_int_equal(kit_trace_of("queue").scans, 0);
    kit_trace_end();
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_message"), 19);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 19);
    kit_check(k);
}

/* All or nothing: a notice that cannot be stored leaves its entry in the queue. */
static void a_failing_notice_keeps_the_entry(void **state) {
    kit *k = *state;
    static const char *const remote[] = {"a@x.example"};
    assert_ok(kit_accept(k, "id", kit_message(k, "x"), 0, remote, 1));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1000, 3, &e), 1);
    queue_result r = {.id = e->id, .outcome = QUEUE_DONE};
    store_content c = kit_content(k, kit_message(k, "dsn"));
    store_local broken = {k->anna, S("INBOX"), S("no line end"), 0};
    store_accepted notice = {.id = S("n"), .content = &c, .locals = &broken, .locals_n = 1};
    assert_true(failed(queue_settle(k->s, &deliver, S("node"), &r, 1, &notice, 1)));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_entry"), 1);
    kit_sql(k, "DELETE FROM mailbox WHERE name = 'INBOX'"); /* found only inside the transaction */
    broken.header = S("");
    assert_true(failed(queue_settle(k->s, &deliver, S("node"), &r, 1, &notice, 1)));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM queue_entry"), 1);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(settling_is_direct), CASE(a_failing_notice_keeps_the_entry)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
