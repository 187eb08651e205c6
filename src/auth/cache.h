/* Verified passwords, remembered for a while so that a client that logs in every minute is not hashed every minute.
 *
 * Called by auth/login.c from any thread; never waits. Holds keyed hashes over name, credential and password: a changed
 * credential no longer matches, and nothing here can be tried against other passwords without the key of the process.
 * Fixed memory: a newer login may take an older one's place. */
#ifndef GODWIT_AUTH_CACHE_H
#define GODWIT_AUTH_CACHE_H

#include "base/str.h"

typedef struct login_cache login_cache;

login_cache *login_cache_create(int64_t keep_ms); /* 0: remembers nothing */
void login_cache_free(login_cache *c);

bool login_cache_has(login_cache *c, str name, str credential, str password);
void login_cache_add(login_cache *c, str name, str credential, str password);

#endif
