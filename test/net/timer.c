#include "check.h"

#include <stdatomic.h>

#include "base/rand.h"
#include "net/loop.h"
#include "on_loop.h"
#include "peer.h"

enum { MANY = 5000, HOUR_MS = 3600 * 1000 };

static timer timers[MANY];
static atomic_size_t fired;
static int64_t last_at;
static int64_t wanted[MANY];

static int setup(void **state) {
    (void)state;
    fired = 0;
    check_ok(loops_start(1));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    loops_stop();
    return 0;
}

/* Fires in the order of the deadlines, never early. */
static void note(timer *t) {
    int64_t at = wanted[t - timers];
    check(at >= last_at && at <= time_mono_ms());
    check(t->at_ms == 0);
    last_at = at;
    atomic_fetch_add(&fired, 1);
}

static void set_one(size_t i, int64_t in_ms) {
    deadline at = deadline_in(in_ms);
    wanted[i] = at.at_ms;
    timer_set(&timers[i], at, note);
}

/* Set, moved and cleared at random; a third of them is cleared at the end. */
static void set_many(void *arg) {
    (void)arg;
    last_at = 0;
    for (size_t i = 0; i < MANY; i++)
        set_one(i, (int64_t)rand_below(HOUR_MS));
    for (size_t k = 0; k < 4 * MANY; k++) {
        size_t i = rand_below(MANY);
        if (rand_below(3) == 0)
            timer_clear(&timers[i]);
        else
            set_one(i, (int64_t)rand_below(HOUR_MS));
    }
    for (size_t i = 0; i < MANY; i++) {
        if (i % 3 == 0)
            timer_clear(&timers[i]);
        else if (timers[i].at_ms == 0)
            set_one(i, (int64_t)rand_below(HOUR_MS));
    }
}

static void a_turned_clock_fires_all_in_order(void **state) {
    (void)state;
    size_t left = MANY - (MANY + 2) / 3;
    on_loop(0, set_many, NULL);
    time_test_advance(HOUR_MS / 2);
    loop_kick();
    nothing_more_on(0);
    size_t half = fired;
    check(half > left / 4 && half < left - left / 4);
    time_test_advance(HOUR_MS / 2);
    loop_kick();
    nothing_more_on(0);
    check_size(fired, left);
}

static void set_short(void *arg) {
    (void)arg;
    last_at = 0;
    set_one(0, 30);
    set_one(1, 0);
    set_one(2, 10);
    timer_set(&timers[3], (deadline){-5}, note); /* long past: the next turn, not at once */
    wanted[3] = 0;
    check_size(fired, 0);
}

static void fires_by_itself(void **state) {
    (void)state;
    int64_t began = time_mono_ms();
    on_loop(0, set_short, NULL);
    await_count(&fired, 4);
    check(time_mono_ms() - began >= 30 && time_mono_ms() - began < 5000);
}

static void set_again(timer *t) {
    if (atomic_fetch_add(&fired, 1) < 9)
        timer_set(t, deadline_in(0), set_again);
}

static void start_again(void *arg) {
    (void)arg;
    timer_set(&timers[0], deadline_in(0), set_again);
}

static void may_set_itself_again(void **state) {
    (void)state;
    on_loop(0, start_again, NULL);
    await_count(&fired, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_turned_clock_fires_all_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(fires_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(may_set_itself_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
