#include "smtp/client_inside.h"

void client_add(smtp_client *c, str bytes) { buf_add(&c->out, bytes); }

err client_flush(smtp_client *c, int64_t ms) {
    if (c->out.over) {
        c->broken = true;
        return err_make(ERR_BUG, ERR_LIMIT, "local error", "%zu bytes of commands at once", c->out.n);
    }
    deadline until = deadline_in(ms);
    err e = wire_write(c->wire, buf_str(&c->out), until);
    if (!failed(e))
        e = wire_flush(c->wire, until);
    buf_clear(&c->out);
    if (failed(e))
        c->broken = true;
    return e;
}

static err reply_lost(smtp_client *c, const char *stage, const err *e) {
    c->broken = true;
    c->reply.code = 0;
    if (e->what == ERR_TIMEOUT)
        return err_make(ERR_TEMP, ERR_TIMEOUT, "the server did not answer in time", "no answer to %s in time", stage);
    if (e->what == ERR_LIMIT)
        return err_make(ERR_TEMP, ERR_SYNTAX, "the server's answer has an endless line", "endless line answers %s",
                        stage);
    return err_make(ERR_TEMP, ERR_CLOSED, "the server closed the connection", "connection lost after %s", stage);
}

err client_reply(smtp_client *c, const char *stage, int64_t ms, smtp_caps *caps) {
    deadline until = deadline_in(ms);
    smtp_reply_begin(&c->reply);
    for (;;) {
        str line, text;
        err e = wire_read_line(c->wire, SMTP_REPLY_LINE, &line, until);
        if (failed(e))
            return reply_lost(c, stage, &e);
        smtp_reply_state state = smtp_reply_line(&c->reply, line, &text);
        if (state == SMTP_REPLY_BAD) {
            c->broken = true;
            c->reply.code = 0;
            return err_make(ERR_TEMP, ERR_SYNTAX, "the server's answer is not SMTP", "no SMTP reply to %s", stage);
        }
        if (caps && c->reply.lines > 1)
            smtp_caps_line(caps, text);
        if (state == SMTP_REPLY_DONE)
            break;
    }
    if (c->reply.code == 421) /* RFC 5321 3.8: it closes now */
        c->broken = true;
    return OK;
}

err client_ask(smtp_client *c, str command, const char *stage, int64_t ms) {
    client_add(c, command);
    client_add(c, S("\r\n"));
    TRY(client_flush(c, ms));
    return client_reply(c, stage, ms, NULL);
}

smtp_reply client_said(const smtp_client *c, arena *a) {
    smtp_reply r = {.code = c->reply.code, .text = arena_str(a, buf_str(&c->reply.words))};
    memcpy(r.status, c->reply.status, sizeof r.status);
    return r;
}

smtp_reply client_own_reply(unsigned code, const char *status, str text) {
    smtp_reply r = {.code = code, .text = text};
    snprintf(r.status, sizeof r.status, "%s", status);
    return r;
}
