#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/offload.h"
#include "on_loop.h"
#include "peer.h"

static atomic_size_t begun, ended, ran;

static void *begin(void *owner) {
    check(owner == &begun);
    atomic_fetch_add(&begun, 1);
    int *state = mem_alloc(sizeof *state);
    *state = 7;
    return state;
}

static void end(void *state) {
    check(*(int *)state == 7);
    free(state);
    atomic_fetch_add(&ended, 1);
}

static void count(void *state, void *arg) {
    check(!state || *(int *)state == 7);
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

/* ---- states of threads, jobs from fibers and threads ---- */

static void many_jobs(void *pool) {
    for (int i = 0; i < 500; i++)
        check_ok(offload(pool, count, &ran, deadline_in(10000)));
}

static void jobs_run_with_their_threads_state(void **state) {
    (void)state;
    offload_pool *pool = offload_pool_create("test", 3, begin, end, &begun);
    check_ok(loops_start(1));
    many_jobs(pool);
    in_fiber(0, many_jobs, pool);
    check_size(ran, 1000);
    loops_stop();
    offload_pool_destroy(pool);
    check_size(begun, 3);
    check_size(ended, 3);
    offload_pool_destroy(NULL);
}

/* ---- a pool whose only thread is busy ---- */

static atomic_bool open_gate;
static atomic_size_t at_gate;

static void wait_at_gate(void *state, void *arg) {
    (void)state, (void)arg;
    atomic_fetch_add(&at_gate, 1);
    while (!open_gate)
        usleep(200);
}

static void *occupy(void *pool) {
    check_ok(offload(pool, wait_at_gate, NULL, deadline_in(60000)));
    return NULL;
}

static void too_late(void *pool) { check_fails(offload(pool, count, &ran, deadline_in(20)), ERR_TEMP, ERR_TIMEOUT); }

/* Its deadline passes while it runs: a job once begun is waited for. */
static void slow(void *state, void *arg) {
    (void)state;
    usleep(50000);
    *(int *)arg = 1;
}

static void begun_jobs_end(void *pool) {
    int done = 0;
    check_ok(offload(pool, slow, &done, deadline_in(1)));
    check(done == 1);
}

static void only_waiting_jobs_time_out(void **state) {
    (void)state;
    offload_pool *pool = offload_pool_create("busy", 1, NULL, NULL, NULL);
    pthread_t thread;
    ran = at_gate = 0;
    open_gate = false;
    check_ok(loops_start(1));
    check(pthread_create(&thread, NULL, occupy, pool) == 0);
    await_count(&at_gate, 1);
    too_late(pool);
    in_fiber(0, too_late, pool);
    open_gate = true;
    pthread_join(thread, NULL);
    begun_jobs_end(pool);
    in_fiber(0, begun_jobs_end, pool);
    check_size(ran, 0);
    loops_stop();
    offload_pool_destroy(pool);
}

/* ---- the limit of the queue ---- */

static atomic_size_t refused;

static void one_of_many(void *pool) {
    err e = offload(pool, count, &ran, deadline_in(60000));
    check(!failed(e) || e.what == ERR_LIMIT);
    atomic_fetch_add(failed(e) ? &refused : &ended, 1);
}

static void start_too_many(void *pool) {
    for (int i = 0; i < LIMIT_OFFLOAD_QUEUE + 10; i++)
        check_ok(fiber_start("job", one_of_many, pool));
    check_size(refused, 10);
}

static void a_full_queue_refuses(void **state) {
    (void)state;
    offload_pool *pool = offload_pool_create("full", 1, NULL, NULL, NULL);
    pthread_t thread;
    ran = ended = at_gate = 0;
    open_gate = false;
    check_ok(loops_start(1));
    check(pthread_create(&thread, NULL, occupy, pool) == 0);
    await_count(&at_gate, 1);
    if (!SLOW_SANITIZER)
        on_loop(0, start_too_many, pool);
    open_gate = true;
    if (!SLOW_SANITIZER)
        await_count(&ended, LIMIT_OFFLOAD_QUEUE);
    pthread_join(thread, NULL);
    loops_stop();
    offload_pool_destroy(pool);
}

static void the_shared_pool_is_there(void **state) {
    (void)state;
    ran = 0;
    check(offload_shared() == offload_shared());
    check_ok(offload(offload_shared(), count, &ran, deadline_in(10000)));
    check_size(ran, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_with_their_threads_state),
        cmocka_unit_test(only_waiting_jobs_time_out),
        cmocka_unit_test(a_full_queue_refuses),
        cmocka_unit_test(the_shared_pool_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
