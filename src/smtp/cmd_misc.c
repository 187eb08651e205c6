/* RSET, NOOP, VRFY, EXPN, HELP, QUIT. */
#include "base/limits.h"
#include "smtp/session.h"

enum { HELP_MOST = 2048 };

void smtp_cmd_rset(smtp_session *s, str verb, str args) {
    if (args.n) {
        smtp_say(s, 501, "5.5.4", "RSET takes no arguments");
        return;
    }
    smtp_reset(s);
    smtp_say(s, 250, "2.0.0", "Ok");
}

void smtp_cmd_noop(smtp_session *s, str verb, str args) { smtp_say(s, 250, "2.0.0", "Ok"); }

/* "address", "<address>": VRFY takes a string, and both are in use (RFC 5321 3.5.1). */
static err verify(smtp_session *s, str args, arena *a, mail_recipient *out) {
    const mail_sender_rights rights = {.may_relay = s->policy->may_relay(s)};
    addr_spec spec;
    str rest;
    if (args.p[0] == '<')
        TRY(address_path(args, true, a, &spec, &rest));
    else
        TRY(address_parse(args, true, a, &spec));
    return mail_route(s->service->mail, &rights, &spec, a, out);
}

/* Answered truly only to those who could find out by sending: else it is a gift to harvesters (RFC 5321 7.3). */
void smtp_cmd_vrfy(smtp_session *s, str verb, str args) {
    SCOPED_ARENA a;
    mail_recipient found;
    arena_init(&a, LIMIT_COMMAND_ARENA);
    if (args.n == 0) {
        smtp_say(s, 501, "5.5.4", "Say VRFY address");
        return;
    }
    if (!s->service->config->vrfy || !s->policy->may_relay(s)) {
        smtp_say(s, 252, "2.1.5", "Cannot verify, but will take mail and try");
        return;
    }
    err why = verify(s, args, &a, &found);
    if (failed(why) && why.what == ERR_SYNTAX)
        smtp_say(s, 501, "5.1.3", "%s", why.text);
    else if (failed(why))
        smtp_say_err(s, &why, S(""));
    else
        smtp_say(s, 250, "2.1.5", "<%.*s>", STR_ARG(found.address));
}

void smtp_cmd_expn(smtp_session *s, str verb, str args) { smtp_say(s, 502, "5.5.1", "EXPN is not available here"); }

void smtp_cmd_help(smtp_session *s, str verb, str args) {
    SCOPED_BUF text;
    buf_init(&text, HELP_MOST);
    for (size_t i = 0; i < smtp_commands_n; i++) {
        const smtp_command *c = &smtp_commands[i];
        if (args.n == 0 || str_caseeq(args, str_c(c->verb)))
            buf_addf(&text, "%s%s", text.n ? "\n" : "", c->help);
    }
    if (text.n)
        smtp_say_text(s, 214, "2.0.0", buf_str(&text));
    else
        smtp_say(s, 504, "5.5.4", "No help for that");
}

void smtp_cmd_quit(smtp_session *s, str verb, str args) {
    if (args.n) {
        smtp_say(s, 501, "5.5.4", "QUIT takes no arguments");
        return;
    }
    smtp_say(s, 221, "2.0.0", "%.*s Goodbye", STR_ARG(s->service->config->host));
    smtp_close(s);
}
