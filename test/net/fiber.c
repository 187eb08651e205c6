#include "check.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/offload.h"

/* ThreadSanitizer knows at most some 8,000 threads and fibers. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
enum { MANY = 1500 };
#else
enum { MANY = 10000 };
#endif
#else
enum { MANY = 10000 };
#endif

static atomic_size_t began, ended;

static void nap_work(void *state, void *arg) {
    (void)state;
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

static atomic_size_t jobs;

static void sleeper(void *arg) {
    (void)arg;
    atomic_fetch_add(&began, 1);
    check_ok(fiber_sleep(deadline_in(100)));
    check_ok(offload(offload_shared(), nap_work, &jobs, deadline_in(60000)));
    atomic_fetch_add(&ended, 1);
}

static completion all_done;
static void start_many(void *arg) {
    (void)arg;
    for (int i = 0; i < MANY; i++)
        check_ok(fiber_start("sleeper", sleeper, NULL));
    check_size(began, MANY);
    completion_signal(&all_done);
}

static void many_fibers_wait_at_once(void **state) {
    (void)state;
    check_ok(loops_start(1));
    completion_init(&all_done);
    loop_post(loop_at(0), start_many, NULL);
    check_ok(completion_wait(&all_done, deadline_in(60000)));
    deadline until = deadline_in(60000);
    while (ended < MANY && !deadline_passed(until))
        usleep(1000);
    check_size(ended, MANY);
    check_size(jobs, MANY);
    loops_stop();
    check_size(fiber_count(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_fibers_wait_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
