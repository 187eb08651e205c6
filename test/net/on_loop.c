#include "check.h"

#include "on_loop.h"

#include "net/fiber.h"
#include "net/loop.h"

typedef struct part {
    void (*fn)(void *arg);
    void *arg;
    completion done;
} part;

static void run(void *arg) {
    part *p = arg;
    p->fn(p->arg);
    completion_signal(&p->done);
}

static void run_in_fiber(void *arg) { check_ok(fiber_start("test", run, arg)); }

static void post(size_t at, void (*how)(void *arg), void (*fn)(void *arg), void *arg) {
    part p = {.fn = fn, .arg = arg};
    completion_init(&p.done);
    loop_post(loop_at(at), how, &p);
    completion_wait_done(&p.done);
}

void on_loop(size_t at, void (*fn)(void *arg), void *arg) { post(at, run, fn, arg); }
void in_fiber(size_t at, void (*fn)(void *arg), void *arg) { post(at, run_in_fiber, fn, arg); }

static void nothing(void *arg) { (void)arg; }
void nothing_more_on(size_t at) { on_loop(at, nothing, NULL); }
