/* Counting wrong logins, per client and per account, so that guessing is slow.
 *
 * Called by auth/login.c from any thread; never waits. Memory is fixed: when a table is full the entries that matter
 * least are forgotten, and a secret hash keeps a peer from choosing whose they are. Follows base/time.h. */
#ifndef GODWIT_AUTH_THROTTLE_H
#define GODWIT_AUTH_THROTTLE_H

#include "net/addr.h"

typedef struct throttle throttle;

/* Failures in a window before refusing, 0 for no limit; the window begins with the first failure. */
throttle *throttle_create(uint64_t per_client, uint64_t per_account, int64_t window_ms);
void throttle_free(throttle *t);

/* Whether this client (an IP; of v6 the /64) may not try this account now. `name` need not exist. */
bool throttle_refuses(throttle *t, const addr *client, str name);
void throttle_failed(throttle *t, const addr *client, str name);
/* Remembers that this client belongs to the account: from there, the guessing of others does not lock the owner out. */
void throttle_succeeded(throttle *t, const addr *client, str name);

#endif
