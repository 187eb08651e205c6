/* Runs a part of a test on a loop, and waits for it. */
#ifndef GODWIT_TEST_NET_ON_LOOP_H
#define GODWIT_TEST_NET_ON_LOOP_H

#include <stddef.h>

void on_loop(size_t at, void (*fn)(void *arg), void *arg);  /* as a callback of the loop: may not wait */
void in_fiber(size_t at, void (*fn)(void *arg), void *arg); /* in a fiber */
void nothing_more_on(size_t at);                            /* until what was posted so far has run */

#endif
