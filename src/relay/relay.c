#include "relay/relay.h"

#include "base/mem.h"
#include "relay/inside.h"

enum { MEMORY = 64 * 1024, SMTP_PORT = 25, SUBMISSIONS_PORT = 465 };

static err copy_texts(relay *r) {
    relay_config *c = &r->config;
    str *const texts[] = {&c->helo,    &c->smarthost,     &c->smarthost_user, &c->smarthost_password,
                          &c->ca_file, &c->source_address};
    bool fits = true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = arena_str(&r->memory, *texts[i]);
        fits = fits && texts[i]->p;
    }
    return fits ? OK : err_make(ERR_PERM, ERR_LIMIT, "local error", "relay configuration too long");
}

static err read_config(relay *r) {
    relay_config *c = &r->config;
    TRY(copy_texts(r));
    c->port = c->port ? c->port : SMTP_PORT;
    c->max_mx = c->max_mx ? c->max_mx : RELAY_HOSTS;
    uint16_t port = c->tls == CLIENT_TLS_IMPLICIT ? SUBMISSIONS_PORT : SMTP_PORT;
    if (c->smarthost.n)
        TRY(relay_host_parse(c->smarthost, port, &r->smarthost));
    if (c->source_address.n && !addr_parse(c->source_address, &r->source))
        return err_make(ERR_PERM, ERR_SYNTAX, "not an address", "source address \"%.*s\"", STR_ARG(c->source_address));
    return tls_client_create(&r->tls, c->ca_file);
}

err relay_create(relay **out, const relay_config *c) {
    relay *r = mem_alloc(sizeof *r);
    arena_init(&r->memory, MEMORY);
    r->config = *c;
    err e = read_config(r);
    if (failed(e)) {
        relay_free(r);
        return e;
    }
    relay_pools_init(r);
    *out = r;
    return OK;
}

void relay_free(relay *r) {
    if (!r)
        return;
    relay_pools_free(r);
    tls_client_free(r->tls);
    if (r->config.smarthost_password.n)
        mem_wipe((void *)(uintptr_t)r->config.smarthost_password.p, r->config.smarthost_password.n);
    arena_free(&r->memory);
    free(r);
}
