/* Outbound delivery: where a domain's mail goes, with which security, over reused connections.
 *
 * A queue target ("relay"): app/serve registers relay_attempt. Fibers on any loop; pools are per loop. */
#ifndef GODWIT_RELAY_RELAY_H
#define GODWIT_RELAY_RELAY_H

#include "mail/mail.h"
#include "queue/queue.h"
#include "smtp/client.h"

typedef struct relay_config {
    str helo;
    str smarthost; /* "host", "host:587", "[192.0.2.1]:25"; "" for MX lookup. With brackets, or an IP: no MX lookup of
                      it ever */
    str smarthost_user, smarthost_password;
    int tls;     /* 0 none, 1 try (MX default), 2 must, 3 implicit; for the smarthost */
    bool verify; /* smarthost certificate must carry its name */
    str ca_file;
    bool lmtp;            /* the smarthost speaks LMTP */
    uint16_t port;        /* of MX hosts: 25 (tests change it) */
    str source_address;   /* "" any */
    size_t max_mx;        /* hosts tried of one domain in an attempt */
    size_t pool_per_host; /* resting connections kept */
    int64_t pool_idle_ms;
    uint64_t pool_messages;   /* transactions over one connection */
    bool allow_loopback;      /* a destination that is ourselves or loopback is a loop, unless the smarthost (tests) */
    smtp_client_config times; /* only its timeouts are read */
} relay_config;

typedef struct relay relay;
/* After loops_start. Copies c. ERR_PERM/ERR_SYNTAX: a smarthost or source address that is none; errors of
 * tls_client_create. */
err relay_create(relay **out, const relay_config *c) MUST_USE;
void relay_free(relay *r); /* main thread, when no attempt runs any more; before or after loops_stop; NULL-safe */
/* queue_target.attempt. Takes recipients of several domains too (queue_target.any_domain), which saves transactions
 * with a smarthost. */
void relay_attempt(void *relay, queue_attempt *a);

#endif
