/* How much at once, and for whom: shares, groups, leases. */
#include "kit.h"

#include "../net/on_loop.h"
#include "queue/inside.h"

static const principal rules = {.role = ROLE_DELIVER};

/* The queue's state is its home loop's. */
typedef struct glance {
    queue *q;
    size_t in_flight, jobs;
    int64_t due_at;
} glance;

static void run_glance(void *arg) {
    glance *g = arg;
    g->in_flight = g->q->in_flight;
    g->due_at = g->q->due_at;
    for (const job *j = g->q->jobs; j; j = j->next)
        g->jobs++;
}

static glance glance_at(kit *k) {
    glance g = {.q = k->queue};
    on_loop(0, run_glance, &g);
    return g;
}

static void domains_share(void **state) {
    kit *k = *state;
    k->config.max_per_domain = 3;
    k->config.max_active = 40;
    kit_start(k);
    char id[16];
    for (size_t i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "slow%zu", i);
        kit_send(k, id, "anna@example.org", "gate@slow.test", 0);
    }
    kit_await(kit_attempts(k) == 3);
    kit_send(k, "quick", "anna@example.org", "ok@quick.test", 0);
    kit_await(kit_delivered(k) == 1); /* the full domain does not stand in its way */
    kit_stays(kit_attempts(k) == 4);
    atomic_store(&k->gate, true);
    for (int i = 0; i < 50 && kit_waiting(k); i++) { /* what was put off comes back by its lease */
        usleep(50000);
        kit_advance(20);
    }
    assert_int_equal(kit_waiting(k), 0);
    assert_int_equal(kit_delivered(k), 61);
    assert_true(k->most_running <= 4);
}

static void never_more_than_active(void **state) {
    kit *k = *state;
    k->config.max_active = 8;
    kit_start(k);
    char id[16], to[32];
    for (size_t i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(to, sizeof to, "gate@d%zu.test", i);
        kit_send(k, id, "anna@example.org", to, 0);
    }
    kit_await(kit_attempts(k) >= 8);
    kit_stays(kit_attempts(k) == 8 && glance_at(k).in_flight <= 8);
    atomic_store(&k->gate, true);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_delivered(k), 100);
    assert_int_equal(k->most_running, 8);
}

/* A long attempt keeps its entry: nobody else gets it, however often its lease would have ended. */
static void leases_are_renewed(void **state) {
    kit *k = *state;
    k->config.lease_s = 30;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "gate1@one.test", 0);
    kit_await(kit_attempts(k) == 1);
    for (int i = 0; i < 12; i++) {
        int64_t before = kit_entry(k, "gate1").next_try;
        kit_advance(10);
        kit_await(i == 0 || kit_entry(k, "gate1").next_try > before ||
                  kit_entry(k, "gate1").next_try >= time_wall() + 15);
        queue_entry *entries;
        size_t n;
        check_ok(queue_claim(k->store, &rules, S("node-b"), time_wall(), 60, 100, &k->memory, &entries, &n));
        assert_int_equal(n, 0);
    }
    atomic_store(&k->gate, true);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_attempts(k), 1);
}

/* Deferred mail is the store's: in memory is what is under way, and nothing is asked for before its time. */
static void deferred_mail_costs_nothing(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send_many(k, "m1", "later", "one.test", 1000);
    kit_await(kit_attempts(k) == 10);
    kit_await(glance_at(k).in_flight == 0);
    assert_int_equal(kit_waiting(k), 1000);
    assert_int_equal(glance_at(k).jobs, 0);
    kit_stays(kit_attempts(k) == 10);
    assert_true(glance_at(k).due_at >
                time_wall() + 200); /* nothing is looked at before, at the earliest, the leases would have ended */
}

static void no_duplicates(void **state) {
    kit *k = *state;
    k->config.max_active = 50;
    k->config.max_per_domain = 2;
    kit_start(k);
    char id[16], to[128];
    for (size_t i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(to, sizeof to, "ok%zu@d%zu.test twice%zu@d%zu.test", i, i % 7, i, i % 5);
        kit_send(k, id, "anna@example.org", to, 0);
    }
    for (int i = 0; i < 400 && kit_waiting(k); i++) {
        usleep(20000);
        kit_advance(60);
    }
    assert_int_equal(kit_waiting(k), 0);
    assert_int_equal(kit_delivered(k), 600); /* not one more */
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(domains_share), TEST(never_more_than_active), TEST(leases_are_renewed), TEST(deferred_mail_costs_nothing),
        TEST(no_duplicates),
    };
    return cmocka_run_group_tests_name("queue_schedule", tests, kit_loops_start, kit_loops_stop);
}
