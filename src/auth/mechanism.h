/* Between sasl.c, which runs mechanisms, and the mechanisms themselves. Runs in fibers. */
#ifndef GODWIT_AUTH_MECHANISM_H
#define GODWIT_AUTH_MECHANISM_H

#include "auth/channel.h"
#include "auth/login.h"
#include "auth/scram.h"

typedef struct sasl_mechanism {
    str name;
    bool plaintext; /* shows the password to whoever listens */
    bool binds;     /* needs TLS, for its channel binding */
    /* The next message of the client, in answer to the last challenge. */
    sasl_state (*step)(sasl *s, str message, str *challenge);
} sasl_mechanism;

struct sasl {
    auth *auth;
    sasl_channel channel;
    const sasl_mechanism *mechanism;
    unsigned messages; /* of the client, before the present one */
    bool over;
    err why;
    auth_user user;
    login login; /* SCRAM: from the first message on */
    scram scram;
    char *name; /* LOGIN: kept for the second message */
    size_t name_n;
};

sasl_state sasl_fail(sasl *s, err why);
sasl_state scram_step(sasl *s, str message, str *challenge);

#endif
