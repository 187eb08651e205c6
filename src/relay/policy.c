#include "base/utf8.h"
#include "relay/inside.h"

smtp_client_config relay_client_config(const relay *r, const relay_host *host, bool plain) {
    smtp_client_config c = r->config.times;
    bool smart = r->smarthost.name.n;
    int tls = plain ? CLIENT_TLS_NONE : r->config.tls;
    /* No mail exchanger listens with implicit TLS, and a certificate that is asked for cannot be left out with the
     * rest. */
    if ((tls == CLIENT_TLS_IMPLICIT && !smart) || (tls == CLIENT_TLS_TRY && r->config.verify))
        tls = CLIENT_TLS_MUST;
    c.helo = r->config.helo;
    c.lmtp = smart && r->config.lmtp;
    c.tls_mode = tls;
    c.verify = r->config.verify ? TLS_VERIFY_NAME : TLS_VERIFY_NONE;
    c.tls = r->tls;
    c.name = host->name;
    c.user = smart ? r->config.smarthost_user : S("");
    c.password = smart ? r->config.smarthost_password : S("");
    return c;
}

/* Opportunistic TLS that fails is no worse than none (RFC 7435): the other side may offer what it cannot do. */
bool relay_may_go_plain(const relay *r, const err *why) {
    return r->config.tls == CLIENT_TLS_TRY && !r->config.verify && why->what == ERR_TLS;
}

static bool is_nowhere(const addr *to) {
    if (to->family == ADDR_V4)
        return to->ip[0] == 0 || to->ip[0] >= 224; /* this network, multicast, broadcast */
    if (to->family != ADDR_V6)
        return to->family == ADDR_NONE;
    static const uint8_t zero[16];
    return to->ip[0] == 0xff || memcmp(to->ip, zero, sizeof zero) == 0;
}

bool relay_may_connect(const relay *r, const addr *to) {
    if (r->smarthost.name.n || r->config.allow_loopback)
        return true;
    return !is_nowhere(to) && !addr_is_loopback(to);
}

bool relay_is_ourselves(const relay *r, const smtp_client *c) {
    if (r->smarthost.name.n || r->config.allow_loopback)
        return false;
    return smtp_client_is_local(c) || str_caseeq(smtp_client_server_name(c), r->config.helo);
}

/* "550 5.1.1 no such user", as the server said it. */
static str words_of(const smtp_reply *reply, arena *a) {
    str text =
        arena_strf(a, "%u %s%s%.*s", reply->code, reply->status, reply->status[0] ? " " : "", STR_ARG(reply->text));
    return text.p ? text : S("");
}

static str status_of(const smtp_reply *reply, const char *fallback, arena *a) {
    str status = reply->status[0] ? arena_str(a, str_c(reply->status)) : str_c(fallback);
    return status.p ? status : str_c(fallback);
}

static const char *status_of_failure(const err *why) {
    switch (why->what) {
    case ERR_TIMEOUT:
    case ERR_UNAVAILABLE:
        return "4.4.1";
    case ERR_CLOSED:
        return "4.4.2";
    case ERR_TLS:
        return "4.7.5";
    case ERR_DENIED:
        return "4.7.8";
    case ERR_SYNTAX:
    case ERR_LIMIT:
        return "4.5.0";
    default:
        return "4.3.0";
    }
}

queue_said relay_failure(const relay *r, str host, str where, const err *why, const smtp_reply *said, arena *a) {
    queue_said out = {.fate = SAID_LATER, .remote = S(""), .status = str_c(status_of_failure(why))};
    if (!said->code) {
        out.text = arena_strf(a, "%.*s: %s", STR_ARG(where), why->log[0] ? why->log : why->text);
        return out;
    }
    out.remote = host;
    out.text = words_of(said, a);
    /* RFC 5321 3.1, RFC 7504: a host that greets with 5yz takes no mail. A smarthost that does is our own trouble. */
    bool never = said->code / 100 == 5 && why->kind == ERR_PERM && !r->smarthost.name.n;
    if (never)
        out.fate = SAID_NEVER;
    if (never || said->status[0] == '4')
        out.status = status_of(said, "5.3.2", a);
    return out;
}

queue_said relay_verdict(const relay *r, str host, const smtp_reply *reply, bool dsn, arena *a) {
    queue_said out = {
        .fate = SAID_LATER, .remote = host, .text = words_of(reply, a), .status = status_of(reply, "4.0.0", a)};
    switch (reply->code / 100) {
    case 2:
        out.fate = dsn ? SAID_PASSED_ON : r->smarthost.name.n && r->config.lmtp ? SAID_DELIVERED : SAID_RELAYED;
        out.status = status_of(reply, "2.0.0", a);
        break;
    case 5:
        out.fate = SAID_NEVER;
        out.status = status_of(reply, "5.0.0", a);
        break;
    default:
        break;
    }
    return out;
}
