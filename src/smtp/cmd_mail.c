/* MAIL and RCPT: the envelope. */
#include "base/limits.h"
#include "base/log.h"
#include "smtp/session.h"

static void reply_params(smtp_session *s, const err *why) {
    smtp_say(s, why->what == ERR_UNSUPPORTED ? 555 : 501, "5.5.4", "%s", why->text);
}

/* ---- MAIL ---- */

/* What must be so before anybody may send. False: it has replied. */
static bool may_begin(smtp_session *s) {
    const smtp_config *c = s->service->config;
    if (s->service->require_tls && !conn_is_tls(s->conn)) {
        smtp_say(s, 530, "5.7.0", "Say STARTTLS first"); /* RFC 3207 4 */
        return false;
    }
    if (s->transactions >= c->max_transactions) { /* RFC 9422 4.1 */
        smtp_say(s, 421, "4.7.0", "%.*s Too many messages over one connection", STR_ARG(c->host));
        smtp_close(s);
        return false;
    }
    return true;
}

/* A reverse path: <> or a whole address. */
static bool sender_ok(smtp_session *s, const addr_spec *sender, const smtp_mail_params *p) {
    if (sender->domain.n == 0 && sender->local.n) {
        smtp_say(s, 501, "5.1.7", "Sender address without a domain");
        return false;
    }
    if (sender->utf8 && !p->smtputf8) { /* RFC 6531 3.5 */
        smtp_say(s, 553, "5.6.7", "Address needs SMTPUTF8");
        return false;
    }
    if (p->size > s->service->config->max_size) { /* RFC 1870 6.1 */
        smtp_say(s, 552, "5.3.4", "Message too large: the limit is %llu bytes",
                 (unsigned long long)s->service->config->max_size);
        return false;
    }
    return true;
}

void smtp_cmd_mail(smtp_session *s, str verb, str args) {
    SCOPED_ARENA a;
    addr_spec sender;
    smtp_mail_params params;
    str path, rest;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    if (!may_begin(s))
        return;
    if (!smtp_path_argument(args, S("FROM:"), &path)) {
        smtp_say(s, 501, "5.5.4", "Say MAIL FROM:<address>");
        return;
    }
    err why = address_path(path, true, &a, &sender, &rest);
    if (failed(why)) {
        smtp_say(s, 501, "5.1.7", "%s", why.text);
        return;
    }
    why = smtp_mail_params_parse(rest, &params);
    if (failed(why)) {
        reply_params(s, &why);
        return;
    }
    if (!sender_ok(s, &sender, &params) || !s->policy->may_send(s, &sender, &a))
        return;
    smtp_peer_name(s);
    s->transactions++;
    s->tx = smtp_inbound_new(s, &sender, &params);
    smtp_move(s, SMTP_MAIL);
    smtp_say(s, 250, "2.1.0", "Ok");
}

/* ---- RCPT ---- */

static void log_refused(const smtp_session *s, str to, const err *why) {
    char client[ADDR_TEXT];
    addr_print(conn_peer(s->conn), client);
    log_info("smtp.recipient_refused", lf_c("id", s->tx->envelope.id), lf_str("from", s->tx->envelope.sender),
             lf_str("to", to), lf_c("client", client), lf_err(why));
}

static void refuse(smtp_session *s, str to, const err *why) {
    log_refused(s, to, why);
    if (why->kind == ERR_PEER && why->what == ERR_SYNTAX)
        smtp_say(s, 501, "5.1.3", "%s", why->text);
    else
        smtp_say_err(s, why, S(""));
}

static bool room_left(smtp_session *s, mail_recipient **room) {
    smtp_inbound *t = s->tx;
    bool more = t->envelope.recipients_n < s->service->config->max_recipients;
    *room = more ? smtp_inbound_room(t) : NULL;
    if (!*room)
        smtp_say(s, 452, "4.5.3", "Too many recipients"); /* RFC 5321 4.5.3.1.10 */
    return *room != NULL;
}

/* Reads the command; `path` and all that comes of it live in the transaction. */
static bool read_rcpt(smtp_session *s, str args, addr_spec *spec, smtp_rcpt_params *params) {
    str path, rest;
    if (!smtp_path_argument(args, S("TO:"), &path)) {
        smtp_say(s, 501, "5.5.4", "Say RCPT TO:<address>");
        return false;
    }
    path = arena_str(&s->tx->memory, path);
    err why = path.p ? address_path(path, true, &s->tx->memory, spec, &rest) : OK;
    if (!path.p) {
        smtp_say(s, 452, "4.5.3", "Too many recipients");
    } else if (failed(why) || spec->local.n == 0) {
        smtp_say(s, 501, "5.1.3", "%s", failed(why) ? why.text : "Empty recipient address");
    } else if (spec->utf8 && !s->tx->envelope.smtputf8) {
        smtp_say(s, 553, "5.6.7", "Address needs SMTPUTF8");
    } else {
        why = smtp_rcpt_params_parse(rest, params);
        if (failed(why))
            reply_params(s, &why);
        return !failed(why);
    }
    return false;
}

static str original_of(smtp_inbound *t, const smtp_rcpt_params *params) {
    SCOPED_BUF text;
    buf_init(&text, LIMIT_COMMAND_ARENA);
    if (params->orcpt.n == 0 || !smtp_orcpt_decode(&text, params->orcpt))
        return S("");
    return arena_str(&t->memory, buf_str(&text));
}

void smtp_cmd_rcpt(smtp_session *s, str verb, str args) {
    smtp_inbound *t = s->tx;
    const mail_sender_rights rights = {.may_relay = s->policy->may_relay(s)};
    mail_recipient *room;
    addr_spec spec;
    smtp_rcpt_params params;
    if (!room_left(s, &room) || !read_rcpt(s, args, &spec, &params))
        return;
    err why = mail_route(s->service->mail, &rights, &spec, &t->memory, room);
    if (failed(why)) {
        refuse(s, room->address, &why);
        return;
    }
    room->notify = params.notify;
    room->original = original_of(t, &params);
    if (!room->original.p) {
        smtp_say(s, 452, "4.5.3", "Too many recipients");
        return;
    }
    smtp_inbound_keep(t);
    if (s->state == SMTP_MAIL)
        smtp_move(s, SMTP_RCPT);
    smtp_say(s, 250, "2.1.5", "Ok");
}
