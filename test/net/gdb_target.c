/* A program with fibers in known places, for the test of tools/gdb/fibers.py. It ends when its input does. */
#include "check.h"

#include "net/fiber.h"
#include "net/loop.h"
#include "on_loop.h"

void all_are_waiting(void);
static fiber_mutex mutex;

/* Names that a backtrace must show. */
static __attribute__((noinline)) void wait_in_the_kitchen(int guests) {
    check(guests == 7);
    err e = fiber_sleep(deadline_in(1000000));
    check(e.what == ERR_CLOSED);
}

static void cook(void *arg) {
    wait_in_the_kitchen(*(int *)arg);
    fiber_yield();
}

static __attribute__((noinline)) void queue_for_bread(void) {
    err e = fiber_lock(&mutex, deadline_in(1000000));
    check(e.what == ERR_CLOSED);
}

static void buyer(void *arg) {
    (void)arg;
    queue_for_bread();
    fiber_yield();
}

static void start_waiting(void *arg) {
    check_ok(fiber_lock(&mutex, deadline_in(0)));
    check_ok(fiber_start("cook", cook, arg));
    check_ok(fiber_start("buyer", buyer, NULL));
    check_ok(fiber_start("buyer", buyer, NULL));
}

__attribute__((noinline)) void all_are_waiting(void) {
    char c;
    while (read(STDIN_FILENO, &c, 1) > 0)
        ;
}

int main(void) {
    int guests = 7;
    check_ok(loops_start(2));
    on_loop(1, start_waiting, &guests);
    all_are_waiting();
    loops_stop();
    return 0;
}
