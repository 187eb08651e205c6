/* Who is at the other end: what we know of the client ourselves. */
#include "base/mem.h"
#include "net/dns.h"
#include "smtp/session.h"

enum { LOOKUP_MS = 5000, LOOKUP_NAMES = 4, LOOKUP_ARENA = 256 * 1024 };

bool smtp_peer_trusted(const smtp_service *service, const addr *peer) {
    for (size_t i = 0; i < service->config->trusted_n; i++)
        if (addr_in_net(peer, &service->config->trusted[i]))
            return true;
    return false;
}

/* Anybody may write any name into his own reverse zone: only one that leads back to the address counts. */
static bool leads_back(str name, const addr *peer, arena *a, deadline until) {
    dns_answer answer;
    if (failed(dns_addresses(name, a, &answer, until)))
        return false;
    for (size_t i = 0; i < answer.n; i++)
        if (addr_ip_equal(&answer.addresses[i], peer))
            return true;
    return false;
}

void smtp_peer_name(smtp_session *s) {
    const addr *peer = conn_peer(s->conn);
    if (s->name_asked || !s->service->config->reverse_lookup || (peer->family != ADDR_V4 && peer->family != ADDR_V6))
        return;
    SCOPED_ARENA a;
    dns_answer names;
    deadline until = deadline_in(LOOKUP_MS);
    s->name_asked = true;
    arena_init(&a, LOOKUP_ARENA);
    if (failed(dns_ptr(peer, &a, &names, until)))
        return;
    for (size_t i = 0; i < names.n && i < LOOKUP_NAMES; i++) {
        if (!leads_back(names.texts[i], peer, &a, until))
            continue;
        s->client_name = str_of(mem_strdup(names.texts[i]), names.texts[i].n);
        return;
    }
}

/* RFC 3848, RFC 6531 4.3: how the message came, in one word. */
static str protocol_name(const smtp_session *s, arena *a) {
    bool tls = conn_is_tls(s->conn), utf8 = s->tx && s->tx->envelope.smtputf8;
    if (s->hello == SMTP_HELLO_HELO && !tls && !s->user && !utf8)
        return S("SMTP");
    const char *base = s->hello == SMTP_HELLO_LHLO ? (utf8 ? "UTF8LMTP" : "LMTP") : utf8 ? "UTF8SMTP" : "ESMTP";
    str name = arena_strf(a, "%s%s%s", base, tls ? "S" : "", s->user ? "A" : "");
    return name.p ? name : S("ESMTP");
}

mail_trace smtp_trace(const smtp_session *s, arena *a) {
    const tls_info *tls = conn_tls_info(s->conn);
    str channel = tls ? arena_strf(a, "%s %s", tls->version, tls->cipher) : S("");
    return (mail_trace){
        .client = conn_peer(s->conn),
        .client_name = s->client_name,
        .helo = s->helo,
        .protocol = protocol_name(s, a),
        .tls = channel.p ? channel : S(""),
        .account = s->user ? str_c(s->user->name) : S(""),
        .listener = s->service->listener,
    };
}
