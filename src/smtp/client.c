#include "base/mem.h"
#include "smtp/client_inside.h"

/* RFC 5321 4.5.3.2 where it names a time; 0 in the configuration takes it. */
static void fill_times(smtp_client_config *c) {
    const struct {
        int64_t *at;
        int64_t initial;
    } times[] = {
        {&c->connect_ms, 30000},        {&c->banner_ms, 5 * 60000},
        {&c->helo_ms, 5 * 60000},       {&c->command_ms, 5 * 60000},
        {&c->data_start_ms, 2 * 60000}, {&c->data_block_ms, 3 * 60000},
        {&c->data_end_ms, 10 * 60000},  {&c->quit_ms, 5000},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (*times[i].at <= 0)
            *times[i].at = times[i].initial;
}

static smtp_client *client_make(const smtp_client_config *config) {
    smtp_client *c = mem_alloc(sizeof *c);
    arena_init(&c->memory, SMTP_CLIENT_MEMORY);
    smtp_reply_init(&c->reply);
    buf_init(&c->out, SMTP_COMMANDS + 2 * SMTP_BLOCK);
    c->config = *config;
    fill_times(&c->config);
    str *const texts[] = {&c->config.helo, &c->config.name, &c->config.user, &c->config.password};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str(&c->memory, *texts[i]);
    return c;
}

static void client_free(smtp_client *c) {
    wire_close(c->wire);
    if (c->config.password.n)
        mem_wipe((void *)(uintptr_t)c->config.password.p, c->config.password.n);
    arena_free(&c->memory);
    smtp_reply_free(&c->reply);
    buf_free(&c->out);
    free(c);
}

static void tell_story(smtp_client *c, const addr *to) {
    SCOPED_BUF b;
    buf_init(&b, SMTP_STORY);
    buf_add(&b, str_sub(c->config.name, 0, 255));
    buf_add_byte(&b, '[');
    char ip[ADDR_TEXT];
    addr_print(to, ip);
    buf_addf(&b, "%s]:%u", ip, to->port);
    const tls_info *tls = wire_is_tls(c->wire) ? wire_tls_info(c->wire) : NULL;
    if (tls)
        buf_addf(&b, " %s%s", tls->version, tls->verified ? " verified" : "");
    c->story_n = b.n;
    memcpy(c->story, b.p, b.n);
}

static err connect_to(smtp_client *c, const addr *to, const addr *from) {
    if (!c->config.helo.p || !c->config.name.p || !c->config.user.p || !c->config.password.p)
        return err_make(ERR_PERM, ERR_LIMIT, "local error", "a name of the client's configuration is too long");
    err e = wire_connect(&c->wire, to, from, deadline_in(c->config.connect_ms));
    if (failed(e) && e.what == ERR_CLOSED) /* refused: nobody is there, which is not the same as somebody who left */
        e.what = ERR_UNAVAILABLE;
    return e;
}

err smtp_client_open(smtp_client **out, const addr *to, const addr *from, const smtp_client_config *config, arena *a,
                     smtp_reply *said) {
    *out = NULL;
    *said = (smtp_reply){0};
    smtp_client *c = client_make(config);
    err e = connect_to(c, to, from);
    if (!failed(e))
        e = client_greet(c);
    if (failed(e)) {
        if (c->reply.code)
            *said = client_said(c, a);
        client_free(c);
        return e;
    }
    tell_story(c, to);
    buf_free(&c->out);
    *out = c;
    return OK;
}

bool smtp_client_usable(const smtp_client *c) {
    return !c->broken && !(c->caps.mail_max && c->transactions >= c->caps.mail_max) && !wire_stale(c->wire);
}

str smtp_client_story(const smtp_client *c) { return (str){c->story, c->story_n}; }
str smtp_client_server_name(const smtp_client *c) { return c->server_name; }
bool smtp_client_offers_dsn(const smtp_client *c) { return c->caps.bits & SMTP_CAP_DSN; }
bool smtp_client_is_local(const smtp_client *c) { return addr_ip_equal(wire_peer(c->wire), wire_local(c->wire)); }
uint64_t smtp_client_rcpt_max(const smtp_client *c) { return c->caps.rcpt_max; }
uint64_t smtp_client_transactions(const smtp_client *c) { return c->transactions; }

void smtp_client_abort(smtp_client *c) {
    if (c)
        client_free(c);
}

void smtp_client_close(smtp_client *c) {
    if (!c)
        return;
    if (!c->broken && !wire_stale(c->wire)) { /* RFC 5321 4.1.1.10 */
        err e = client_ask(c, S("QUIT"), "QUIT", c->config.quit_ms);
        (void)e; /* whatever it says, it is over */
    }
    client_free(c);
}
