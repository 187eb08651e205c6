#include "smtp/client_body.h"
#include "smtp/client_inside.h"

/* One transaction under way. */
typedef struct sending {
    smtp_client *c;
    smtp_transaction *t;
    arena *a;
    client_plan plan;
    err why;          /* of an outcome that is not SMTP_ALL_SAID */
    deadline slowest; /* for the whole of the data: a server that takes a byte a minute does not hold us for years */
    bool committed;   /* the end of the data may have been seen by the server */
    bool unread;      /* our own side could not read the message */
} sending;

enum {
    SLOWEST_BYTES_PER_SECOND = 512,
    LAST_WORDS_MS = 1000,
};

static void give_live(sending *s, const smtp_reply *reply) {
    for (size_t i = 0; i < s->t->rcpts_n; i++)
        if (s->plan.live[i])
            s->t->rcpts[i].reply = *reply;
}

/* The recipients that have no last word yet have none; `why` tells. */
static smtp_outcome lost(sending *s, err e) {
    s->why = e;
    for (size_t i = 0; i < s->t->rcpts_n; i++)
        if (s->plan.live[i])
            s->t->rcpts[i].reply = (smtp_reply){0};
    return s->committed ? SMTP_MAYBE_SENT : SMTP_NOT_SENT;
}

/* ---- the envelope ---- */

static err read_reply(sending *s, const char *stage, int64_t ms) {
    TRY(client_reply(s->c, stage, ms, NULL));
    if (s->c->reply.code == 421)
        return err_make(ERR_TEMP, ERR_CLOSED, "the server closed the session", "421 to %s: %.*s", stage,
                        STR_ARG(str_sub(buf_str(&s->c->reply.words), 0, 60)));
    return OK;
}

/* Sends what is queued up to here and reads the replies of RSET and MAIL when they are among it. */
static err read_openings(sending *s, bool reset, smtp_reply *mail) {
    TRY(client_flush(s->c, s->c->config.command_ms));
    if (reset)
        TRY(read_reply(s, "RSET", s->c->config.command_ms));
    s->c->begun = true;
    TRY(read_reply(s, "MAIL", s->c->config.command_ms));
    *mail = client_said(s->c, s->a);
    return OK;
}

/* A recipient's reply: taken (250, 251), or its last word. */
static void take_rcpt_reply(sending *s, size_t i) {
    s->t->rcpts[i].reply = client_said(s->c, s->a);
    if (client_class(s->c) == 2)
        return;
    s->plan.live[i] = false;
    s->plan.live_n--;
}

/* All RCPTs, a window of them at a time. With `mail` (pipelined) the first window also carries RSET and MAIL; with
 * `data` the last carries DATA. */
static err say_rcpts(sending *s, bool reset, smtp_reply *mail, bool data) {
    size_t window = s->plan.pipelined ? SMTP_WINDOW : 1, n = s->t->rcpts_n;
    size_t said = 0, heard = 0;
    while (heard < n || mail) {
        for (size_t ahead = 0; said < n && ahead < window; said++) {
            if (!s->plan.live[said])
                continue;
            client_add_rcpt(s->c, &s->t->rcpts[said], s->plan.addresses[said], &s->plan);
            ahead++;
        }
        if (said == n && data)
            client_add(s->c, S("DATA\r\n"));
        if (mail)
            TRY(read_openings(s, reset, mail));
        else
            TRY(client_flush(s->c, s->c->config.command_ms));
        bool refused = mail && mail->code / 100 != 2;
        mail = NULL;
        for (; heard < said; heard++) {
            if (!s->plan.live[heard])
                continue;
            TRY(read_reply(s, "RCPT", s->c->config.command_ms));
            if (!refused)
                take_rcpt_reply(s, heard);
        }
        if (refused)
            return OK;
    }
    return OK;
}

/* MAIL and RCPT, and DATA too when it could be pipelined (*data_said). */
static err say_envelope(sending *s, smtp_reply *mail, bool *data_said) {
    smtp_client *c = s->c;
    bool reset = c->begun;
    if (reset)
        client_add(c, S("RSET\r\n"));
    if (reset && !s->plan.pipelined) {
        TRY(client_flush(c, c->config.command_ms));
        TRY(read_reply(s, "RSET", c->config.command_ms));
        reset = false;
    }
    client_add_mail(c, s->t, &s->plan);
    if (s->plan.pipelined) {
        *data_said = !s->plan.bdat && s->t->rcpts_n <= SMTP_WINDOW;
        return say_rcpts(s, reset, mail, *data_said);
    }
    TRY(read_openings(s, false, mail));
    return mail->code / 100 == 2 ? say_rcpts(s, false, NULL, false) : OK;
}

/* ---- the data ---- */

static err write_out(sending *s) {
    deadline until = deadline_sooner(deadline_in(s->c->config.data_block_ms), s->slowest);
    err e = wire_write(s->c->wire, buf_str(&s->c->out), until);
    buf_clear(&s->c->out);
    if (failed(e))
        s->c->broken = true;
    return e;
}

static err write_end(sending *s) {
    s->committed = true;
    TRY(write_out(s));
    err e = wire_flush(s->c->wire, deadline_sooner(deadline_in(s->c->config.data_block_ms), s->slowest));
    if (failed(e))
        s->c->broken = true;
    return e;
}

/* The next block of the message, empty at its end. */
static err next_block(sending *s, uint64_t *offset, str *block) {
    err e = s->t->read(s->t->source, *offset, SMTP_BLOCK, block);
    if (failed(e)) {
        s->c->broken = true; /* nothing but closing tells the server that this message is not whole */
        s->unread = true;
        return e;
    }
    *offset += block->n;
    return OK;
}

static err send_data(sending *s) {
    smtp_encoder encoder = {.dots = true};
    uint64_t offset = 0;
    str block;
    do {
        TRY(next_block(s, &offset, &block));
        smtp_encode_block(&encoder, block, &s->c->out);
        if (block.n)
            TRY(write_out(s));
    } while (block.n);
    smtp_encode_end(&encoder, &s->c->out);
    return write_end(s);
}

/* RFC 3030 2: chunks of the sizes that BDAT tells. The replies of all but the last are read here; at most
 * SMTP_CHUNKS_AHEAD are awaited at a time. *refused: one of them said no, the server threw the message away. */
static err read_chunk_replies(sending *s, size_t *awaited, size_t most, bool *refused) {
    for (; *awaited > most; --*awaited) {
        TRY(read_reply(s, "BDAT", s->c->config.data_end_ms));
        if (client_class(s->c) == 2 || *refused)
            continue;
        *refused = true;
        smtp_reply reply = client_said(s->c, s->a);
        give_live(s, &reply);
    }
    return OK;
}

static err add_chunk(sending *s, buf *chunk, bool last) {
    buf_addf(&s->c->out, "BDAT %zu%s\r\n", chunk->n, last ? " LAST" : "");
    client_add(s->c, buf_str(chunk));
    buf_clear(chunk);
    return last ? write_end(s) : write_out(s);
}

static err send_chunks(sending *s, bool *refused) {
    smtp_encoder encoder = {0};
    uint64_t offset = 0;
    size_t awaited = 0, ahead = s->plan.pipelined ? SMTP_CHUNKS_AHEAD : 0;
    SCOPED_BUF chunk;
    buf_init(&chunk, 2 * SMTP_BLOCK);
    for (;;) {
        str block;
        TRY(next_block(s, &offset, &block));
        bool last = !block.n || offset >= s->t->size;
        if (s->t->binary)
            buf_add(&chunk, block);
        else
            smtp_encode_block(&encoder, block, &chunk);
        if (last)
            smtp_encode_end(&encoder, &chunk);
        TRY(add_chunk(s, &chunk, last));
        if (last) {
            TRY(read_chunk_replies(s, &awaited, 0, refused));
            s->c->broken = s->c->broken || *refused; /* how many answers the last chunk still gets is anybody's guess */
            return OK;
        }
        awaited++;
        TRY(read_chunk_replies(s, &awaited, ahead, refused));
        if (*refused)
            return read_chunk_replies(s, &awaited, 0, refused);
    }
}

/* The answers to the end of the data: one for all, or with LMTP one for each (RFC 2033 4.2). */
static err read_verdicts(sending *s) {
    smtp_reply reply = {0};
    bool first = true;
    for (size_t i = 0; i < s->t->rcpts_n; i++) {
        if (!s->plan.live[i])
            continue;
        if (first || s->c->config.lmtp) {
            TRY(client_reply(s->c, "the end of the data", s->c->config.data_end_ms, NULL));
            reply = client_said(s->c, s->a);
        }
        first = false;
        s->t->rcpts[i].reply = reply;
        s->plan.live[i] = false; /* its last word */
        if (s->c->broken && s->c->config.lmtp && i + 1 < s->t->rcpts_n)
            return err_make(ERR_TEMP, ERR_CLOSED, "the server closed the session", "421 to the end of the data");
    }
    return OK;
}

/* ---- the whole ---- */

/* DATA was pipelined behind recipients of which none was taken. RFC 2920 3.1: a server may still say 354, and then
 * wants its dot. */
static void unsay_data(sending *s) {
    if (failed(read_reply(s, "DATA", s->c->config.data_start_ms)) || s->c->reply.code != 354)
        return;
    client_add(s->c, S(".\r\n"));
    if (!failed(client_flush(s->c, s->c->config.command_ms)) &&
        !failed(client_reply(s->c, "an empty message", s->c->config.data_end_ms, NULL)))
        s->c->begun = true;
}

/* A server may refuse in the middle of the data and close: its reason lies before the end of the connection. */
static bool heard_why(sending *s) {
    if (s->unread || failed(client_reply(s->c, "the data", LAST_WORDS_MS, NULL)) || client_class(s->c) < 4)
        return false;
    s->c->broken = true;
    smtp_reply reply = client_said(s->c, s->a);
    give_live(s, &reply);
    return true;
}

static smtp_outcome send_body(sending *s, bool data_said) {
    smtp_client *c = s->c;
    bool refused = false;
    err e = OK;
    if (!s->plan.bdat) {
        if (!data_said) {
            client_add(c, S("DATA\r\n"));
            e = client_flush(c, c->config.data_start_ms);
        }
        if (!failed(e))
            e = read_reply(s, "DATA", c->config.data_start_ms);
        if (failed(e))
            return lost(s, e);
        refused = c->reply.code != 354;
        if (refused && client_class(c) < 4) { /* neither yes nor no: whatever follows would be taken for commands */
            c->broken = true;
            return lost(
                s, err_make(ERR_TEMP, ERR_SYNTAX, "the server's answer makes no sense", "%u to DATA", c->reply.code));
        }
        smtp_reply reply = client_said(c, s->a);
        if (refused)
            give_live(s, &reply);
    }
    if (refused)
        return SMTP_ALL_SAID;
    e = s->plan.bdat ? send_chunks(s, &refused) : send_data(s);
    if (failed(e))
        return heard_why(s) ? SMTP_ALL_SAID : lost(s, e);
    if (refused)
        return SMTP_ALL_SAID;
    e = read_verdicts(s);
    if (failed(e))
        return lost(s, e);
    c->begun = false;
    return SMTP_ALL_SAID;
}

static smtp_outcome send_all(sending *s) {
    err e = client_plan_make(s->c, s->t, s->a, &s->plan);
    if (failed(e))
        return lost(s, e);
    if (!s->plan.live_n)
        return SMTP_ALL_SAID;
    smtp_reply mail = {0};
    bool data_said = false;
    e = say_envelope(s, &mail, &data_said);
    bool refused = mail.code && mail.code / 100 != 2;
    if (failed(e) && !refused)
        return lost(s, e);
    if (refused)
        give_live(s, &mail);
    if (!failed(e) && data_said && (refused || !s->plan.live_n))
        unsay_data(s);
    if (refused && mail.code / 100 == 4) {
        s->why = err_make(ERR_TEMP, ERR_UNAVAILABLE, "the server refused the sender for now", "%u to MAIL", mail.code);
        return SMTP_NOT_SENT;
    }
    if (refused || !s->plan.live_n)
        return SMTP_ALL_SAID;
    return send_body(s, data_said);
}

smtp_outcome smtp_client_send(smtp_client *c, smtp_transaction *t, arena *a, err *why) {
    sending s = {.c = c, .t = t, .a = a};
    s.slowest = deadline_in(c->config.data_block_ms + (int64_t)(t->size / SLOWEST_BYTES_PER_SECOND) * 1000);
    c->transactions++;
    smtp_outcome outcome = send_all(&s);
    *why = s.why;
    buf_free(&c->out);
    return outcome;
}
