#include "relay/destination.h"

#include "base/rand.h"
#include "relay/inside.h"

static void refuse(relay_destination *out, queue_fate fate, const char *status, str text) {
    out->n = 0;
    out->why = (queue_said){.fate = fate, .status = str_c(status), .remote = S(""), .text = text};
}

static str no_final_dot(str name) { return str_ends(name, S(".")) ? str_sub(name, 0, name.n - 1) : name; }

/* ---- order ---- */

typedef struct choice {
    uint16_t preference;
    uint64_t luck; /* shuffles equals */
    str host;
} choice;

static int by_preference(const void *x, const void *y) {
    const choice *a = x, *b = y;
    if (a->preference != b->preference)
        return a->preference < b->preference ? -1 : 1;
    return a->luck < b->luck ? -1 : a->luck > b->luck;
}

/* The preference of our own host among the records: RFC 5321 5.1 forbids it and everything not better. */
static uint32_t own_preference(const dns_answer *answer, str own_name) {
    uint32_t own = UINT32_MAX;
    for (size_t i = 0; i < answer->n; i++)
        if (str_caseeq(no_final_dot(answer->mx[i].host), no_final_dot(own_name)) && answer->mx[i].preference < own)
            own = answer->mx[i].preference;
    return own;
}

void relay_destination_order(const dns_answer *answer, str own_name, uint16_t port, arena *a, relay_destination *out) {
    *out = (relay_destination){0};
    if (answer->n == 1 && !no_final_dot(answer->mx[0].host).n) { /* RFC 7505 */
        refuse(out, SAID_NEVER, "5.1.10", S("the domain accepts no mail (null MX)"));
        return;
    }
    uint32_t own = own_preference(answer, own_name);
    choice *choices = arena_array(a, answer->n + 1, sizeof *choices);
    out->hosts = arena_array(a, answer->n + 1, sizeof *out->hosts);
    if (!choices || !out->hosts) {
        refuse(out, SAID_LATER, "4.3.0", S("no memory for its mail exchangers"));
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < answer->n; i++)
        if (answer->mx[i].preference < own && no_final_dot(answer->mx[i].host).n)
            choices[n++] = (choice){answer->mx[i].preference, rand_u64(), answer->mx[i].host};
    qsort(choices, n, sizeof *choices, by_preference);
    for (size_t i = 0; i < n; i++)
        out->hosts[out->n++] = (relay_host){.name = choices[i].host, .port = port};
    if (n)
        return;
    if (own != UINT32_MAX)
        refuse(out, SAID_NEVER, "5.4.6", S("mail for the domain loops back to this server"));
    else
        refuse(out, SAID_NEVER, "5.4.4", S("the domain has no usable mail exchanger"));
}

/* ---- words ---- */

bool relay_literal(str domain, addr *out) {
    if (!str_starts(domain, S("[")) || !str_ends(domain, S("]")))
        return false;
    str inside = str_sub(domain, 1, domain.n - 2);
    bool v6 = str_casestarts(inside, S("IPv6:"));
    return addr_parse(v6 ? str_skip(inside, 5) : inside, out) && out->family == (v6 ? ADDR_V6 : ADDR_V4);
}

static err bad_host(str s) {
    return err_make(ERR_PERM, ERR_SYNTAX, "not a host", "smarthost \"%.*s\" is not host, host:port or [address]:port",
                    STR_ARG(s));
}

static bool read_port(str text, uint16_t *port) {
    uint32_t number;
    if (!str_to_u32(text, UINT16_MAX, &number) || !number)
        return false;
    *port = (uint16_t)number;
    return true;
}

static void set_name(relay_host *out, str name) {
    out->name = name;
    str plain = str_casestarts(name, S("IPv6:")) ? str_skip(name, 5) : name;
    if (addr_parse(plain, &out->literal))
        out->literal.port = out->port;
    else
        out->literal.family = ADDR_NONE;
}

err relay_host_parse(str s, uint16_t default_port, relay_host *out) {
    *out = (relay_host){.port = default_port};
    if (str_starts(s, S("unix:"))) {
        out->name = s;
        return addr_parse_port(s, 0, &out->literal) ? OK : bad_host(s);
    }
    str name = s, port = S("");
    bool bracketed = str_starts(s, S("["));
    addr whole;
    if (bracketed) {
        size_t close = str_find(s, ']');
        if (close == STR_NONE || (close + 1 < s.n && s.p[close + 1] != ':'))
            return bad_host(s);
        name = str_sub(s, 1, close - 1);
        port = str_skip(s, close + 2);
    } else if (!addr_parse(s, &whole) && str_find(s, ':') != STR_NONE) {
        size_t colon = str_rfind(s, ':');
        name = str_sub(s, 0, colon);
        port = str_skip(s, colon + 1);
        if (!port.n)
            return bad_host(s);
    }
    if (!name.n || (port.n && !read_port(port, &out->port)))
        return bad_host(s);
    set_name(out, name);
    if (out->literal.family == ADDR_NONE && str_has_byte(name, ':'))
        return bad_host(s);
    out->mx_first = !bracketed && out->literal.family == ADDR_NONE;
    return OK;
}

/* ---- lookup ---- */

static void one_host(relay_destination *out, relay_host host, arena *a) {
    out->hosts = arena_alloc(a, sizeof *out->hosts);
    if (!out->hosts) {
        refuse(out, SAID_LATER, "4.3.0", S("no memory for its mail exchangers"));
        return;
    }
    *out->hosts = host;
    out->n = 1;
}

static void find_mx(const struct relay *r, str domain, uint16_t port, arena *a, relay_destination *out,
                    deadline until) {
    dns_answer answer = {0};
    err e = dns_mx(domain, a, &answer, until);
    if (e.kind == ERR_PEER) {
        refuse(out, SAID_NEVER, "5.1.2", S("the domain is no domain name"));
        return;
    }
    if (failed(e)) {
        refuse(out, SAID_LATER, "4.4.3",
               arena_strf(a, "the domain's mail exchangers could not be looked up: %s", e.log[0] ? e.log : e.text));
        return;
    }
    if (answer.status == DNS_NO_DOMAIN) {
        refuse(out, SAID_NEVER, "5.1.2", S("the domain does not exist"));
        return;
    }
    if (answer.status == DNS_FOUND && answer.n) {
        relay_destination_order(&answer, r->config.helo, port, a, out);
        return;
    }
    if (str_caseeq(domain, r->config.helo) && !r->smarthost.name.n) {
        refuse(out, SAID_NEVER, "5.4.6", S("mail for the domain loops back to this server"));
        return;
    }
    one_host(out, (relay_host){.name = domain, .port = port}, a);
    out->implicit = true;
}

static void find_smarthost(const struct relay *r, arena *a, relay_destination *out, deadline until) {
    const relay_host *host = &r->smarthost;
    if (!host->mx_first || r->config.verify) { /* a certificate is for the name that was configured */
        one_host(out, *host, a);
        return;
    }
    find_mx(r, host->name, host->port, a, out, until);
    if (!out->n && out->why.fate == SAID_NEVER) /* a mistake in our configuration is no reason to return mail */
        one_host(out, *host, a);
}

void relay_destination_find(const struct relay *r, str domain, arena *a, relay_destination *out, deadline until) {
    *out = (relay_destination){0};
    addr literal;
    if (r->smarthost.name.n) {
        find_smarthost(r, a, out, until);
    } else if (relay_literal(domain, &literal)) {
        literal.port = r->config.port;
        one_host(out, (relay_host){.name = domain, .port = r->config.port, .literal = literal}, a);
    } else if (str_starts(domain, S("[")) || !domain.n) {
        refuse(out, SAID_NEVER, "5.1.3", S("the address has no domain that mail could go to"));
    } else {
        find_mx(r, domain, r->config.port, a, out, until);
    }
}
