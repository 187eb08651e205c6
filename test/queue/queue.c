/* A queue's life: start, deliver, stop, start again. */
#include "kit.h"

static const principal rules = {.role = ROLE_DELIVER};

static void delivers(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "ok1@one.test ok2@one.test ok3@two.test", 0);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_attempts(k), 2); /* the two of a domain go together */
    assert_int_equal(kit_delivered(k), 3);
    assert_int_equal(kit_inbox(k), 0);
}

static void waits_for_its_time(void **state) {
    kit *k = *state;
    kit_send(k, "m1", "anna@example.org", "later1@one.test ok2@one.test", 0);
    kit_start(k);
    kit_await(kit_attempts(k) == 1 && kit_waiting(k) == 1);
    kit_await(kit_entry(k, "later1").state == QUEUE_WAITING);
    queue_entry e = kit_entry(k, "later1");
    assert_int_equal(e.attempts, 1);
    int64_t wait = e.next_try - time_wall();
    assert_true(wait > 900 * 3 / 4 - 5 && wait <= 900 * 5 / 4);
    assert_true(kit_has(e.last_error, "mx.remote.test: 450 4.2.0 come again"));
    assert_true(kit_has(e.history, "450 4.2.0 come again"));
    kit_advance(600);
    kit_stays(kit_attempts(k) == 1);
    kit_advance(600);
    kit_await(kit_attempts(k) == 2);
    kit_await(kit_entry(k, "later1").attempts == 2 && kit_entry(k, "later1").state == QUEUE_WAITING);
    wait = kit_entry(k, "later1").next_try - time_wall();
    assert_true(wait > 1800 * 3 / 4 - 5 && wait <= 1800 * 5 / 4);
}

static void comes_back_after_a_crash(void **state) {
    kit *k = *state;
    kit_send(k, "m1", "anna@example.org", "ok1@one.test ok2@two.test", 0);
    queue_entry *entries;
    size_t n;
    check_ok(queue_claim(k->store, &rules, S("node-a"), time_wall(), 3600, 100, &k->memory, &entries, &n));
    assert_int_equal(n, 2); /* and died with them */
    kit_start(k);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_delivered(k), 2);
}

static void takes_over_from_a_dead_node(void **state) {
    kit *k = *state;
    kit_send(k, "m1", "anna@example.org", "ok1@one.test", 0);
    queue_entry *entries;
    size_t n;
    check_ok(queue_claim(k->store, &rules, S("node-b"), time_wall(), 3600, 100, &k->memory, &entries, &n));
    kit_start(k);
    kit_stays(kit_attempts(k) == 0);
    kit_advance(3000);
    kit_stays(kit_attempts(k) == 0);
    kit_advance(700);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_delivered(k), 1);
}

static void stops_and_starts(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "gate1@one.test", 0);
    kit_await(kit_attempts(k) == 1);
    atomic_store(&k->gate, true);
    kit_stop(k); /* waits for it, and settles */
    assert_int_equal(kit_waiting(k), 0);
    kit_send(k, "m2", "anna@example.org", "ok2@one.test", 0);
    kit_stays(kit_attempts(k) == 1);
    kit_start(k);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_delivered(k), 2);
}

/* An attempt that does not end is left behind; its entry stays claimed, and the next start has it again. */
static void stops_without_waiting(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "gate1@one.test", 0);
    kit_await(kit_attempts(k) == 1);
    queue_stop(k->queue, deadline_in(50));
    k->queue = NULL;
    assert_int_equal(kit_entry(k, "gate1").state, QUEUE_ACTIVE);
    atomic_store(&k->gate, true);
    kit_await(kit_delivered(k) == 1);
    kit_stays(kit_waiting(k) == 1); /* nobody settles any more */
    kit_start(k);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_attempts(k), 2);
}

static void held_and_released(void **state) {
    kit *k = *state;
    const queue_filter m1 = {.message_id = S("m1"), .state = -1};
    static const principal admin = {.role = ROLE_ADMIN};
    uint64_t changed;
    kit_send(k, "m1", "anna@example.org", "ok1@one.test", 0);
    check_ok(queue_apply(k->store, &admin, &m1, NULL, 0, QUEUE_CHANGE_HOLD, &changed));
    kit_start(k);
    kit_stays(kit_attempts(k) == 0);
    check_ok(queue_apply(k->store, &admin, &m1, NULL, 0, QUEUE_CHANGE_RELEASE, &changed));
    kit_await(kit_waiting(k) == 0);
    kit_send(k, "m2", "anna@example.org", "later1@one.test", 0);
    kit_await(kit_attempts(k) == 2 && kit_entry(k, "later1").state == QUEUE_WAITING);
    const queue_filter m2 = {.message_id = S("m2"), .state = -1};
    check_ok(queue_apply(k->store, &admin, &m2, NULL, 0, QUEUE_CHANGE_RETRY, &changed));
    kit_await(kit_attempts(k) == 3); /* long before its time */
}

static void wall_clock_jumps(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "later1@one.test", 0);
    kit_await(kit_attempts(k) == 1 && kit_entry(k, "later1").state == QUEUE_WAITING);
    time_test_wall_shift((int64_t)30 * 86400 * 1000); /* far beyond its lifetime */
    kit_advance(61);
    kit_await(kit_attempts(k) == 2 && kit_entry(k, "later1").state == QUEUE_WAITING);
    assert_int_equal(kit_inbox(k) > 0 ? kit_has(kit_notice(k, 0), "Action: failed") : 0, 0);
    time_test_wall_shift((int64_t)-40 * 86400 * 1000); /* and back, further than it came */
    for (int i = 0; i < 40 && kit_attempts(k) == 2; i++) {
        kit_advance(61);
        usleep(20000);
    }
    kit_await(kit_attempts(k) == 3);
    time_test_wall_shift((int64_t)10 * 86400 * 1000);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(delivers),
        TEST(waits_for_its_time),
        TEST(comes_back_after_a_crash),
        TEST(takes_over_from_a_dead_node),
        TEST(stops_and_starts),
        TEST(stops_without_waiting),
        TEST(held_and_released),
        TEST(wall_clock_jumps),
    };
    return cmocka_run_group_tests_name("queue", tests, kit_loops_start, kit_loops_stop);
}
