#include "store/gate.h"

#define STORE_CALL_ROLES(name, roles) [CALL_##name] = (roles),
static const unsigned may[CALL_COUNT] = {STORE_CALLS(STORE_CALL_ROLES)};

bool store_may(const principal *who, store_call call) {
    if (!who || (unsigned)who->role > ROLE_ADMIN || (unsigned)call >= CALL_COUNT)
        return false;
    if (who->role == ROLE_ACCOUNT && who->account <= 0)
        return false;
    return who->role != ROLE_NOBODY && may[call] & 1U << who->role;
}

err store_gate(const principal *who, store_call call) {
    if (store_may(who, call))
        return OK;
    return err_make(ERR_PEER, ERR_DENIED, "not allowed", "role %d, call %d", who ? (int)who->role : -1, (int)call);
}
