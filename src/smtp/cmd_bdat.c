/* BDAT: the message in chunks of announced size (RFC 3030).
 *
 * Whatever is wrong, the bytes that were announced are read and thrown away before the reply: they must never be taken
 * for commands. Where it cannot be known how many they are, the connection ends. */
#include "smtp/session.h"

struct smtp_refusal {
    unsigned code;
    const char *status, *text;
};

static void chunk_end(smtp_session *s) {
    err why;
    if (s->chunk_refusal) {
        const struct smtp_refusal *r = s->chunk_refusal;
        s->chunk_refusal = NULL;
        smtp_move(s, s->chunk_after);
        smtp_say(s, r->code, r->status, "%s", r->text);
    } else if (s->chunk_last) {
        smtp_message_end(s);
        return;
    } else if (smtp_collect_broken(s, &why)) {
        smtp_reset(s); /* the chunks that follow find no transaction and are thrown away too */
        smtp_say_err(s, &why, S(""));
    } else {
        smtp_move(s, SMTP_BDAT);
        smtp_say(s, 250, "2.0.0", "Ok: %llu bytes so far", (unsigned long long)s->tx->spool.size);
    }
    smtp_wait_ms(s, s->service->config->command_ms);
}

size_t smtp_chunk_input(smtp_session *s, str in) {
    str piece = str_sub(in, 0, s->chunk_left < in.n ? (size_t)s->chunk_left : in.n);
    s->chunk_left -= piece.n;
    if (!s->chunk_refusal)
        smtp_collect(s, piece);
    if (s->chunk_left == 0)
        chunk_end(s);
    else
        smtp_collect_wait(s);
    return piece.n;
}

/* Why the announced bytes cannot be part of a message, or NULL. */
static const struct smtp_refusal *refusal_of(const smtp_session *s, smtp_bdat kind) {
    static const struct smtp_refusal no_hello = {503, "5.5.1", "Say EHLO first"},
                                     no_mail = {503, "5.5.1", "Say MAIL first"},
                                     no_rcpt = {503, "5.5.1", "No valid recipients"},
                                     bad_tail = {501, "5.5.4", "Say BDAT size [LAST]"};
    if (kind == SMTP_BDAT_TAIL)
        return &bad_tail;
    switch (s->state) {
    case SMTP_FRESH:
        return &no_hello;
    case SMTP_READY:
        return &no_mail;
    case SMTP_MAIL:
        return &no_rcpt;
    default:
        return NULL;
    }
}

/* A message that lost a chunk must never be completed by the next one: its transaction ends here. */
static void refuse_chunk(smtp_session *s, const struct smtp_refusal *why) {
    if (s->state & (SMTP_RCPT | SMTP_BDAT))
        smtp_reset(s);
    s->chunk_refusal = why;
    s->chunk_after = s->state;
    s->body_until_ms = time_mono_ms() + s->service->config->data_total_ms;
}

void smtp_cmd_bdat(smtp_session *s, str verb, str args) {
    uint64_t size;
    bool last;
    smtp_bdat kind = smtp_bdat_parse(args, &size, &last);
    if (kind == SMTP_BDAT_UNKNOWN) {
        smtp_say(s, 501, "5.5.4", "Say BDAT size [LAST]; closing, for where the chunk ends is unknown");
        smtp_close(s);
        return;
    }
    const struct smtp_refusal *why = refusal_of(s, kind);
    if (why)
        refuse_chunk(s, why);
    else
        smtp_collect_begin(s);
    s->chunk_left = size;
    s->chunk_last = last;
    smtp_move(s, SMTP_CHUNK);
    if (size == 0)
        chunk_end(s);
    else
        smtp_collect_wait(s);
}
