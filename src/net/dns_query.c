/* The questions mail asks. */
#include <unbound.h>

#include "base/mem.h"
#include "net/dns_private.h"

static err take_result(struct ub_result *r, int type, arena *a, dns_answer *out) {
    out->secure = r->secure;
    out->ttl = r->ttl > 0 ? (uint32_t)r->ttl : 0;
    err e = dns_answer_add(r, type, a, out);
    out->status = out->n > 0 ? DNS_FOUND : r->nxdomain ? DNS_NO_DOMAIN : DNS_NO_DATA;
    ub_resolve_free(r);
    return e;
}

static err ask(str name, int type, arena *a, dns_answer *out, deadline until) {
    dns_lookup q;
    *out = (dns_answer){0};
    TRY(dns_lookup_begin(&q, name, type));
    TRY(dns_lookup_end(&q, until));
    return take_result(take(q.result), type, a, out);
}

err dns_mx(str domain, arena *a, dns_answer *out, deadline until) { return ask(domain, DNS_MX, a, out, until); }
err dns_txt(str name, arena *a, dns_answer *out, deadline until) { return ask(name, DNS_TXT, a, out, until); }
err dns_tlsa(str name, arena *a, dns_answer *out, deadline until) { return ask(name, DNS_TLSA, a, out, until); }

/* Both families at once; an answer is only as secure as its weaker half. */
err dns_addresses(str host, arena *a, dns_answer *out, deadline until) {
    dns_lookup v6, v4;
    *out = (dns_answer){0};
    if (dns_hosts_find(host, a, out))
        return OK;
    TRY(dns_lookup_begin(&v6, host, DNS_AAAA));
    err began = dns_lookup_begin(&v4, host, DNS_A);
    err e = dns_lookup_end(&v6, until);
    if (failed(began)) {
        if (!failed(e))
            ub_resolve_free(v6.result);
        return began;
    }
    err e4 = dns_lookup_end(&v4, until);
    if (failed(e) || failed(e4)) {
        ub_resolve_free(failed(e) ? NULL : v6.result);
        ub_resolve_free(failed(e4) ? NULL : v4.result);
        return failed(e) ? e : e4;
    }
    e = take_result(take(v6.result), DNS_AAAA, a, out);
    bool secure = out->secure, domain = out->status != DNS_NO_DOMAIN;
    uint32_t ttl = out->ttl;
    e4 = take_result(take(v4.result), DNS_A, a, out);
    out->secure = out->secure && secure;
    out->ttl = out->ttl < ttl ? out->ttl : ttl;
    if (out->n == 0 && domain)
        out->status = DNS_NO_DATA;
    return failed(e) ? e : e4;
}

static void reverse_name(const addr *of, buf *name) {
    char text[ADDR_TEXT];
    addr plain;
    addr_print(of, text);
    if (addr_parse(str_c(text), &plain) && plain.family == ADDR_V4) { /* mapped ones too */
        buf_addf(name, "%u.%u.%u.%u.in-addr.arpa", plain.ip[3], plain.ip[2], plain.ip[1], plain.ip[0]);
        return;
    }
    for (size_t i = 16; i-- > 0;)
        buf_addf(name, "%x.%x.", of->ip[i] & 15, of->ip[i] >> 4);
    buf_add(name, S("ip6.arpa"));
}

err dns_ptr(const addr *of, arena *a, dns_answer *out, deadline until) {
    *out = (dns_answer){0};
    if (of->family != ADDR_V4 && of->family != ADDR_V6) {
        out->status = DNS_NO_DOMAIN;
        return OK;
    }
    SCOPED_BUF name;
    buf_init(&name, DNS_NAME_MAX);
    reverse_name(of, &name);
    return ask(buf_str(&name), DNS_PTR, a, out, until);
}
