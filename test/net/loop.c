#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "on_loop.h"
#include "peer.h"

enum { THREADS = 4, POSTS = 2000 };

static atomic_size_t arrived;
static size_t next_of[THREADS];

static void post_arrived(void *arg) {
    size_t thread = (uintptr_t)arg / POSTS, number = (uintptr_t)arg % POSTS;
    check(loop_current() == loop_at(1));
    check_size(number, next_of[thread]);
    next_of[thread]++;
    atomic_fetch_add(&arrived, 1);
}

static void *post_many(void *arg) {
    for (uintptr_t i = 0; i < POSTS; i++)
        loop_post(loop_at(1), post_arrived, (void *)((uintptr_t)arg * POSTS + i));
    return NULL;
}

static void posts_arrive_in_order(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    arrived = 0;
    check_ok(loops_start(2));
    check_size(loops_count(), 2);
    check(!loop_current());
    for (uintptr_t i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, post_many, (void *)i) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    await_count(&arrived, THREADS * POSTS);
    loops_stop();
    check_size(loops_count(), 0);
}

/* ---- stopping ---- */

static atomic_size_t told;
static fiber_mutex mutex;
static fiber_cond cond;

static void told_to_stop(err e) {
    check(e.kind == ERR_TEMP && e.what == ERR_CLOSED);
    atomic_fetch_add(&told, 1);
}

static void sleeps(void *arg) {
    (void)arg;
    told_to_stop(fiber_sleep(deadline_in(1000000)));
    told_to_stop(fiber_sleep(deadline_in(1000000))); /* and no new wait begins */
}
static void locks(void *arg) {
    (void)arg;
    told_to_stop(fiber_lock(&mutex, deadline_in(1000000)));
}
static void waits(void *arg) {
    (void)arg;
    told_to_stop(fiber_cond_wait(&cond, deadline_in(1000000)));
}
static void awaits(void *arg) {
    (void)arg;
    completion never;
    completion_init(&never);
    told_to_stop(completion_wait(&never, deadline_in(1000000)));
}

static void start_waiting(void *arg) {
    (void)arg;
    check_ok(fiber_lock(&mutex, deadline_in(0)));
    check_ok(fiber_start("sleeps", sleeps, NULL));
    check_ok(fiber_start("locks", locks, NULL));
    check_ok(fiber_start("waits", waits, NULL));
    check_ok(fiber_start("awaits", awaits, NULL));
}

static void stopping_ends_every_wait(void **state) {
    (void)state;
    check_ok(loops_start(1));
    on_loop(0, start_waiting, NULL);
    check_size(fiber_count(), 4);
    loops_stop();
    check_size(told, 5);
    check_size(fiber_count(), 0);
}

static void may_start_again(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        check_ok(loops_start(3));
        nothing_more_on(2);
        loops_stop();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_arrive_in_order),
        cmocka_unit_test(stopping_ends_every_wait),
        cmocka_unit_test(may_start_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
