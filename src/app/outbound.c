#include "app/outbound.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/mem.h"
#include "mail/bounce.h"

/* A relay of one configuration; older ones are kept until the end, as deliveries may still use them. */
typedef struct generation {
    struct generation *older;
    relay *relay;
    mail *mail;
} generation;

struct outbound {
    queue *queue;
    _Atomic(generation *) now;
    char node[320]; /* names this process's claims */
};

static void attempt(void *self, queue_attempt *a) {
    outbound *o = self;
    relay_attempt(atomic_load(&o->now)->relay, a);
}

static err notice(void *self, const queue_attempt *a, const bool *which, queue_notice kind, arena *memory,
                  store_accepted *out, bool *made) {
    outbound *o = self;
    return bounce_notice(atomic_load(&o->now)->mail, a, which, kind, memory, out, made);
}

static err generation_create(generation **out, mail *m, const config *c, str password) {
    const relay_config rc = {
        .helo = c->host,
        .smarthost = c->smarthost,
        .smarthost_user = c->smarthost_user,
        .smarthost_password = password,
        .tls = c->relay_tls,
        .verify = c->relay_verify && c->relay_tls >= CLIENT_TLS_MUST, /* who only tries TLS believes anybody */
        .ca_file = c->relay_ca_file,
        .lmtp = c->relay_lmtp,
        .port = (uint16_t)c->relay_port,
        .source_address = c->source_address,
        .max_mx = (size_t)c->max_mx,
        .pool_per_host = (size_t)c->pool_per_host,
        .pool_idle_ms = c->pool_idle_ms,
        .pool_messages = c->pool_messages,
        .allow_loopback = c->relay_loopback,
        .times = {.connect_ms = c->relay_connect_ms,
                  .banner_ms = c->relay_banner_ms,
                  .helo_ms = c->relay_helo_ms,
                  .command_ms = c->relay_command_ms,
                  .data_start_ms = c->relay_data_start_ms,
                  .data_block_ms = c->relay_data_block_ms,
                  .data_end_ms = c->relay_data_end_ms,
                  .quit_ms = 2000},
    };
    generation *g = mem_alloc(sizeof *g);
    g->mail = m;
    err e = relay_create(&g->relay, &rc);
    if (failed(e)) {
        free(g);
        return e;
    }
    *out = g;
    return OK;
}

err outbound_start(outbound **out, store *s, mail *m, const config *c, str smarthost_password) {
    outbound *o = mem_alloc(sizeof *o);
    *out = o;
    generation *first;
    TRY(generation_create(&first, m, c, smarthost_password));
    atomic_store(&o->now, first);
    snprintf(o->node, sizeof o->node, "%.*s", STR_ARG(c->host));
    const queue_config qc = {
        .node = str_c(o->node),
        .max_active = (size_t)c->max_active,
        .max_per_domain = (size_t)c->max_per_domain,
        .lease_s = c->lease_ms / 1000,
        .retry_first_s = c->retry_first_ms / 1000,
        .retry_most_s = c->retry_most_ms / 1000,
        .delay_notice_s = c->delay_notice_ms / 1000,
        .notice = notice,
        .notice_self = o,
    };
    const queue_target targets[] = {{.name = "relay", .attempt = attempt, .self = o, .any_domain = c->smarthost.n > 0}};
    return queue_start(&o->queue, s, &qc, targets, sizeof targets / sizeof *targets);
}

err outbound_reload(outbound *o, mail *m, const config *c, str smarthost_password) {
    generation *fresh;
    TRY(generation_create(&fresh, m, c, smarthost_password));
    fresh->older = atomic_load(&o->now);
    atomic_store(&o->now, fresh);
    queue_kick(o->queue);
    return OK;
}

void outbound_stop(outbound *o, deadline until) {
    if (o && o->queue)
        queue_stop(o->queue, until);
}

void outbound_free(outbound *o) {
    generation *g = o ? atomic_load(&o->now) : NULL;
    while (g) {
        generation *older = g->older;
        relay_free(g->relay);
        free(g);
        g = older;
    }
    free(o);
}
