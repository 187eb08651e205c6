#include "check.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/offload.h"
#include "on_loop.h"
#include "peer.h"

enum { MANY = SLOW_SANITIZER ? 1500 : 10000, HOUR_MS = 3600 * 1000 };

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

/* ---- many ---- */

static atomic_size_t began, ended, jobs;

static void work(void *state, void *arg) {
    (void)state;
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

static void sleeper(void *arg) {
    (void)arg;
    atomic_fetch_add(&began, 1);
    check_ok(fiber_sleep(deadline_in(100)));
    check_ok(offload(offload_shared(), work, &jobs, deadline_in(60000)));
    atomic_fetch_add(&ended, 1);
}

static void start_many(void *arg) {
    (void)arg;
    for (int i = 0; i < MANY; i++)
        check_ok(fiber_start("sleeper", sleeper, NULL));
    check_size(began, MANY);
    check_size(fiber_count(), MANY);
}

static void many_wait_at_once(void **state) {
    (void)state;
    on_loop(0, start_many, NULL);
    await_count(&ended, MANY);
    check_size(jobs, MANY);
}

static fiber_cond gate;
static atomic_size_t at_gate;

static void wait_at_gate(void *arg) {
    (void)arg;
    atomic_fetch_add(&at_gate, 1);
    check_ok(fiber_cond_wait(&gate, deadline_in(HOUR_MS)));
}

static void fill_up(void *arg) {
    (void)arg;
    for (int i = 0; i < LIMIT_FIBERS; i++)
        check_ok(fiber_start("gate", wait_at_gate, NULL));
    check_fails(fiber_start("gate", wait_at_gate, NULL), ERR_TEMP, ERR_LIMIT);
    check_size(at_gate, LIMIT_FIBERS);
    fiber_cond_wake_all(&gate);
}

static void too_many_are_refused(void **state) {
    (void)state;
    if (!SLOW_SANITIZER)
        on_loop(0, fill_up, NULL);
}

/* ---- stacks ---- */

/* By a pointer, for a compiler would make one large frame of many small ones. */
static size_t use_stack(size_t depth);
static size_t (*volatile use_more)(size_t depth) = use_stack;

static size_t use_stack(size_t depth) {
    volatile char page[1024];
    page[depth] = 1;
    return depth ? use_more(depth - 1) + (size_t)page[depth] : 0;
}

static void deeper_than_there_is(void *arg) {
    (void)arg;
    use_stack(1000);
}

static void start_too_deep(void *arg) {
    (void)arg;
    check_ok(fiber_start("deep", deeper_than_there_is, NULL));
}

/* The page below a stack ends the process: it never writes into the stack of another. */
static void a_stack_ends_at_its_guard(void **state) {
    (void)state;
    if (SLOW_SANITIZER) /* it has its own view of stacks, and of signals in them */
        return;
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        check_ok(loops_start(1));
        on_loop(0, start_too_deep, NULL);
        _exit(0);
    }
    int status;
    check(waitpid(child, &status, 0) == child);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void deep(void *arg) {
    (void)arg;
    use_stack(40);
    fiber_yield();
    use_stack(40);
}

static void start_inside(void *arg) {
    check(fiber_self());
    if (arg)
        check_ok(fiber_start("inside", start_inside, (void *)((uintptr_t)arg - 1)));
    fiber_yield();
    deep(NULL);
}

static void start_deep(void *arg) {
    (void)arg;
    check(!fiber_self());
    for (int i = 0; i < 300; i++)
        check_ok(fiber_start("deep", deep, NULL));
    check_ok(fiber_start("inside", start_inside, (void *)(uintptr_t)20)); /* a fiber starts a fiber starts a fiber */
}

static void stacks_are_used_again(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        on_loop(0, start_deep, NULL);
        while (fiber_count())
            usleep(500);
    }
}

/* ---- deadlines and the clock ---- */

static void sleep_an_hour(void *arg) {
    int64_t start = time_mono_ms();
    check_ok(fiber_sleep(deadline_in(HOUR_MS)));
    check(time_mono_ms() - start >= HOUR_MS);
    fiber_cond never = {0};
    check_fails(fiber_cond_wait(&never, deadline_in(HOUR_MS)), ERR_TEMP, ERR_TIMEOUT);
    check(!never.waiting.first);
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

static void start_hour(void *arg) { check_ok(fiber_start("hour", sleep_an_hour, arg)); }

static void a_turned_clock_ends_waits(void **state) {
    (void)state;
    atomic_size_t done = 0;
    on_loop(0, start_hour, &done);
    for (int i = 0; i < 4; i++) {
        check_size(done, 0);
        time_test_advance(HOUR_MS / 2);
        loop_kick();
        usleep(20000);
    }
    await_count(&done, 1);
}

/* ---- yielding lets others run ---- */

static int turns[6], turns_n;

static void take_turns(void *arg) {
    for (int i = 0; i < 3; i++) {
        turns[turns_n++] = (int)(uintptr_t)arg;
        fiber_yield();
    }
    atomic_fetch_add(&ended, 1);
}

static void start_turns(void *arg) {
    (void)arg;
    turns_n = 0;
    ended = 0;
    check_ok(fiber_start("a", take_turns, (void *)(uintptr_t)1));
    check_ok(fiber_start("b", take_turns, (void *)(uintptr_t)2));
}

static void yields_take_turns(void **state) {
    (void)state;
    on_loop(0, start_turns, NULL);
    await_count(&ended, 2);
    static const int expected[] = {1, 2, 1, 2, 1, 2};
    check(memcmp(turns, expected, sizeof turns) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_ends_at_its_guard), /* first: it forks, and there are no threads yet */
        cmocka_unit_test_setup_teardown(many_wait_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(stacks_are_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_turned_clock_ends_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(yields_take_turns, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
