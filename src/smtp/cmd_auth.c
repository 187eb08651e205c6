/* AUTH, RFC 4954: a SASL exchange in lines of base64. */
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "smtp/session.h"

enum { MESSAGE_MOST = 16384 }; /* decoded; a line is at most 12288 bytes */

void smtp_auth_end(smtp_session *s) {
    sasl_free(take(s->sasl));
    if (s->state == SMTP_AUTH)
        smtp_move(s, SMTP_READY);
}

static void succeed(smtp_session *s, const auth_user *user) {
    smtp_auth_end(s);
    s->user = mem_alloc(sizeof *s->user);
    *s->user = *user;
    smtp_say(s, 235, "2.7.0", "Authentication successful");
}

static void fail(smtp_session *s, const err *why) {
    char client[ADDR_TEXT];
    addr_print(conn_peer(s->conn), client);
    log_info("smtp.auth_failed", lf_c("client", client), lf_str("listener", s->service->listener), lf_err(why));
    smtp_auth_end(s);
    if (why->kind == ERR_PEER && why->what == ERR_DENIED)
        smtp_say(s, 535, "5.7.8", "Authentication credentials invalid");
    else if (why->kind == ERR_PEER && why->what == ERR_SYNTAX)
        smtp_say(s, 501, "5.5.2", "Malformed authentication");
    else /* ours, or a guesser has to wait: RFC 4954 6 */
        smtp_say(s, 454, "4.7.0", "%s", why->text);
    if (why->kind == ERR_PEER)
        s->errors += why->what == ERR_LIMIT; /* a guesser who is throttled goes on counting */
}

static void challenge_with(smtp_session *s, str challenge) {
    SCOPED_BUF text;
    buf_init(&text, 2 * MESSAGE_MOST);
    base64_encode(&text, challenge);
    buf *out = conn_out(s->conn); /* as it is: longer than an ordinary reply may be */
    buf_add(out, S("334 "));
    buf_add(out, buf_str(&text));
    buf_add(out, S("\r\n"));
    if (s->state != SMTP_AUTH)
        smtp_move(s, SMTP_AUTH);
}

static void step(smtp_session *s, bool have_message, str message) {
    str challenge = S("");
    auth_user user = {0};
    err why = OK;
    switch (sasl_step(s->sasl, have_message, message, &challenge, &user, &why)) {
    case SASL_CONTINUE:
        challenge_with(s, challenge);
        break;
    case SASL_DONE:
        succeed(s, &user);
        break;
    case SASL_FAILED:
        fail(s, &why);
        break;
    }
}

static void step_base64(smtp_session *s, str text) {
    SCOPED_BUF message;
    buf_init(&message, MESSAGE_MOST);
    if (base64_decode(&message, text)) {
        step(s, true, message.n ? buf_str(&message) : S(""));
        if (message.n)
            mem_wipe(message.p, message.n);
    } else {
        smtp_auth_end(s);
        smtp_say(s, 501, "5.5.2", "Not base64");
    }
}

void smtp_auth_line(smtp_session *s, str line) {
    if (str_eq(line, S("*"))) {
        smtp_auth_end(s);
        smtp_say(s, 501, "5.7.0", "Authentication cancelled");
    } else {
        step_base64(s, line);
    }
}

/* Whether it makes sense to begin. False: it has replied. */
static bool may_begin(smtp_session *s) {
    if (!s->policy->auth || !s->service->auth)
        smtp_say(s, 502, "5.5.1", "AUTH is not available here");
    else if (s->user)
        smtp_say(s, 503, "5.5.1", "Authenticated already");
    else if (s->service->require_tls && !conn_is_tls(s->conn))
        smtp_say(s, 530, "5.7.0", "Say STARTTLS first");
    else
        return true;
    return false;
}

void smtp_cmd_auth(smtp_session *s, str verb, str args) {
    str mechanism, initial;
    bool has_initial;
    if (!may_begin(s))
        return;
    if (!smtp_auth_parse(args, &mechanism, &has_initial, &initial)) {
        smtp_say(s, 501, "5.5.4", "Say AUTH mechanism [initial-response]");
        return;
    }
    err why = sasl_begin(&s->sasl, s->service->auth, s->conn, mechanism);
    if (failed(why) && why.what == ERR_UNSUPPORTED && !conn_is_tls(s->conn) && s->service->tls)
        smtp_say(s, 538, "5.7.11", "Not without encryption: say STARTTLS first");
    else if (failed(why) && why.what == ERR_UNSUPPORTED)
        smtp_say(s, 504, "5.5.4", "Mechanism not supported");
    else if (failed(why))
        fail(s, &why);
    else if (has_initial)
        step_base64(s, initial);
    else
        step(s, false, S(""));
}
