/* The parts of the resolver: lookups, what their bytes say, the hosts file. For dns*.c. */
#ifndef GODWIT_NET_DNS_PRIVATE_H
#define GODWIT_NET_DNS_PRIVATE_H

#include "net/dns.h"
#include "net/fiber.h"

enum { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_TLSA = 52, DNS_NAME_MAX = 253 };

struct ub_result;

/* One question under way. Lives on the asker's stack: dns_lookup_end must be called for each that began. */
typedef struct dns_lookup {
    completion done;
    struct ub_result *result;
    int failure; /* libunbound's */
    int id;
} dns_lookup;

err dns_lookup_begin(dns_lookup *q, str name, int type) MUST_USE;
/* Waits; on failure nobody will touch q any more. On success the result is the caller's, for ub_resolve_free. */
err dns_lookup_end(dns_lookup *q, deadline until) MUST_USE;

/* dns_answer.c: adds the records of a result to the answer, of the given type. */
err dns_answer_add(const struct ub_result *result, int type, arena *a, dns_answer *out) MUST_USE;
/* dns_hosts.c */
void dns_hosts_load(str path);
void dns_hosts_free(void);
bool dns_hosts_find(str host, arena *a, dns_answer *out); /* literals, localhost, and the file; false: ask the DNS */

#endif
