#include "ctl/submit.h"

#include <unistd.h>

#include "app/child.h"
#include "base/limits.h"
#include "mime/build.h"
#include "mime/header.h"
#include "net/conn.h"
#include "net/fiber.h"
#include "smtp/client.h"

static const principal deliverer = {.role = ROLE_DELIVER};

int submit_sender(ctl *c, const char *given, str *sender) {
    addr_spec spec;
    SCOPED_BUF printed;
    buf_init(&printed, 4 * LIMIT_ADDRESS);
    str name = given ? str_c(given) : child_user_name(&c->memory);
    *sender = S("");
    if (str_empty(name) || str_eq(name, S("<>")))
        return EX_OK;
    if (!str_has_byte(name, '@'))
        name = arena_strf(&c->memory, "%.*s@%.*s", STR_ARG(name), STR_ARG(c->config.host));
    if (failed(address_parse(name, true, &c->memory, &spec)) || !address_print(&printed, &spec))
        return ctl_wrong(c, "\"%.*s\" is no mail address", STR_ARG(name));
    *sender = arena_str(&c->memory, buf_str(&printed));
    return EX_OK;
}

int submit_read_stdin(ctl *c, bool dot_ends, str *raw) {
    SCOPED_BUF text, lines;
    buf_init(&text, SUBMIT_MOST);
    buf_init(&lines, SUBMIT_MOST);
    for (size_t n = 1; n > 0;) {
        char *to = buf_reserve(&text, 65536);
        n = to ? fread(to, 1, 65536, stdin) : 0;
        buf_commit(&text, n);
    }
    if (ferror(stdin)) { /* half a message must not pass for a whole one */
        ctl_fail(c, "read the message from standard input", err_errno("read"));
        return EX_IOERR;
    }
    str rest = buf_str(&text);
    for (str line; dot_ends && str_cut_line(&rest, &line);)
        if (str_eq(line, S(".\n")) || str_eq(line, S(".\r\n"))) {
            buf_truncate(&text, (size_t)(line.p - text.p));
            break;
        }
    if (text.over || !crlf_normalize(&lines, buf_str(&text)))
        return ctl_wrong(c, "the message is larger than %d bytes", SUBMIT_MOST);
    *raw = arena_str(&c->memory, buf_str(&lines));
    return raw->n ? EX_OK : ctl_wrong(c, "there is no message on standard input");
}

/* ---- straight into the store ---- */

static int route_all(ctl *c, mail *m, const submit *s, mail_envelope *e) {
    const mail_sender_rights rights = {.may_relay = true};
    e->recipients = arena_array(&c->memory, s->n, sizeof *e->recipients);
    for (size_t i = 0; i < s->n; i++) {
        addr_spec spec;
        err bad = address_parse(s->recipients[i], true, &c->memory, &spec);
        if (failed(bad))
            return ctl_wrong(c, "\"%.*s\" is no mail address", STR_ARG(s->recipients[i]));
        if (str_empty(spec.domain))
            spec.domain = c->config.host;
        bad = mail_route(m, &rights, &spec, &c->memory, &e->recipients[e->recipients_n]);
        if (failed(bad))
            return ctl_fail(c, arena_strf(&c->memory, "recipient %.*s", STR_ARG(s->recipients[i])).p, bad);
        e->recipients[e->recipients_n++].notify = s->notify;
    }
    return EX_OK;
}

static int into_store(ctl *c, const submit *s, str *id) {
    int code = ctl_open_store(c);
    if (code)
        return code;
    mail m = {
        .store = c->store,
        .config = {.host = c->config.host,
                   .detail_separators = c->config.detail_separators,
                   .queue_lifetime_s = c->config.lifetime_ms / 1000,
                   .max_hops = c->config.max_hops,
                   .hold = c->config.hold},
    };
    mail_envelope e = {.sender = s->sender, .envid = s->envid, .ret_headers = s->ret_headers, .submission = true};
    const mail_trace t = {.protocol = S("local"), .listener = S("command line")};
    mail_begin(&e);
    code = route_all(c, &m, s, &e);
    if (code)
        return code;
    err bad = mail_accept(&m, &deliverer, &e, &t, s->raw, &c->memory);
    if (failed(bad))
        return ctl_fail(c, "send", bad);
    if (id)
        *id = arena_str(&c->memory, str_c(e.id));
    ctl_close(c, true);
    return EX_OK;
}

/* ---- by SMTP, for users who may not touch the store ---- */

typedef struct by_smtp {
    ctl *c;
    const submit *s;
    addr to;
    int code;
    completion done;
} by_smtp;

static err read_raw(void *source, uint64_t offset, size_t max, str *bytes) {
    *bytes = str_sub(*(const str *)source, (size_t)offset, max);
    return OK;
}

static int say_refusals(ctl *c, const smtp_transaction *t) {
    int code = EX_OK;
    for (size_t i = 0; i < t->rcpts_n; i++) {
        const smtp_reply *r = &t->rcpts[i].reply;
        if (r->code / 100 == 2)
            continue;
        ctl_wrong(c, "%.*s: the server said %u %.*s", STR_ARG(t->rcpts[i].address), r->code, STR_ARG(r->text));
        code = r->code / 100 == 4 ? EX_TEMPFAIL : EX_UNAVAILABLE;
    }
    return code;
}

static void speak(void *arg) {
    by_smtp *b = arg;
    ctl *c = b->c;
    const int64_t minute = 60000;
    const smtp_client_config cc = {.helo = c->config.host,
                                   .tls_mode = CLIENT_TLS_NONE,
                                   .connect_ms = 10000,
                                   .banner_ms = minute,
                                   .helo_ms = minute,
                                   .command_ms = minute,
                                   .data_start_ms = minute,
                                   .data_block_ms = minute,
                                   .data_end_ms = 10 * minute,
                                   .quit_ms = 1000};
    smtp_client *client;
    smtp_reply said;
    str raw = b->s->raw;
    err e = smtp_client_open(&client, &b->to, NULL, &cc, &c->memory, &said);
    if (failed(e)) {
        b->code = ctl_fail(c, "send: no server takes the message", e);
        completion_signal(&b->done);
        return;
    }
    smtp_transaction t = {.sender = b->s->sender,
                          .envid = b->s->envid,
                          .ret_headers = b->s->ret_headers,
                          .size = raw.n,
                          .rcpts_n = b->s->n,
                          .rcpts = arena_array(&c->memory, b->s->n, sizeof *t.rcpts),
                          .read = read_raw,
                          .source = &raw};
    for (size_t i = 0; i < raw.n && !t.body8; i++)
        t.body8 = (unsigned char)raw.p[i] > 127;
    for (size_t i = 0; i < b->s->n; i++)
        t.rcpts[i] = (smtp_rcpt){.address = b->s->recipients[i], .notify = b->s->notify};
    smtp_outcome outcome = smtp_client_send(client, &t, &c->memory, &e);
    b->code = outcome == SMTP_ALL_SAID ? say_refusals(c, &t) : ctl_fail(c, "send", e);
    smtp_client_close(client);
    completion_signal(&b->done);
}

static void begin_speaking(void *arg) {
    by_smtp *b = arg;
    err e = fiber_start("ctl.send", speak, b);
    if (failed(e)) {
        b->code = ctl_fail(b->c, "send", e);
        completion_signal(&b->done);
    }
}

static int through_server(ctl *c, const submit *s) {
    by_smtp b = {.c = c, .s = s};
    completion_init(&b.done);
    for (size_t i = 0; i < c->config.listeners_n; i++) {
        const config_listener *l = &c->config.listeners[i];
        if (l->protocol == PROTOCOL_MX && l->tls != LISTEN_IMPLICIT && l->addresses.n &&
            addr_parse_port(l->addresses.items[0], 25, &b.to))
            break;
    }
    if (b.to.family == ADDR_NONE)
        return ctl_wrong(c, "you may not open the store, and no mx listener is configured to take the message");
    const addr any4 = {.family = ADDR_V4, .port = b.to.port};
    if (b.to.family != ADDR_UNIX && memcmp(b.to.ip, any4.ip, sizeof any4.ip) == 0) /* "*" or 0.0.0.0: ask at loopback */
        addr_parse_port(arena_strf(&c->memory, "127.0.0.1:%u", b.to.port), 25, &b.to);
    err e = loops_start(1);
    if (failed(e))
        return ctl_fail(c, "send", e);
    loop_post(loop_at(0), begin_speaking, &b);
    completion_wait_done(&b.done);
    loops_stop();
    return b.code;
}

int submit_message(ctl *c, const submit *s, str *id) {
    if (id)
        *id = S("");
    int code = ctl_read_config(c);
    if (code)
        return code;
    if (s->n == 0)
        return ctl_wrong(c, "the message has no recipient");
    if (geteuid() == 0 || access(arena_cstr(&c->memory, c->config.data), W_OK | X_OK) == 0)
        return into_store(c, s, id);
    return through_server(c, s);
}
