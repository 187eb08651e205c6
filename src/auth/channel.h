/* What SASL needs to know of a connection; apart from net/conn.h so that a mechanism can be tried without a socket.
 *
 * Made by sasl_begin of a conn; by tests and the fuzz target of nothing. */
#ifndef GODWIT_AUTH_CHANNEL_H
#define GODWIT_AUTH_CHANNEL_H

#include "auth/auth.h"

enum { BINDING_MOST = 64 };

typedef struct sasl_channel {
    addr client;
    bool tls;
    /* Channel binding data of a type; false when the channel has none of it. */
    bool (*binding)(void *of, str type, uint8_t out[BINDING_MOST], size_t *n);
    void *of;
} sasl_channel;

err sasl_begin_on(sasl **out, auth *a, const sasl_channel *channel, str mechanism) MUST_USE;
str sasl_offer(const auth *a, bool tls, arena *out);

#endif
