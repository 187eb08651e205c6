/* HELO, EHLO, LHLO and STARTTLS: who are you, what can I do, shall we talk in private. */
#include "base/mem.h"
#include "smtp/session.h"

enum { OFFERS_MOST = 4096, MECHANISMS_ARENA = 4096, LIMITS_MOST = 999999 };

static unsigned hello_of(str verb) {
    if (str_caseeq(verb, S("EHLO")))
        return SMTP_HELLO_EHLO;
    return str_caseeq(verb, S("LHLO")) ? SMTP_HELLO_LHLO : SMTP_HELLO_HELO;
}

static void forget_name(smtp_session *s) {
    free((void *)(uintptr_t)s->helo.p);
    s->helo = S("");
    s->helo.p = NULL;
}

static void offer_auth(smtp_session *s, buf *out) {
    if (!s->policy->auth || !s->service->auth)
        return;
    SCOPED_ARENA a;
    arena_init(&a, MECHANISMS_ARENA);
    str mechanisms = auth_mechanisms(s->service->auth, s->conn, &a);
    if (mechanisms.n)
        buf_addf(out, "\nAUTH %.*s", STR_ARG(mechanisms));
}

/* RFC 9422 4: at most six digits. */
static unsigned announced(uint64_t limit) { return limit < LIMITS_MOST ? (unsigned)limit : LIMITS_MOST; }

static void reply_offers(smtp_session *s) {
    const smtp_config *c = s->service->config;
    SCOPED_BUF out;
    buf_init(&out, OFFERS_MOST);
    buf_addf(&out, "%.*s\nPIPELINING\nSIZE %llu\n8BITMIME\nSMTPUTF8\nCHUNKING\nBINARYMIME\nENHANCEDSTATUSCODES\nDSN",
             STR_ARG(c->host), (unsigned long long)c->max_size);
    buf_addf(&out, "\nLIMITS MAILMAX=%u RCPTMAX=%u", announced(c->max_transactions), announced(c->max_recipients));
    if (s->service->tls && !conn_is_tls(s->conn))
        buf_add(&out, S("\nSTARTTLS"));
    offer_auth(s, &out);
    smtp_say_text(s, 250, "", buf_str(&out));
}

void smtp_cmd_hello(smtp_session *s, str verb, str args) {
    unsigned hello = hello_of(verb);
    if (!(s->policy->hellos & hello)) {
        smtp_say(s, 500, "5.5.1", "Say %s here",
                 s->policy->hellos & SMTP_HELLO_LHLO ? "LHLO" : "EHLO"); /* RFC 2033 4.1 */
        return;
    }
    if (!smtp_hello_valid(args)) {
        smtp_say(s, 501, "5.5.4", "Say your name: %.*s domain", STR_ARG(verb));
        return;
    }
    forget_name(s);
    s->helo = str_of(mem_strdup(args), args.n);
    s->hello = hello;
    smtp_reset(s); /* RFC 5321 4.1.4: as RSET */
    if (hello == SMTP_HELLO_HELO)
        smtp_say(s, 250, "", "%.*s", STR_ARG(s->service->config->host));
    else
        reply_offers(s);
}

void smtp_cmd_starttls(smtp_session *s, str verb, str args) {
    if (args.n) {
        smtp_say(s, 501, "5.5.4", "STARTTLS takes no arguments");
    } else if (conn_is_tls(s->conn)) {
        smtp_say(s, 503, "5.5.1", "TLS is on already");
    } else if (!s->service->tls) {
        smtp_say(s, 502, "5.5.1", "TLS is not available here");
    } else {
        smtp_say(s, 220, "2.0.0", "Ready to start TLS");
        /* RFC 3207 4.2: nothing said so far counts. The connection drops what was sent behind this command. */
        forget_name(s);
        free(s->user);
        s->user = NULL;
        s->hello = SMTP_HELLO_NONE;
        smtp_reset(s);
        smtp_wait_ms(s, s->service->config->greeting_ms);
        s->handshaking = true;
        conn_starttls(s->conn, s->service->tls);
    }
}
