#include "auth/mechanism.h"

#include "base/mem.h"

enum { LOGIN_NAME_MOST = 1024 };

sasl_state sasl_fail(sasl *s, err why) {
    s->why = why;
    return SASL_FAILED;
}

static sasl_state malformed(sasl *s) {
    return sasl_fail(s, err_make(ERR_PEER, ERR_SYNTAX, "Malformed authentication message", "%.*s message",
                                 STR_ARG(s->mechanism->name)));
}

static sasl_state finish(sasl *s, str name, str password) {
    err e = login_password(s->auth, &s->channel.client, s->mechanism->name, name, password, &s->user);
    return failed(e) ? sasl_fail(s, e) : SASL_DONE;
}

/* RFC 4616 2: [authzid] NUL authcid NUL passwd */
static sasl_state plain_step(sasl *s, str message, str *challenge) {
    (void)challenge;
    str rest = message, authzid, name;
    if (!str_cut(&rest, '\0', &authzid) || !str_cut(&rest, '\0', &name) || !rest.p || str_has_byte(rest, '\0') ||
        name.n == 0 || rest.n == 0)
        return malformed(s);
    if (login_same_name(s->auth, authzid, name))
        return finish(s, name, rest);
    err e = login_begin(&s->login, s->auth, &s->channel.client, s->mechanism->name, name);
    return sasl_fail(s, failed(e) ? e : login_end(&s->login, false, "acting for another", &s->user));
}

/* draft-murchison-sasl-login: two prompts nobody reads, and their answers. */
static sasl_state login_step(sasl *s, str message, str *challenge) {
    if (s->messages > 0)
        return finish(s, (str){s->name, s->name_n}, message);
    if (message.n == 0 || message.n > LOGIN_NAME_MOST)
        return malformed(s);
    s->name = mem_strdup(message);
    s->name_n = message.n;
    *challenge = S("Password:");
    return SASL_CONTINUE;
}

/* In order of preference. */
static const sasl_mechanism mechanisms[] = {
    {.name = {"SCRAM-SHA-256-PLUS", 18}, .binds = true, .step = scram_step},
    {.name = {"SCRAM-SHA-256", 13}, .step = scram_step},
    {.name = {"PLAIN", 5}, .plaintext = true, .step = plain_step},
    {.name = {"LOGIN", 5}, .plaintext = true, .step = login_step},
};
enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

static bool is_offered(const sasl_mechanism *m, const auth *a, bool tls) {
    return tls || (!m->binds && (!m->plaintext || auth_plaintext_always(a)));
}

str sasl_offer(const auth *a, bool tls, arena *out) {
    str list = S("");
    for (size_t i = 0; i < MECHANISMS && list.p; i++)
        if (is_offered(&mechanisms[i], a, tls))
            list = arena_strf(out, "%.*s%s%.*s", STR_ARG(list), list.n ? " " : "", STR_ARG(mechanisms[i].name));
    return list.p ? list : S("");
}

str auth_mechanisms(auth *a, const conn *c, arena *out) { return sasl_offer(a, conn_is_tls(c), out); }

err sasl_begin_on(sasl **out, auth *a, const sasl_channel *channel, str mechanism) {
    *out = NULL;
    for (size_t i = 0; i < MECHANISMS; i++)
        if (str_caseeq(mechanism, mechanisms[i].name) && is_offered(&mechanisms[i], a, channel->tls)) {
            sasl *s = mem_alloc(sizeof *s);
            s->auth = a;
            s->channel = *channel;
            s->mechanism = &mechanisms[i];
            *out = s;
            return OK;
        }
    return err_make(ERR_PEER, ERR_UNSUPPORTED, "Authentication mechanism not offered", "mechanism %.*s",
                    STR_ARG(str_sub(mechanism, 0, 40)));
}

/* RFC 5929 3: tls-unique says nothing about a TLS 1.3 connection. */
static bool conn_binding(void *of, str type, uint8_t out[BINDING_MOST], size_t *n) {
    conn *c = of;
    const tls_info *tls = conn_tls_info(c);
    if (!tls || (str_eq(type, S("tls-unique")) && str_eq(str_c(tls->version), S("TLSv1.3"))))
        return false;
    return conn_channel_binding(c, type, out, n);
}

err sasl_begin(sasl **out, auth *a, conn *c, str mechanism) {
    sasl_channel channel = {.client = *conn_peer(c), .tls = conn_is_tls(c), .binding = conn_binding, .of = c};
    return sasl_begin_on(out, a, &channel, mechanism);
}

sasl_state sasl_step(sasl *s, bool have_message, str message, str *challenge, auth_user *user, err *why) {
    ASSERT(!s->over);
    *challenge = S("");
    *user = (auth_user){0};
    *why = OK;
    if (!have_message) { /* all our mechanisms let the client speak first */
        ASSERT(s->messages == 0);
        *challenge = s->mechanism->step == login_step ? S("Username:") : S("");
        return SASL_CONTINUE;
    }
    sasl_state state = s->mechanism->step(s, message, challenge);
    s->messages++;
    s->over = state != SASL_CONTINUE;
    if (state == SASL_DONE)
        *user = s->user;
    else if (state == SASL_FAILED)
        *why = s->why;
    return state;
}

void sasl_free(sasl *s) {
    if (!s)
        return;
    scram_wipe(&s->scram);
    free(s->name);
    mem_wipe(s, sizeof *s);
    free(s);
}
