/* The one authorisation gate: which role may make which call. Every function of store.h asks it first; whose rows a
 * call may touch is then checked once more in the WHERE of every statement. Pure. */
#ifndef GODWIT_STORE_GATE_H
#define GODWIT_STORE_GATE_H

#include "store/store.h"

/* Call, and the roles that may make it. */
#define STORE_CALLS(X) \
    X(CHECK, MAY_ADMIN) \
    X(DOMAIN_READ, MAY_ADMIN | MAY_DELIVER | MAY_LOGIN) \
    X(DOMAIN_WRITE, MAY_ADMIN) \
    X(ACCOUNT_GET, MAY_ADMIN | MAY_DELIVER | MAY_LOGIN | MAY_ACCOUNT) \
    X(ACCOUNT_LIST, MAY_ADMIN) \
    X(ACCOUNT_WRITE, MAY_ADMIN) \
    X(CREDENTIAL_READ, MAY_LOGIN) \
    X(ADDRESS_READ, MAY_ADMIN | MAY_DELIVER) \
    X(ADDRESS_WRITE, MAY_ADMIN) \
    X(ROUTE_FIND, MAY_ADMIN | MAY_DELIVER) \
    X(MAILBOX_READ, MAY_ACCOUNT) \
    X(MAILBOX_WRITE, MAY_ACCOUNT) \
    X(MESSAGE_READ, MAY_ACCOUNT) \
    X(MESSAGE_WRITE, MAY_ACCOUNT) \
    X(WATCH, MAY_ACCOUNT) \
    X(ACCEPT, MAY_DELIVER | MAY_ACCOUNT) \
    X(QUEUE_WORK, MAY_DELIVER) \
    X(QUEUE_BYTES, MAY_DELIVER) \
    X(QUEUE_LOOK, MAY_ADMIN | MAY_DELIVER) \
    X(QUEUE_CHANGE, MAY_ADMIN)

enum {
    MAY_ACCOUNT = 1 << ROLE_ACCOUNT,
    MAY_DELIVER = 1 << ROLE_DELIVER,
    MAY_LOGIN = 1 << ROLE_LOGIN,
    MAY_ADMIN = 1 << ROLE_ADMIN,
};

#define STORE_CALL_NAME(name, roles) CALL_##name,
typedef enum store_call { STORE_CALLS(STORE_CALL_NAME) CALL_COUNT } store_call;

bool store_may(const principal *who, store_call call);
err store_gate(const principal *who, store_call call) MUST_USE; /* ERR_PEER/ERR_DENIED */

#endif
