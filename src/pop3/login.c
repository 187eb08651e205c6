#include "pop3/session.h"

#include "base/codec.h"
#include "base/mem.h"

/* ---- capabilities: RFC 2449 5 ---- */

static void say_login_capabilities(pop3 *s) {
    SCOPED_ARENA a;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    str mechanisms = auth_mechanisms(s->service->auth, s->c, &a);
    if (auth_plaintext_allowed(s->service->auth, s->c))
        pop3_say(s, "USER");
    if (mechanisms.n)
        pop3_say(s, "SASL %.*s", STR_ARG(mechanisms));
    if (s->service->tls && !conn_is_tls(s->c))
        pop3_say(s, "STLS");
    pop3_say(s, "UTF8 USER");
}

void pop3_capa(pop3 *s, str argument) {
    (void)argument;
    pop3_say(s, "+OK Capability list follows");
    if (s->state == POP3_AUTHORIZATION)
        say_login_capabilities(s);
    pop3_say(s,
             "TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\nIMPLEMENTATION Godwit\r\n.");
}

/* RFC 2595 4. Nothing said before counts after it. */
void pop3_stls(pop3 *s, str argument) {
    (void)argument;
    if (!s->service->tls || conn_is_tls(s->c)) {
        pop3_bad(s, "", conn_is_tls(s->c) ? "TLS is active already" : "TLS is not available");
        return;
    }
    pop3_forget_user(s);
    pop3_say(s, "+OK Begin TLS negotiation");
    conn_starttls(s->c, s->service->tls);
}

/* ---- after the password ---- */

void pop3_forget_user(pop3 *s) {
    free((void *)(uintptr_t)s->user.p);
    s->user = (str){0};
}

static void welcome(pop3 *s, const auth_user *user) {
    err e = maildrop_open(&s->drop, s->service->store, &user->who);
    if (failed(e)) {
        pop3_refuse_err(s, &e);
        if (s->state != POP3_AUTHORIZATION)
            pop3_enter(s, POP3_AUTHORIZATION);
        return;
    }
    s->account = user->who.account;
    pop3_enter(s, POP3_TRANSACTION);
    pop3_say(s, "+OK Maildrop has %zu messages (%llu octets)", s->drop->n, (unsigned long long)s->drop->bytes);
}

static void turn_away(pop3 *s, const err *e) {
    if (s->state != POP3_AUTHORIZATION)
        pop3_enter(s, POP3_AUTHORIZATION);
    pop3_bad_err(s, e);
}

/* ---- USER and PASS: RFC 1939 7 ---- */

static bool may_send_password(pop3 *s) {
    if (auth_plaintext_allowed(s->service->auth, s->c))
        return true;
    pop3_bad(s, "[AUTH]", s->service->tls ? "Use STLS first" : "Passwords are not taken without TLS");
    return false;
}

/* Says nothing about who exists. */
void pop3_user(pop3 *s, str argument) {
    if (!may_send_password(s))
        return;
    pop3_forget_user(s);
    str name = str_trim(argument);
    s->user = (str){mem_strdup(name), name.n};
    pop3_say(s, "+OK Send PASS");
}

/* Blanks are part of a password. */
void pop3_pass(pop3 *s, str argument) {
    if (!may_send_password(s))
        return;
    if (!s->user.p) {
        pop3_bad(s, "", "USER comes first");
        return;
    }
    auth_user user;
    err e = auth_login(s->service->auth, conn_peer(s->c), s->user, argument, &user);
    pop3_forget_user(s);
    if (failed(e))
        turn_away(s, &e);
    else
        welcome(s, &user);
}

/* ---- AUTH: RFC 5034 ---- */

static void end_sasl(pop3 *s) { sasl_free(take(s->sasl)); }

static void say_challenge(pop3 *s, str challenge) {
    buf *out = conn_out(s->c);
    buf_add(out, S("+ "));
    base64_encode(out, challenge);
    buf_add(out, S("\r\n"));
}

static void take_step(pop3 *s, bool have_message, str message) {
    str challenge;
    auth_user user;
    err why;
    switch (sasl_step(s->sasl, have_message, message, &challenge, &user, &why)) {
    case SASL_CONTINUE:
        say_challenge(s, challenge);
        return;
    case SASL_DONE:
        end_sasl(s);
        welcome(s, &user);
        return;
    case SASL_FAILED:
        end_sasl(s);
        turn_away(s, &why);
        return;
    }
}

static void cancel_sasl(pop3 *s, const char *text) {
    end_sasl(s);
    pop3_enter(s, POP3_AUTHORIZATION);
    pop3_bad(s, "", text);
}

static void take_base64(pop3 *s, str text) {
    SCOPED_BUF message;
    buf_init(&message, POP3_SASL_LINE_MOST);
    if (base64_decode(&message, text))
        take_step(s, true, buf_str(&message));
    else
        cancel_sasl(s, "Not base64");
    mem_wipe(message.p, message.n);
}

void pop3_sasl_line(pop3 *s, str line) {
    if (str_eq(line, S("*")))
        cancel_sasl(s, "Authentication cancelled");
    else
        take_base64(s, line);
}

/* AUTH mechanism [initial-response]; "=" is an empty one. */
void pop3_auth(pop3 *s, str argument) {
    str rest = str_trim(argument), mechanism;
    str_cut(&rest, ' ', &mechanism);
    bool initial = rest.p != NULL;
    err e = sasl_begin(&s->sasl, s->service->auth, s->c, mechanism);
    if (failed(e)) {
        if (may_send_password(s)) /* else that is what is wrong */
            pop3_bad_err(s, &e);
        return;
    }
    pop3_enter(s, POP3_SASL);
    if (!initial)
        take_step(s, false, S(""));
    else
        take_base64(s, str_eq(rest, S("=")) ? S("") : str_trim(rest));
}
