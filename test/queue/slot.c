/* A domain's share of the queue. */
#include "kit.h"

#include "queue/inside.h"

static queue bench;
static const queue_target target = {.name = "relay"};

static int begin(void **state) {
    bench = (queue){.config = {.max_active = 1000, .max_per_domain = 20}};
    map_init(&bench.slots, 2000);
    queue_clock_begin(&bench.clock);
    return 0;
}

static int end(void **state) {
    slots_free(&bench);
    return 0;
}

static void one_for_each_domain(void **state) {
    slot *s = slot_of(&bench, &target, S("a.test"));
    assert_ptr_equal(slot_of(&bench, &target, S("a.test")), s);
    assert_ptr_not_equal(slot_of(&bench, &target, S("b.test")), s);
    const queue_target other = {.name = "lmtp"}, any = {.name = "smart", .any_domain = true};
    assert_ptr_not_equal(slot_of(&bench, &other, S("a.test")), s);
    assert_ptr_equal(slot_of(&bench, &any, S("a.test")), slot_of(&bench, &any, S("b.test")));
    slot_release(&bench, s); /* nothing runs or waits: forgotten */
    assert_int_equal(bench.slots.n, 3);
}

static void learn(slot *s, queue_fate fate, const char *status) {
    queue_said said = {.fate = fate, .status = str_c(status)};
    const queue_attempt a = {.n = 1, .said = &said};
    slot_learn(&bench, s, &a);
}

static void grows_and_shrinks(void **state) {
    slot *s = slot_of(&bench, &target, S("a.test"));
    assert_int_equal(s->limit, 5);
    for (int i = 0; i < 100; i++)
        learn(s, i % 2 ? SAID_RELAYED : SAID_NEVER, "2.0.0");
    assert_int_equal(s->limit, 20);
    learn(s, SAID_LATER, "4.2.0"); /* about a mailbox: says nothing of the way */
    assert_int_equal(s->limit, 20);
    learn(s, SAID_LATER, "4.4.1");
    assert_int_equal(s->limit, 10);
    for (int i = 0; i < 10; i++)
        learn(s, SAID_LATER, "4.4.2");
    assert_int_equal(s->limit, 1);
    learn(s, SAID_RELAYED, "2.0.0");
    assert_int_equal(s->limit, 2);
}

static void turns(void **state) {
    static job jobs[8];
    memset(jobs, 0, sizeof jobs);
    slot *s = slot_of(&bench, &target, S("a.test"));
    for (size_t i = 0; i < 8; i++) {
        jobs[i].attempt.n = 2;
        slot_wait(s, &jobs[i]);
    }
    assert_int_equal(s->waiting_entries, 16);
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(slot_next(s), &jobs[i]);
        s->active++;
    }
    assert_null(slot_next(s)); /* five at once */
    s->active--;
    assert_ptr_equal(slot_next(s), &jobs[5]);
    assert_int_equal(s->waiting_n, 2);
    s->active = 0;
    slot_next(s);
    slot_next(s);
    assert_int_equal(s->waiting_n + s->waiting_entries, 0);
}

static void puts_off(void **state) {
    static job waiting;
    waiting = (job){.attempt = {.n = 200}};
    time_test_advance(1);
    slot *s = slot_of(&bench, &target, S("a.test"));
    assert_false(slot_is_full(&bench, s, 1000)); /* the first always has a place */
    slot_wait(s, &waiting);
    assert_false(slot_is_full(&bench, s, 50));
    assert_true(slot_is_full(&bench, s, 51)); /* a quarter of a thousand */
    int64_t now = queue_clock_now(&bench.clock);
    bench.round++;
    int64_t until = slot_park(&bench, s, 100);
    assert_true(until >= now + 4 && until <= now + 6);  /* 200 before it */
    assert_int_equal(slot_park(&bench, s, 900), until); /* one moment for all of a claim */
    bench.round++;
    int64_t later = slot_park(&bench, s, 100000);
    assert_true(later >= now + 15 && later <= now + 19);
    bench.round++;
    later = slot_park(&bench, s, 1);
    assert_true(later >= now + 600 && later <= now + 602); /* and never longer */
    assert_int_equal(s->parked, 101001);
    while (slot_next(s))
        ;
}

/* A slot that gets little done lets little wait. */
static void waits_by_its_rate(void **state) {
    static job jobs[200];
    memset(jobs, 0, sizeof jobs);
    slot *s = slot_of(&bench, &target, S("a.test"));
    size_t n = 0;
    for (; !slot_is_full(&bench, s, 1); n++) {
        jobs[n].attempt.n = 1;
        slot_wait(s, &jobs[n]);
    }
    assert_int_equal(n, 20); /* nothing is known: four turns of five */
    time_test_advance(4000);
    s->done = 160;
    for (; !slot_is_full(&bench, s, 1); n++) {
        jobs[n].attempt.n = 1;
        slot_wait(s, &jobs[n]);
    }
    assert_true(n > 150 && n <= 200); /* five seconds of forty */
    s->waiting = (job_list){0};
}

/* Domains where nobody answers do not fill the queue. */
static void dead_domains(void **state) {
    kit *k = *state;
    k->config.max_active = 400;
    char id[16], to[32];
    for (size_t i = 0; i < 600; i++) {
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(to, sizeof to, "gate@d%zu.test", i % 8);
        kit_send(k, id, "anna@example.org", to, 0);
    }
    kit_send(k, "ok", "anna@example.org", "ok@one.test", 0);
    kit_start(k);
    kit_await(kit_delivered(k) == 1); /* the last of all, while they hold what they may */
    kit_stays(kit_attempts(k) == 41);
    atomic_store(&k->gate, true);
}

#define PURE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        PURE(one_for_each_domain),
        PURE(grows_and_shrinks),
        PURE(turns),
        PURE(puts_off),
        PURE(waits_by_its_rate),
        cmocka_unit_test_setup_teardown(dead_domains, kit_begin, kit_end),
    };
    return cmocka_run_group_tests_name("queue_slot", tests, kit_loops_start, kit_loops_stop);
}
