/* The inside of a fiber, for the files of net/ that make fibers wait. Included after <uv.h>. */
#ifndef GODWIT_NET_FIBER_PRIVATE_H
#define GODWIT_NET_FIBER_PRIVATE_H

#include "net/fiber.h"
#include "net/loop_private.h"

typedef enum fiber_wake { FIBER_WOKEN, FIBER_TIMED_OUT, FIBER_STOPPED } fiber_wake;

/* Lives at the top of its own stack. */
struct fiber {
    const char *name;
    void *context; /* where it left off; NULL while it runs (tools/gdb/fibers.py reads it) */
    void *back;    /* who resumed it */
    fiber *resumer; /* the fiber among them, if any */
    loop *home;
    void (*fn)(void *arg);
    void *arg;

    fiber *next, *prev;   /* in the queue it waits in, or the ready queue */
    fiber_queue *waits_in;
    fiber *live_next, *live_prev;
    timer timer;
    fiber_wake wake;
    bool parked;
    bool interruptible; /* loops_stop may wake it */
    bool signalled;     /* its completion has been signalled and nobody will touch the fiber again */
    bool ended;

    char *stack_low; /* the lowest usable byte */
    size_t stack_size;
    void *free_next; /* in the pool of stacks */
    const void *back_low; /* the resumer's stack, for AddressSanitizer */
    size_t back_size;
    void *fake_stack;
    void *tsan, *tsan_back;
};

/* Waits until fiber_ready, the deadline (NULL: none), or loops_stop when interruptible. */
fiber_wake fiber_park(const deadline *until, bool interruptible);
void fiber_ready(fiber *f, fiber_wake why); /* on its loop; nothing when it does not wait */

void fiber_queue_add(fiber_queue *q, fiber *f);
fiber *fiber_queue_take(fiber_queue *q); /* NULL when empty */
void fiber_queue_remove(fiber_queue *q, fiber *f);

/* fiber_stack.c: memory for a fiber, its stack below it. NULL when the kernel gives no more. */
fiber *fiber_stack_take(loop *l);
void fiber_stack_give(loop *l, fiber *f);

#endif
