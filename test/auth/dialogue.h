/* One SASL dialogue without a connection. Tests only. */
#ifndef GODWIT_TEST_AUTH_DIALOGUE_H
#define GODWIT_TEST_AUTH_DIALOGUE_H

#include "auth/channel.h"

typedef struct dialogue {
    sasl *sasl;
    sasl_state state;
    str challenge;
    auth_user user;
    err why;
} dialogue;

static inline bool dialogue_binding(void *of, str type, uint8_t out[BINDING_MOST], size_t *n) {
    str data = *(str *)of;
    if (!str_eq(type, S("tls-exporter")) || data.n == 0)
        return false;
    memcpy(out, data.p, data.n);
    *n = data.n;
    return true;
}

/* binding: the data of tls-exporter, NULL for no TLS. */
static inline err dialogue_begin(dialogue *d, auth *a, str mechanism, str *binding) {
    *d = (dialogue){.state = SASL_CONTINUE};
    sasl_channel channel = {.tls = binding != NULL, .binding = dialogue_binding, .of = binding};
    if (!addr_parse(S("192.0.2.1"), &channel.client))
        abort();
    return sasl_begin_on(&d->sasl, a, &channel, mechanism);
}

static inline void dialogue_say(dialogue *d, str message) {
    d->state = sasl_step(d->sasl, true, message, &d->challenge, &d->user, &d->why);
}

static inline void dialogue_listen(dialogue *d) { /* no initial response */
    d->state = sasl_step(d->sasl, false, S(""), &d->challenge, &d->user, &d->why);
}

static inline void dialogue_end(dialogue *d) {
    sasl_free(d->sasl);
    *d = (dialogue){0};
}

#endif
