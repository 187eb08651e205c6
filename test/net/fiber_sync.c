#include "check.h"

#include <stdatomic.h>

#include "net/fiber.h"
#include "net/loop.h"
#include "on_loop.h"
#include "peer.h"

static int setup(void **state) {
    (void)state;
    check_ok(loops_start(1));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    loops_stop();
    check_size(fiber_count(), 0);
    return 0;
}

static deadline soon(void) { return deadline_in(10000); }

/* ---- mutex ---- */

static fiber_mutex mutex;
static int order[8], order_n;

static void lock_in_turn(void *arg) {
    check_ok(fiber_lock(&mutex, soon()));
    order[order_n++] = (int)(uintptr_t)arg;
    fiber_yield();
    fiber_unlock(&mutex);
}

static void lock_too_late(void *arg) {
    (void)arg;
    check_fails(fiber_lock(&mutex, deadline_in(1)), ERR_TEMP, ERR_TIMEOUT);
}

static void try_mutex(void *arg) {
    (void)arg;
    order_n = 0;
    check_ok(fiber_lock(&mutex, soon()));
    check_ok(fiber_start("1", lock_in_turn, (void *)1));
    check_ok(fiber_start("late", lock_too_late, NULL));
    check_ok(fiber_start("2", lock_in_turn, (void *)2));
    check_ok(fiber_start("3", lock_in_turn, (void *)3));
    check_ok(fiber_sleep(deadline_in(20))); /* the late one leaves the middle of the queue */
    fiber_unlock(&mutex);
    check_ok(fiber_lock(&mutex, soon())); /* those who wait come first */
    check(order_n == 3 && order[0] == 1 && order[1] == 2 && order[2] == 3);
    fiber_unlock(&mutex);
    check(!mutex.held && !mutex.waiting.first && !mutex.waiting.last);
}

static void a_mutex_is_fair(void **state) {
    (void)state;
    in_fiber(0, try_mutex, NULL);
}

/* ---- condition ---- */

static fiber_cond cond;
static size_t woken;

static void wait_cond(void *arg) {
    (void)arg;
    check_ok(fiber_cond_wait(&cond, soon()));
    woken++;
}

static void try_cond(void *arg) {
    (void)arg;
    fiber_cond_wake_one(&cond); /* nobody waits: nothing is kept */
    for (int i = 0; i < 4; i++)
        check_ok(fiber_start("cond", wait_cond, NULL));
    fiber_cond_wake_one(&cond);
    fiber_yield();
    check_size(woken, 1);
    fiber_cond_wake_all(&cond);
    fiber_yield();
    check_size(woken, 4);
    check_fails(fiber_cond_wait(&cond, deadline_in(1)), ERR_TEMP, ERR_TIMEOUT);
}

static void a_condition_wakes_one_or_all(void **state) {
    (void)state;
    in_fiber(0, try_cond, NULL);
}

/* ---- channel ---- */

enum { ITEMS = 1000, SENDERS = 3 };
static fiber_chan chan;
static size_t sums[2], received;

static void send_items(void *arg) {
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        check_ok(fiber_chan_send(&chan, (void *)i, soon()));
        if (i % (uintptr_t)arg == 0)
            fiber_yield();
    }
}

static void receive_items(void *arg) {
    void *item;
    err e;
    while (!failed(e = fiber_chan_receive(&chan, &item, soon()))) {
        sums[(uintptr_t)arg] += (uintptr_t)item;
        received++;
    }
    check(e.what == ERR_CLOSED);
}

static void try_chan(void *arg) {
    (void)arg;
    void *item;
    fiber_chan_init(&chan, 7);
    check_fails(fiber_chan_receive(&chan, &item, deadline_in(1)), ERR_TEMP, ERR_TIMEOUT);
    for (uintptr_t i = 0; i < SENDERS; i++)
        check_ok(fiber_start("send", send_items, (void *)(i + 2)));
    check_size(chan.n, 7);
    check_fails(fiber_chan_send(&chan, &item, deadline_in(1)), ERR_TEMP, ERR_TIMEOUT);
    for (uintptr_t i = 0; i < 2; i++)
        check_ok(fiber_start("receive", receive_items, (void *)i));
    while (received < SENDERS * ITEMS)
        fiber_yield();
    check_size(sums[0] + sums[1], SENDERS * (ITEMS * (ITEMS + 1) / 2));
    check_ok(fiber_chan_send(&chan, (void *)5, soon()));
    fiber_chan_close(&chan);
    check_fails(fiber_chan_send(&chan, &item, soon()), ERR_TEMP, ERR_CLOSED);
    while (fiber_count() > 1)
        fiber_yield();
    check_size(received, SENDERS * ITEMS + 1); /* what was sent before the close still arrives */
    fiber_chan_free(&chan);
    fiber_chan_free(NULL);
}

static void a_channel_is_bounded_and_loses_nothing(void **state) {
    (void)state;
    in_fiber(0, try_chan, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mutex_is_fair, setup, teardown),
        cmocka_unit_test_setup_teardown(a_condition_wakes_one_or_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_channel_is_bounded_and_loses_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
