#include "imap/cmd.h"

/* RFC 9051 6.1.1. Few before the login: what a client needs to get in, and nothing a guesser could use. */
static void before_login(buf *out, const imap_session *s) {
    const imap_service *service = s->service;
    buf_add(out, S(" LITERAL- SASL-IR ENABLE ID IDLE"));
    if (service->tls && !conn_is_tls(s->conn))
        buf_add(out, S(" STARTTLS"));
    if (!auth_plaintext_allowed(service->auth, s->conn))
        buf_add(out, S(" LOGINDISABLED"));
    SCOPED_ARENA memory;
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    str rest = auth_mechanisms(service->auth, s->conn, &memory), name;
    while (str_cut(&rest, ' ', &name))
        if (name.n)
            buf_addf(out, " AUTH=%.*s", STR_ARG(name));
}

void imap_capabilities(buf *out, const imap_session *s) {
    buf_add(out, S("IMAP4rev1 IMAP4rev2"));
    if (s->state == IMAP_GREETED) {
        before_login(out, s);
        return;
    }
    buf_add(out, S(" LITERAL+ ENABLE ID IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE"
                   " LIST-EXTENDED LIST-STATUS STATUS=SIZE CONDSTORE ESEARCH SEARCHRES WITHIN BINARY UTF8=ACCEPT"));
    buf_addf(out, " APPENDLIMIT=%llu", (unsigned long long)s->service->max_append);
}

static void run(imap_command *c) {
    if (!imap_scan_end(&c->args)) {
        imap_bad(c);
        return;
    }
    buf *out = imap_out(c);
    buf_add(out, S("* CAPABILITY "));
    imap_capabilities(out, c->session);
    buf_add(out, S("\r\n"));
    imap_ok(c, "CAPABILITY done");
}

const imap_entry imap_cmd_capability = {
    {"CAPABILITY", 10}, IMAP_GREETED | IMAP_AUTHENTICATED | IMAP_SELECTED, 0, {"CAPABILITY", 10}, run};
