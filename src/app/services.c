#include "app/services.h"

#include "base/mem.h"

enum { SERVICES_MEMORY = 8 << 20 };

static addr_net *networks(arena *a, const option_list *list) {
    addr_net *nets = arena_array(a, list->n ? list->n : 1, sizeof *nets);
    for (size_t i = 0; nets && i < list->n; i++)
        ASSERT(addr_net_parse(list->items[i], &nets[i])); /* checked when the file was read */
    return nets;
}

static void make_shared(services *s, const services_parts *parts) {
    const config *c = s->config;
    str spool = arena_strf(&s->memory, "%.*s/spool", STR_ARG(c->data));
    s->trusted = networks(&s->memory, &c->trusted);
    s->mail = (mail){
        .store = parts->store,
        .config = {.host = c->host,
                   .detail_separators = c->detail_separators,
                   .queue_lifetime_s = c->lifetime_ms / 1000,
                   .max_hops = c->max_hops,
                   .hold = c->hold},
    };
    s->smtp = (smtp_config){
        .host = c->host,
        .max_size = c->smtp_max_size,
        .max_recipients = c->smtp_max_recipients,
        .max_transactions = c->smtp_max_transactions,
        .max_line = c->smtp_max_line,
        .max_errors = c->smtp_max_errors,
        .max_junk = c->smtp_max_junk,
        .command_ms = c->smtp_command_ms,
        .data_ms = c->smtp_data_ms,
        .data_total_ms = c->smtp_data_total_ms,
        .greeting_ms = c->smtp_greeting_ms,
        .spool = spool,
        .spool_least = c->spool_least,
        .trusted = s->trusted,
        .trusted_n = c->trusted.n,
        .check_sender = c->check_sender,
        .vrfy = c->vrfy,
        .reverse_lookup = c->reverse_lookup,
    };
    const auth_config login = {
        .scram_iterations = (uint32_t)c->scram_iterations,
        .failures_per_client = c->failures_per_client,
        .failures_per_account = c->failures_per_account,
        .failure_window_ms = c->failure_window_ms,
        .failure_delay_ms = c->failure_delay_ms,
        .cache_ms = c->cache_ms,
        .plaintext_allowed = c->plaintext_allowed,
        .default_domain = c->default_domain,
        .secret = parts->secret,
    };
    s->auth = auth_create(parts->store, &login);
}

static void make_smtp(services *s, struct service *v, const config_listener *l, const services_parts *parts) {
    static const smtp_role roles[] = {
        [PROTOCOL_MX] = SMTP_MX, [PROTOCOL_SUBMISSION] = SMTP_SUBMIT, [PROTOCOL_LMTP] = SMTP_LMTP};
    v->smtp = (smtp_service){
        .config = &s->smtp,
        .role = roles[l->protocol],
        .listener = l->name,
        .store = parts->store,
        .mail = &s->mail,
        .auth = s->auth,
        .tls = l->tls == LISTEN_STARTTLS ? parts->tls : NULL,
        .require_tls = l->require_tls,
        .require_auth = l->require_auth,
    };
    v->listener.open = smtp_open;
    v->listener.ops = &smtp_ops;
    v->goodbye = smtp_goodbye;
    v->listener.service = &v->smtp;
    v->listener.busy_text = smtp_busy;
    v->listener.first_deadline_ms = s->config->smtp_greeting_ms;
}

static void make_imap(services *s, struct service *v, const config_listener *l, const services_parts *parts) {
    const config *c = s->config;
    v->imap = (imap_service){
        .store = parts->store,
        .auth = s->auth,
        .tls = l->tls == LISTEN_STARTTLS ? parts->tls : NULL,
        .host = c->host,
        .version = S(GODWIT_VERSION),
        .login_ms = c->imap_login_ms,
        .idle_ms = c->imap_idle_ms,
        .idle_keepalive_ms = c->imap_keepalive_ms,
        .max_append = c->smtp_max_size,
        .max_line = c->imap_max_line,
        .max_command = c->imap_max_command,
        .max_errors = c->imap_max_errors,
        .spool = s->smtp.spool,
        .spool_least = c->spool_least,
    };
    v->listener.open = imap_open;
    v->listener.ops = &imap_ops;
    v->goodbye = imap_goodbye;
    v->listener.service = &v->imap;
    v->listener.busy_text = imap_busy;
    v->listener.first_deadline_ms = c->imap_login_ms;
}

static void make_pop3(services *s, struct service *v, const config_listener *l, const services_parts *parts) {
    const config *c = s->config;
    v->pop3 = (pop3_service){
        .store = parts->store,
        .auth = s->auth,
        .tls = l->tls == LISTEN_STARTTLS ? parts->tls : NULL,
        .host = c->host,
        .idle_ms = c->pop3_idle_ms,
        .login_ms = c->pop3_login_ms,
        .max_errors = c->pop3_max_errors,
    };
    v->listener.open = pop3_open;
    v->listener.ops = &pop3_ops;
    v->listener.service = &v->pop3;
    v->listener.busy_text = pop3_busy;
    v->listener.first_deadline_ms = c->pop3_login_ms;
}

static void make_service(services *s, struct service *v, const config_listener *l, const services_parts *parts) {
    v->proxies = networks(&s->memory, &l->proxies);
    v->listener = (listener_config){
        .tls = l->tls == LISTEN_PLAIN ? NULL : parts->tls,
        .implicit_tls = l->tls == LISTEN_IMPLICIT,
        .proxies = v->proxies,
        .proxies_n = l->proxies.n,
        .max_connections = (size_t)l->max_connections,
        .max_per_client = (size_t)l->max_per_client,
    };
    switch ((config_protocol)l->protocol) {
    case PROTOCOL_MX:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        make_smtp(s, v, l, parts);
        break;
    case PROTOCOL_IMAP:
        make_imap(s, v, l, parts);
        break;
    case PROTOCOL_POP3:
        make_pop3(s, v, l, parts);
        break;
    }
}

err services_create(services **out, const config *c, const services_parts *parts) {
    services *s = mem_alloc(sizeof *s);
    arena_init(&s->memory, SERVICES_MEMORY);
    s->config = c;
    s->items = arena_array(&s->memory, c->listeners_n ? c->listeners_n : 1, sizeof *s->items);
    make_shared(s, parts);
    for (size_t i = 0; i < c->listeners_n; i++)
        make_service(s, &s->items[i], &c->listeners[i], parts);
    *out = s;
    return OK;
}

void services_free(services *s) {
    while (s) {
        services *older = s->older;
        auth_free(s->auth);
        arena_free(&s->memory);
        free(s);
        s = older;
    }
}
