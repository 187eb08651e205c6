/* The operator's side of processes: a piece of work in a child of its own, the name of who calls. Plain threads, before
 * any other thread. */
#ifndef GODWIT_APP_CHILD_H
#define GODWIT_APP_CHILD_H

#include "base/arena.h"
#include "base/err.h"

/* Runs fn(arg) in a child process and answers its exit code (what fn answers); so a process can become another user for
 * a while. */
err child_run(int (*fn)(void *arg), void *arg, int *code) MUST_USE;

/* The login name of the real user; "nobody" when it has none. */
str child_user_name(arena *a);

#endif
