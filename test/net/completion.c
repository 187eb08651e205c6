#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "on_loop.h"
#include "peer.h"

enum { ROUNDS = 3000, HOUR_MS = 3600 * 1000 };

static int setup(void **state) {
    (void)state;
    check_ok(loops_start(2));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    loops_stop();
    return 0;
}

/* ---- a thread signals what fibers and threads wait for, at every moment of their wait ---- */

static completion *_Atomic offered;
static atomic_bool over;

static void *signaller(void *arg) {
    (void)arg;
    for (unsigned spin = 0; !over; spin++) {
        completion *c = atomic_exchange(&offered, NULL);
        if (!c)
            continue;
        for (unsigned i = 0; i < spin % 400; i++)
            atomic_signal_fence(memory_order_seq_cst);
        completion_signal(c);
    }
    return NULL;
}

static void offer(completion *c) {
    completion_init(c);
    atomic_store(&offered, c);
}

/* The completion lies on the stack and is gone right after the wait. */
static void wait_many(void *arg) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        completion c;
        offer(&c);
        err e = completion_wait(&c, deadline_in(arg ? 0 : 10000));
        if (!failed(e))
            continue;
        check(arg && e.what == ERR_TIMEOUT);
        completion_wait_done(&c);
        memset(&c, 0xff, sizeof c);
    }
}

static void with_signaller(void (*fn)(void)) {
    pthread_t thread;
    over = false;
    check(pthread_create(&thread, NULL, signaller, NULL) == 0);
    fn();
    over = true;
    pthread_join(thread, NULL);
}

static int deadlines_pass;

static void all_ways(void) {
    in_fiber(0, wait_many, NULL);
    in_fiber(0, wait_many, &deadlines_pass);
    wait_many(NULL);
    wait_many(&deadlines_pass);
}

static void threads_signal_fibers_and_threads(void **state) {
    (void)state;
    with_signaller(all_ways);
}

/* ---- between fibers of one loop, and of two ---- */

static completion crossing;
static atomic_size_t crossed;

static void wait_crossing(void *arg) {
    (void)arg;
    check_ok(completion_wait(&crossing, deadline_in(10000)));
    atomic_fetch_add(&crossed, 1);
}

static void start_waiter(void *arg) { check_ok(fiber_start("waiter", wait_crossing, arg)); }
static void signal_crossing(void *arg) {
    (void)arg;
    completion_signal(&crossing);
}

static void fibers_signal_fibers(void **state) {
    (void)state;
    for (size_t from = 0; from < 2; from++) {
        completion_init(&crossing);
        on_loop(0, start_waiter, NULL);
        in_fiber(from, signal_crossing, NULL);
        await_count(&crossed, from + 1);
    }
    completion_init(&crossing); /* signalled before anybody waits */
    in_fiber(0, signal_crossing, NULL);
    in_fiber(0, wait_crossing, NULL);
}

/* A timed-out waiter whose signal arrives in the same turn of the loop must neither hang nor wake twice. */
static void race_on_one_loop(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) {
        completion_init(&crossing);
        check_ok(fiber_start("waiter", wait_crossing, NULL));
        if (i % 2)
            fiber_yield();
        completion_signal(&crossing);
        fiber_yield();
        fiber_yield();
    }
}

static void signals_on_one_loop(void **state) {
    (void)state;
    crossed = 0;
    in_fiber(0, race_on_one_loop, NULL);
    check_size(crossed, 200);
}

/* ---- the turned clock ---- */

static atomic_size_t late;

static void wait_an_hour(void *arg) {
    (void)arg;
    completion never;
    completion_init(&never);
    check_fails(completion_wait(&never, deadline_in(HOUR_MS)), ERR_TEMP, ERR_TIMEOUT);
    atomic_fetch_add(&late, 1);
}
static void start_hour(void *arg) { check_ok(fiber_start("hour", wait_an_hour, arg)); }
static void *thread_hour(void *arg) {
    wait_an_hour(arg);
    return NULL;
}

static void a_turned_clock_ends_waits(void **state) {
    (void)state;
    pthread_t thread;
    on_loop(0, start_hour, NULL);
    check(pthread_create(&thread, NULL, thread_hour, NULL) == 0);
    usleep(20000);
    check_size(late, 0);
    time_test_advance(HOUR_MS);
    loop_kick();
    await_count(&late, 2);
    pthread_join(thread, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(threads_signal_fibers_and_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(fibers_signal_fibers, setup, teardown),
        cmocka_unit_test_setup_teardown(signals_on_one_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(a_turned_clock_ends_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
