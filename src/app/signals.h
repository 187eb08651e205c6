/* Signals as bytes in a pipe, so that a main thread can wait for them beside sockets. One per process; plain threads.
 */
#ifndef GODWIT_APP_SIGNALS_H
#define GODWIT_APP_SIGNALS_H

#include "base/err.h"

/* Catches SIGTERM, SIGINT, SIGHUP and SIGCHLD, ignores SIGPIPE. The descriptor becomes readable when one came. A forked
 * child calls it again. */
err signals_open(int *fd) MUST_USE;
int signals_next(int fd); /* the next caught signal's number, 0 when there is none */

#endif
