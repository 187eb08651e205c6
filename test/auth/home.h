/* A store in a temporary folder with accounts in it, and the auth that looks there. For tests of whatever logs in. */
#ifndef GODWIT_TEST_AUTH_HOME_H
#define GODWIT_TEST_AUTH_HOME_H

#include "auth/auth.h"

enum { HOME_ITERATIONS = 4096 };

typedef struct home {
    char folder[32];
    store *store;
    auth *auth;
    arena memory;
} home;

extern const principal home_admin;

auth_config home_auth_config(void); /* no limits, no delay, no cache */
void home_open(home *h, const auth_config *c);
void home_close(home *h); /* removes the folder */

/* In the domain demo.test, which is there. An empty credential is none. */
int64_t home_add(home *h, str name, str credential);
int64_t home_add_password(home *h, str name, str password);
void home_set_credential(home *h, int64_t account, str credential);
void home_disable(home *h, int64_t account);
str home_credential(home *h, str password);
/* Into INBOX; the UID. */
uint32_t home_append(home *h, int64_t account, str message);
int64_t home_inbox(home *h, int64_t account);

/* Outside cmocka's thread too: says what failed and ends the program. */
#define must(call) home_must((call), #call, __FILE__, __LINE__)
void home_must(err e, const char *what, const char *file, int line);

#endif
