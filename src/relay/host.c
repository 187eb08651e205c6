#include "base/rand.h"
#include "relay/inside.h"

static err open_once(delivery *d, const relay_host *host, const addr *to, bool plain, smtp_client **out,
                     smtp_reply *said) {
    smtp_client_config config = relay_client_config(d->relay, host, plain);
    const addr *from = d->relay->source.family == to->family ? &d->relay->source : NULL;
    return smtp_client_open(out, to, from, &config, d->attempt->arena, said);
}

static str host_and_address(const delivery *d, const relay_host *host, const addr *to) {
    char ip[ADDR_TEXT];
    addr_print(to, ip);
    str text = arena_strf(d->attempt->arena, "%.*s[%s]:%u", STR_ARG(host->name), ip, to->port);
    return text.p ? text : host->name;
}

/* NULL: noted why, or ourselves. */
static smtp_client *open_host(delivery *d, const relay_host *host, const addr *to) {
    relay *r = d->relay;
    smtp_client *c = NULL;
    smtp_reply said;
    err e = open_once(d, host, to, false, &c, &said);
    if (failed(e) && relay_may_go_plain(r, &e))
        e = open_once(d, host, to, true, &c, &said);
    if (failed(e)) {
        delivery_note(d, relay_failure(r, host->name, host_and_address(d, host, to), &e, &said, d->attempt->arena));
        return NULL;
    }
    d->ourselves = relay_is_ourselves(r, c);
    if (!d->ourselves)
        return c;
    relay_pool_drop(r, c);
    return NULL;
}

/* A few of its addresses, both families in turn, each shuffled. */
static size_t choose_addresses(const relay *r, const dns_answer *answer, uint16_t port, addr *out) {
    size_t n = 0, start = answer->n ? (size_t)rand_below(answer->n) : 0;
    addr found[2][RELAY_ADDRESSES];
    size_t found_n[2] = {0};
    for (size_t i = 0; i < answer->n; i++) {
        const addr *at = &answer->addresses[(start + i) % answer->n];
        size_t family = at->family == ADDR_V4;
        if (relay_may_connect(r, at) && found_n[family] < RELAY_ADDRESSES)
            found[family][found_n[family]++] = *at;
    }
    for (size_t i = 0; i < RELAY_ADDRESSES; i++)
        for (size_t family = 0; family < 2; family++)
            if (i < found_n[family] && n < RELAY_ADDRESSES) {
                out[n] = found[family][i];
                out[n++].port = port;
            }
    return n;
}

/* Looks the host up; 0: noted why. */
static size_t find_addresses(delivery *d, const relay_host *host, bool implicit, addr *out) {
    if (host->literal.family != ADDR_NONE) {
        *out = host->literal;
        if (relay_may_connect(d->relay, out))
            return 1;
        delivery_note(d, delivery_here(SAID_NEVER, "5.4.6", S("the address is this server's own, or no host's")));
        return 0;
    }
    dns_answer answer = {0};
    arena *a = d->attempt->arena;
    err e = dns_addresses(host->name, a, &answer, deadline_in(RELAY_DNS_MS));
    if (failed(e) && e.kind != ERR_PEER) { /* a name that can be none has no address either */
        delivery_note(d, delivery_here(SAID_LATER, "4.4.3",
                                       arena_strf(a, "%.*s: its address could not be looked up: %s",
                                                  STR_ARG(host->name), e.log[0] ? e.log : e.text)));
        return 0;
    }
    queue_fate fate = d->relay->smarthost.name.n ? SAID_LATER : SAID_NEVER;
    if (answer.status != DNS_FOUND || !answer.n) {
        const char *status = fate == SAID_LATER ? "4.4.4" : implicit ? "5.1.2" : "5.4.4";
        delivery_note(d, delivery_here(fate, status, arena_strf(a, "%.*s has no address", STR_ARG(host->name))));
        return 0;
    }
    size_t n = choose_addresses(d->relay, &answer, host->port, out);
    if (!n)
        delivery_note(
            d, delivery_here(SAID_NEVER, "5.4.6",
                             arena_strf(a, "%.*s has this server's own address, or no host's", STR_ARG(host->name))));
    return n;
}

delivery_step delivery_try_host(delivery *d, const relay_host *host, bool implicit) {
    str key = arena_strf(d->attempt->arena, "%.*s:%u", STR_ARG(host->name), host->port);
    for (smtp_client *c; (c = relay_pool_take(d->relay, key));) {
        delivery_step next = delivery_exchange(d, host, key, c, true);
        if (next != STEP_SAME_HOST)
            return next;
    }
    addr addresses[RELAY_ADDRESSES];
    size_t n = find_addresses(d, host, implicit, addresses);
    for (size_t i = 0; i < n && !d->ourselves;) {
        smtp_client *c = open_host(d, host, &addresses[i]);
        if (!c) {
            i++;
            continue;
        }
        delivery_step next = delivery_exchange(d, host, key, c, false);
        if (next != STEP_SAME_HOST)
            return next;
    }
    return STEP_NEXT_HOST;
}
