/* Where does one recipient go? The only place that decides about relaying. */
#include "base/limits.h"
#include "mail/mail.h"

enum { ADDRESSES_LOOKED_AT = 100 };

static const principal rules = {.role = ROLE_DELIVER};

static bool is_postmaster(const addr_spec *spec) { return str_caseeq(spec->local, S("postmaster")); }

static err no_such_user(void) { return err_make(ERR_PEER, ERR_NOT_FOUND, "No such user here", ""); }
static err no_memory(void) {
    return err_make(ERR_TEMP, ERR_LIMIT, "Too much at once", "recipient over the budget of its command");
}

static err find(mail *m, str key, arena *a, store_route *out) {
    return store_route_find(m->store, &rules, key, m->config.detail_separators, a, out);
}

/* The account that was made first, of the first addresses: where nobody is named postmaster, that is the operator's. */
static err find_first_account(mail *m, arena *a, store_route *out) {
    store_address *addresses;
    size_t n;
    int64_t first = 0;
    TRY(store_address_list(m->store, &rules, S(""), S(""), ADDRESSES_LOOKED_AT, a, &addresses, &n));
    for (size_t i = 0; i < n; i++) {
        store_route route;
        if (addresses[i].account == 0 || (first && addresses[i].account >= first) || addresses[i].key.p[0] == '@')
            continue;
        TRY(find(m, addresses[i].key, a, &route));
        if (!route.found || route.disabled)
            continue;
        first = addresses[i].account;
        *out = route;
    }
    return first ? OK : no_such_user();
}

/* Mail for a postmaster must reach somebody (RFC 5321 4.5.1). Who has no address of that name is served by the
 * postmaster of the first domain, and where there is none either by the first account. */
static err find_postmaster(mail *m, arena *a, store_route *out) {
    store_domain *domains;
    size_t n;
    TRY(store_domain_list(m->store, &rules, S(""), 1, a, &domains, &n));
    if (n == 0)
        return no_such_user();
    str key = arena_strf(a, "postmaster@%.*s", STR_ARG(domains[0].name));
    if (!key.p)
        return no_memory();
    TRY(find(m, key, a, out));
    return out->found && !out->disabled ? OK : find_first_account(m, a, out);
}

static err relay(const mail_sender_rights *rights, mail_recipient *out) {
    if (!rights->may_relay)
        return err_make(ERR_PEER, ERR_DENIED, "Relaying denied", "");
    out->way = MAIL_RELAY;
    return OK;
}

static err local(mail *m, const addr_spec *spec, arena *a, store_route *route, mail_recipient *out) {
    bool postmaster = is_postmaster(spec);
    if (postmaster && (!route->found || route->disabled))
        TRY(find_postmaster(m, a, route));
    if (!route->found || (route->address.account == 0 && route->address.forwards_n == 0))
        return no_such_user();
    if (route->disabled)
        return err_make(ERR_PEER, ERR_CLOSED, "Mailbox disabled", "");
    if (route->over_quota && !postmaster)
        return err_make(ERR_PEER, ERR_OVER_QUOTA, "Mailbox full", "");
    out->way = MAIL_LOCAL;
    out->target = route->address;
    out->detail = route->detail;
    return OK;
}

static err print_address(const addr_spec *spec, arena *a, str *out) {
    SCOPED_BUF text;
    buf_init(&text, 4 * LIMIT_ADDRESS);
    if (spec->domain.n == 0)
        buf_add(&text, spec->local);
    else if (!address_print(&text, spec))
        return err_make(ERR_PEER, ERR_SYNTAX, "Bad address", "");
    *out = arena_str(a, buf_str(&text));
    return out->p ? OK : no_memory();
}

err mail_route(mail *m, const mail_sender_rights *rights, const addr_spec *spec, arena *a, mail_recipient *out) {
    store_route route = {0};
    *out = (mail_recipient){.spec = *spec, .original = S(""), .detail = S("")};
    TRY(print_address(spec, a, &out->address));
    if (spec->domain.n == 0) {
        if (!is_postmaster(spec))
            return err_make(ERR_PEER, ERR_SYNTAX, "Address without a domain", "");
        TRY(local(m, spec, a, &route, out));
        out->key = out->target.key;
        return OK;
    }
    if (spec->literal) { /* [192.0.2.1] is a host, never a domain of ours */
        out->key = arena_lower(a, out->address);
        return out->key.p ? relay(rights, out) : no_memory();
    }
    out->key = address_key(spec, a);
    if (!out->key.p)
        return err_make(ERR_PEER, ERR_SYNTAX, "Bad domain", "");
    TRY(find(m, out->key, a, &route));
    return route.domain_is_ours ? local(m, spec, a, &route, out) : relay(rights, out);
}

err mail_may_send_as(mail *m, int64_t account, const addr_spec *sender, arena *a) {
    store_route route;
    if (sender->local.n == 0 && sender->domain.n == 0)
        return OK;
    str key = sender->literal ? (str){NULL, 0} : address_key(sender, a);
    if (key.p) {
        TRY(find(m, key, a, &route));
        if (route.found && route.address.account == account)
            return OK;
    }
    return err_make(ERR_PEER, ERR_DENIED, "Sender address is not yours", "");
}
