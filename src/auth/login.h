/* One attempt to log in, whatever the mechanism: from a name to a credential, from a proof to a user.
 *
 * Called by auth/login.c and the SASL mechanisms, in fibers (it asks the store and delays failures). The verdict is
 * logged here, once. */
#ifndef GODWIT_AUTH_LOGIN_H
#define GODWIT_AUTH_LOGIN_H

#include "auth/auth.h"
#include "auth/password.h"

enum { LOGIN_CREDENTIAL_MOST = 384 }; /* bytes; crypt(3) strings have at most 383 */

typedef struct login {
    auth *auth;
    addr client;
    str mechanism; /* static; for the log */
    char name_room[LIMIT_ADDRESS + 1];
    str name;
    int64_t account; /* 0: nobody of that name */
    bool disabled;
    char credential_room[LOGIN_CREDENTIAL_MOST];
    str credential; /* of who has none: one that no password fits */
    bool has_credential;
} login;

/* Finds out about the name. A failure (throttled, store) is the end of the attempt, logged and delayed. */
err login_begin(login *l, auth *a, const addr *client, str mechanism, str name) MUST_USE;
/* The end: the client has proved to be that user, or not (`why` for the log). Counts, logs, delays, wipes. */
err login_end(login *l, bool proved, const char *why, auth_user *out) MUST_USE;

/* All of it, with a password in hand. */
err login_password(auth *a, const addr *client, str mechanism, str name, str password, auth_user *out) MUST_USE;
/* Two names of one account? An empty `authzid` is the same as any (RFC 4616 2). */
bool login_same_name(const auth *a, str authzid, str name);
bool auth_plaintext_always(const auth *a); /* even without TLS */
/* What SCRAM works with: the account's verifier, or one made up from its name that stays the same for ever. */
void login_verifier(const login *l, scram_verifier *out);

#endif
