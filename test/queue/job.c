/* What goes into one attempt: whose recipients, how many, for which target. */
#include "kit.h"

#include "queue/inside.h"

static void lists(void **state) {
    job jobs[3] = {0};
    job_list l = {0};
    assert_null(job_list_take(&l));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++)
            job_list_add(&l, &jobs[i]);
        for (size_t i = 0; i < 3; i++)
            assert_ptr_equal(job_list_take(&l), &jobs[i]);
        assert_true(!job_list_take(&l) && !l.last);
    }
}

static void thousand_recipients(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send_many(k, "m1", "ok", "one.test", 1000);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_delivered(k), 1000); /* each once */
    assert_int_equal(kit_attempts(k), 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(kit_seen(k, i).n, QUEUE_GROUP);
}

static void one_way_for_all_domains(void **state) {
    kit *k = *state;
    k->any_domain = true;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "ok1@one.test ok2@two.test ok3@three.test twice4@four.test twice5@five.test",
             0);
    kit_await(kit_attempts(k) == 1 && kit_waiting(k) == 2);
    assert_int_equal(kit_seen(k, 0).n, 5);
    kit_await(kit_entry(k, "twice4").state == QUEUE_WAITING);
    kit_advance(1200);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_attempts(k), 2); /* what went together goes together again */
    assert_int_equal(kit_seen(k, 1).n, 2);
}

static void unknown_target(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send_for(k, "m1", "anna@example.org", "ok1@one.test", 0, 86400, "webhook");
    kit_await(kit_entry(k, "ok1").attempts == 1);
    assert_true(kit_has(kit_entry(k, "ok1").last_error, "4.3.5"));
    assert_int_equal(kit_attempts(k), 0);
}

/* Messages do not mix, even to one domain. */
static void one_message_each(void **state) {
    kit *k = *state;
    kit_send(k, "m1", "anna@example.org", "ok1@one.test ok2@one.test", 0);
    kit_send(k, "m2", "anna@example.org", "ok3@one.test ok4@two.test", 0);
    kit_start(k);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_attempts(k), 3);
    assert_int_equal(kit_delivered(k), 4);
    for (size_t i = 0; i < 3; i++) {
        seen s = kit_seen(k, i);
        assert_int_equal(s.n, strcmp(s.message, "m1") == 0 ? 2 : 1);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists), TEST(thousand_recipients), TEST(one_way_for_all_domains),
        TEST(unknown_target),    TEST(one_message_each),
    };
    return cmocka_run_group_tests_name("queue_job", tests, kit_loops_start, kit_loops_stop);
}
