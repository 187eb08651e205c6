/* DNS by libunbound: cached and validating. Answers live in the caller's arena.
 *
 * Called in a fiber (waits) or another thread (blocks). SERVFAIL, time-outs and bogus answers (ERR_CORRUPT) are
 * ERR_TEMP, never "no record"; a name that can be no domain is ERR_PEER/ERR_SYNTAX. Names are A-labels. Names in
 * answers have bytes that are not plain escaped (\\.  \\032), so they never carry a blank or a line end. */
#ifndef GODWIT_NET_DNS_H
#define GODWIT_NET_DNS_H

#include "base/arena.h"
#include "net/addr.h"
#include "base/time.h"

typedef struct dns_config {
    const str *forward;   /* resolvers to ask, "192.0.2.1" or "127.0.0.1@5353"; none: /etc/resolv.conf */
    size_t forward_n;
    str trust_anchor_file; /* "" for Debian's root key; "none" switches validation off */
    const str *trust_anchors; /* DS or DNSKEY lines, for private zones */
    size_t trust_anchors_n;
    str hosts_file;       /* read once at the start, for dns_addresses; "" for /etc/hosts */
    int64_t timeout_ms;   /* of one lookup; > 0 */
} dns_config;

err dns_start(const dns_config *c) MUST_USE; /* once, before the first lookup; main thread */
void dns_stop(void);

typedef enum dns_status { DNS_FOUND, DNS_NO_DATA, DNS_NO_DOMAIN } dns_status;

typedef struct dns_answer {
    dns_status status;
    bool secure;     /* validated by DNSSEC */
    uint32_t ttl;    /* seconds */
    size_t n;        /* records below; at most LIMIT_DNS_RECORDS */
    struct { uint16_t preference; str host; } *mx; /* as received order; host "" is the root: null MX (RFC 7505) */
    addr *addresses; /* of dns_addresses: v6 and v4, port 0 */
    str *texts;      /* of dns_txt: strings of a record joined; of dns_ptr: names */
    struct { uint8_t usage, selector, matching; str data; } *tlsa;
} dns_answer;

err dns_mx(str domain, arena *a, dns_answer *out, deadline until) MUST_USE;
/* Follows CNAME; secure only when both are. Literals ("192.0.2.1", "[2001:db8::1]"), localhost and the hosts file are
 * answered without the DNS. */
err dns_addresses(str host, arena *a, dns_answer *out, deadline until) MUST_USE;
err dns_txt(str name, arena *a, dns_answer *out, deadline until) MUST_USE;
err dns_ptr(const addr *of, arena *a, dns_answer *out, deadline until) MUST_USE;
err dns_tlsa(str name, arena *a, dns_answer *out, deadline until) MUST_USE;

#endif
