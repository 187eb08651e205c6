#include "smtp/client_inside.h"

/* The answer of a server that does not want us: 5yz is its last word, anything else may be tried again. */
static err unwanted(smtp_client *c, const char *stage) {
    err_kind kind = client_class(c) == 5 ? ERR_PERM : ERR_TEMP;
    return err_make(kind, ERR_UNAVAILABLE, "the server refused the session", "%u to %s", c->reply.code, stage);
}

static err read_greeting(smtp_client *c) {
    TRY(client_reply(c, "connecting", c->config.banner_ms, NULL));
    return client_class(c) == 2 ? OK : unwanted(c, "connecting");
}

/* The first word of the EHLO answer is the server's name, RFC 5321 4.1.1.1. */
static void keep_server_name(smtp_client *c) {
    str rest = buf_str(&c->reply.words), name;
    if (str_cut(&rest, ' ', &name))
        c->server_name = arena_str(&c->memory, str_sub(name, 0, 255));
}

static err say_hello(smtp_client *c, const char *verb) {
    client_add(c, str_c(verb));
    client_add(c, S(" "));
    client_add(c, c->config.helo);
    client_add(c, S("\r\n"));
    TRY(client_flush(c, c->config.helo_ms));
    c->caps = (smtp_caps){0}; /* RFC 3207 4.2: what was offered without TLS is forgotten */
    TRY(client_reply(c, verb, c->config.helo_ms, &c->caps));
    return OK;
}

static err hello(smtp_client *c) {
    TRY(say_hello(c, c->config.lmtp ? "LHLO" : "EHLO"));
    c->esmtp = client_class(c) == 2;
    if (!c->esmtp && client_class(c) == 5 && !c->config.lmtp && !c->broken) /* RFC 5321 3.2 */
        TRY(say_hello(c, "HELO"));
    if (client_class(c) != 2)
        return unwanted(c, "EHLO");
    if (!c->esmtp)
        c->caps = (smtp_caps){0};
    keep_server_name(c);
    return OK;
}

static err tls_failed(const err *e) {
    return err_make(ERR_TEMP, ERR_TLS, "TLS could not be set up", "TLS: %s", e->log[0] ? e->log : e->text);
}

static err shake_hands(smtp_client *c) {
    tls_verify verify = c->config.verify;
    err e = wire_starttls(c->wire, c->config.tls, c->config.name, verify, deadline_in(c->config.helo_ms));
    if (!failed(e))
        return OK;
    c->broken = true;
    return tls_failed(&e);
}

static err no_tls(const char *why) {
    return err_make(ERR_TEMP, ERR_TLS, "TLS is required but was not available", "TLS required: %s", why);
}

/* RFC 3207. What the server sent in clear behind its 220 is dropped by wire_starttls. */
static err start_tls(smtp_client *c) {
    bool must = c->config.tls_mode == CLIENT_TLS_MUST;
    if (c->config.tls_mode != CLIENT_TLS_TRY && !must)
        return OK;
    if (!(c->caps.bits & SMTP_CAP_STARTTLS))
        return must ? no_tls("STARTTLS is not offered") : OK;
    TRY(client_ask(c, S("STARTTLS"), "STARTTLS", c->config.command_ms));
    if (client_class(c) != 2) {
        if (must)
            return no_tls("STARTTLS was refused");
        return c->broken ? unwanted(c, "STARTTLS") : OK;
    }
    TRY(shake_hands(c));
    /* With TLS 1.3 the server's refusal of the handshake arrives only now. */
    err e = hello(c);
    return failed(e) && !c->reply.code ? tls_failed(&e) : e;
}

err client_greet(smtp_client *c) {
    if (c->config.tls_mode == CLIENT_TLS_IMPLICIT)
        TRY(shake_hands(c));
    TRY(read_greeting(c));
    TRY(hello(c));
    TRY(start_tls(c));
    return client_auth(c);
}
