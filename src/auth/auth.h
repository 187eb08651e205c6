/* Who is this user? Login by name and password, SASL mechanisms, throttling of guessers.
 *
 * Called by smtp, imap, pop3 sessions in fibers; hashing is offloaded inside. One struct auth for the process,
 * thread-safe. */
#ifndef GODWIT_AUTH_AUTH_H
#define GODWIT_AUTH_AUTH_H

#include "base/limits.h"
#include "net/addr.h"
#include "net/conn.h"
#include "store/store.h"

typedef struct auth auth;

typedef struct auth_config {
    uint32_t scram_iterations;    /* of new credentials, and shown for unknown users */
    uint64_t failures_per_client; /* per window and IP (v6 /64) before logins are refused for the rest of it */
    uint64_t failures_per_account;
    int64_t failure_window_ms;
    int64_t failure_delay_ms; /* the answer to a wrong password waits this long */
    int64_t cache_ms; /* how long a verified PLAIN password need not be hashed again; 0: off. The cache holds keyed
                         hashes */
    bool plaintext_allowed; /* PLAIN and LOGIN without TLS (never by default) */
    str default_domain;     /* appended to a login name without "@"; "" for none */
    str secret; /* of this installation, the same after a restart and on every node: what unknown users' salts are made
                   of. "" for a fresh one: then a restart tells who is unknown */
} auth_config;

auth *auth_create(store *s, const auth_config *c);
void auth_free(auth *a);

/* A user who has proved who he is. */
typedef struct auth_user {
    principal who;
    char name[LIMIT_ADDRESS + 1]; /* the account's name, address_key form */
} auth_user;

/* ERR_PEER/ERR_DENIED for wrong name or password or a disabled account (one text for all), ERR_PEER/ERR_LIMIT when
 * throttled, ERR_TEMP when the store does not answer. Takes the same time for known and unknown names. */
err auth_login(auth *a, const addr *client, str name, str password, auth_user *out) MUST_USE;
/* Whether passwords may be sent over this connection as they are: it has TLS, or plaintext_allowed. */
bool auth_plaintext_allowed(const auth *a, const conn *c);

/* ---- SASL (RFC 4422), server side ---- */

typedef struct sasl sasl;
/* The mechanisms to offer on this connection, in order of preference, e.g. "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN
 * LOGIN"; without TLS and plaintext_allowed only the SCRAM ones (without -PLUS). */
str auth_mechanisms(auth *a, const conn *c, arena *out);
/* ERR_PEER/ERR_UNSUPPORTED for a mechanism not offered. */
err sasl_begin(sasl **out, auth *a, conn *c, str mechanism) MUST_USE;
typedef enum sasl_state { SASL_CONTINUE, SASL_DONE, SASL_FAILED } sasl_state;
/* One message of the client, decoded from base64; have_message false on the first call without initial response.
 * `challenge` (decoded) lives until the next call. SASL_DONE fills user and comes without a challenge: SCRAM's
 * server-final message goes out as a last challenge, which the client answers with an empty message (RFC 4954 4, RFC
 * 5034 4, RFC 9051 6.2.2). The first message may bring DONE. SASL_FAILED: `why` says as auth_login, or
 * ERR_PEER/ERR_SYNTAX for a malformed message. After DONE and FAILED only sasl_free may follow; a client that cancels
 * gets that too. */
sasl_state sasl_step(sasl *s, bool have_message, str message, str *challenge, auth_user *user, err *why);
void sasl_free(sasl *s); /* wipes; NULL-safe */

#endif
