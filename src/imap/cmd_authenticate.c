/* AUTHENTICATE, RFC 9051 6.2.2, with an initial response (RFC 4959). */
#include "base/codec.h"
#include "base/mem.h"
#include "imap/login.h"

static void challenge(imap_command *c, str bytes) {
    buf *out = imap_out(c);
    buf_add(out, S("+ "));
    base64_encode(out, bytes);
    buf_add(out, S("\r\n"));
}

static void go_on(imap_command *c, bool have, str message) {
    str bytes = S("");
    auth_user user;
    err why = OK;
    switch (sasl_step(c->own, have, message, &bytes, &user, &why)) {
    case SASL_CONTINUE:
        challenge(c, bytes);
        break;
    case SASL_DONE:
        imap_login_accept(c, &user);
        break;
    case SASL_FAILED:
        imap_login_refuse(c, why);
    }
}

/* base64 in, wiped after use: it may hold a password. */
static void take_message(imap_command *c, str text) {
    SCOPED_BUF message;
    buf_init(&message, text.n);
    if (base64_decode(&message, text))
        go_on(c, true, buf_str(&message));
    else
        imap_bad(c);
    if (message.p)
        mem_wipe(message.p, message.cap);
}

static void line(imap_command *c, str text, bool dropped) {
    if (dropped || str_eq(text, S("*"))) {
        imap_bad_because(c, "Cancelled");
    } else {
        take_message(c, text);
    }
}

static void end(imap_command *c) { sasl_free(c->own); }

static void run(imap_command *c) {
    imap_session *s = c->session;
    str mechanism, initial;
    bool have = false;
    bool good = imap_scan_atom(&c->args, &mechanism);
    if (good && imap_scan_sp(&c->args)) {
        have = true;
        initial = c->args.rest;
        c->args.rest = S("");
    }
    if (!good || !imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    sasl *dialogue;
    err e = sasl_begin(&dialogue, s->service->auth, s->conn, mechanism);
    if (failed(e)) {
        imap_login_refuse(c, e);
        return;
    }
    c->own = dialogue;
    c->end = end;
    c->line = line;
    if (!have)
        go_on(c, false, S(""));
    else if (str_eq(initial, S("="))) /* RFC 4959: an empty one */
        go_on(c, true, S(""));
    else
        take_message(c, initial);
}

const imap_entry imap_cmd_authenticate = {IMAP_WORD("AUTHENTICATE"), IMAP_GREETED, 0,
                                          IMAP_WORD("AUTHENTICATE mechanism [initial-response]"), run};
