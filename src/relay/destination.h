/* Where a domain's mail goes: the hosts in the order to try them, RFC 5321 5.1. Called by relay/attempt.c and tests.
 *
 * relay_destination_order is pure but for randomness; relay_destination waits for DNS, in a fiber. Results live in the
 * arena. */
#ifndef GODWIT_RELAY_DESTINATION_H
#define GODWIT_RELAY_DESTINATION_H

#include "net/addr.h"
#include "net/dns.h"
#include "queue/queue.h"

typedef struct relay_host {
    str name; /* what its addresses are looked up by; for logs with a literal */
    uint16_t port;
    addr literal;  /* ADDR_NONE: look up the name */
    bool mx_first; /* a smarthost's name whose MX records come first */
} relay_host;

typedef struct relay_destination {
    relay_host *hosts;
    size_t n;
    bool implicit;  /* no MX records: the domain itself is the host */
    queue_said why; /* n == 0: what that means for every recipient */
} relay_destination;

struct relay;
/* domain: as queue_entry.domain, or an address literal with its brackets. */
void relay_destination_find(const struct relay *r, str domain, arena *a, relay_destination *out, deadline until);

/* The answer to an MX lookup in order: by preference, those of equal preference shuffled; from our own host on (by
 * name, in any case, with or without final dot) all of equal or worse preference left out. */
void relay_destination_order(const dns_answer *answer, str own_name, uint16_t port, arena *a, relay_destination *out);

/* "[192.0.2.1]", "[IPv6:2001:db8::1]". False when it is no address literal (RFC 5321 4.1.3). */
bool relay_literal(str domain, addr *out);

/* A smarthost as configured: "host", "host:587", "[host]:587", "192.0.2.1:25", "[2001:db8::1]:25", "unix:/path".
 * ERR_PERM/ERR_SYNTAX. */
err relay_host_parse(str s, uint16_t default_port, relay_host *out) MUST_USE;

#endif
