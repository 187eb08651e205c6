/* One mail transaction, from MAIL to its last reply. */
#include <stdatomic.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "smtp/session.h"

enum {
    TRANSACTION_MEMORY = 1024 * 1024, /* and for each recipient allowed: */
    RECIPIENT_MEMORY = 4096,
    ACCEPT_MEMORY = 128 * 1024 * 1024, /* a message to the longest list there may be */
};

static atomic_size_t open_recipients; /* of the whole process */

smtp_inbound *smtp_inbound_new(const smtp_session *s, const addr_spec *sender, const smtp_mail_params *p) {
    const smtp_config *c = s->service->config;
    smtp_inbound *t = mem_alloc(sizeof *t);
    SCOPED_BUF text;
    arena_init(&t->memory, TRANSACTION_MEMORY + (size_t)c->max_recipients * RECIPIENT_MEMORY);
    spool_init(&t->spool, c->spool, c->spool_least, c->max_size);
    t->body = p->body;
    t->envelope = (mail_envelope){
        .sender = S(""),
        .envid = S(""),
        .ret_headers = p->ret_headers,
        .smtputf8 = p->smtputf8,
        .binary = p->body == SMTP_BODY_BINARYMIME,
        .submission = s->policy->submission,
        .submitter = s->user ? s->user->who.account : 0,
        .each_answered = s->policy->each_recipient,
    };
    mail_begin(&t->envelope);
    buf_init(&text, 4 * LIMIT_ADDRESS);
    if (sender->domain.n && address_print(&text, sender))
        t->envelope.sender = arena_str(&t->memory, buf_str(&text));
    buf_clear(&text);
    if (smtp_xtext_decode(&text, p->envid)) /* checked when it was parsed */
        t->envelope.envid = arena_str(&t->memory, buf_str(&text));
    return t;
}

void smtp_inbound_free(smtp_inbound *t) {
    if (!t)
        return;
    atomic_fetch_sub(&open_recipients, t->envelope.recipients_n);
    spool_free(&t->spool);
    arena_free(&t->memory);
    free(t);
}

mail_recipient *smtp_inbound_room(smtp_inbound *t) {
    mail_envelope *e = &t->envelope;
    if (atomic_load(&open_recipients) >= LIMIT_OPEN_RECIPIENTS)
        return NULL;
    if (e->recipients_n == t->recipients_cap) {
        size_t cap = t->recipients_cap ? t->recipients_cap * 2 : 1;
        mail_recipient *bigger = arena_array(&t->memory, cap, sizeof *bigger);
        if (!bigger)
            return NULL;
        if (e->recipients_n)
            memcpy(bigger, e->recipients, e->recipients_n * sizeof *bigger);
        e->recipients = bigger;
        t->recipients_cap = cap;
    }
    return &e->recipients[e->recipients_n];
}

void smtp_inbound_keep(smtp_inbound *t) {
    t->envelope.recipients_n++;
    atomic_fetch_add(&open_recipients, 1);
}

/* ---- collecting ---- */

void smtp_collect_begin(smtp_session *s) {
    smtp_inbound *t = s->tx;
    if (t->collecting)
        return;
    t->collecting = true;
    s->body_until_ms = time_mono_ms() + s->service->config->data_total_ms;
    smtp_data_begin(&t->data);
}

/* RFC 3030 3: bytes of any kind only in a BINARYMIME message, which DATA cannot carry. */
static bool lines_matter(const smtp_inbound *t) { return t->body != SMTP_BODY_BINARYMIME; }

void smtp_collect(smtp_session *s, str piece) {
    smtp_inbound *t = s->tx;
    if (lines_matter(t))
        smtp_line_ends_feed(&t->ends, piece);
    if (!t->ends.bare && !t->ends.nul)
        spool_add(&t->spool, piece);
}

void smtp_collect_wait(smtp_session *s) {
    const smtp_config *c = s->service->config;
    int64_t left = s->body_until_ms - time_mono_ms();
    if (left > 0) {
        smtp_wait_ms(s, left < c->data_ms ? left : c->data_ms);
        return;
    }
    smtp_say(s, 421, "4.4.2", "%.*s The message took too long", STR_ARG(c->host));
    smtp_close(s);
}

bool smtp_collect_broken(smtp_session *s, err *why) {
    const smtp_inbound *t = s->tx;
    *why = OK;
    if (t->ends.bare)
        *why = err_make(ERR_PEER, ERR_SYNTAX, "Bare CR or bare LF in the message: lines end with CRLF", "");
    else if (t->ends.nul)
        *why = err_make(ERR_PEER, ERR_SYNTAX, "NUL in the message", "");
    else if (t->spool.failed)
        *why = t->spool.why;
    return failed(*why);
}

/* ---- the end ---- */

static err accept_message(smtp_session *s) {
    static const principal rules = {.role = ROLE_DELIVER};
    smtp_inbound *t = s->tx;
    SCOPED_ARENA memory;
    str raw;
    err why;
    arena_init(&memory, ACCEPT_MEMORY);
    smtp_line_ends_finish(&t->ends);
    if (smtp_collect_broken(s, &why))
        return why;
    TRY(spool_whole(&t->spool, &raw));
    t->envelope.headroom = spool_headroom(&t->spool);
    mail_trace trace = smtp_trace(s, &memory);
    return mail_accept(s->service->mail, s->user ? &s->user->who : &rules, &t->envelope, &trace, raw, &memory);
}

static void log_end(const smtp_session *s, const err *why) {
    const mail_envelope *e = &s->tx->envelope;
    char client[ADDR_TEXT];
    addr_print(conn_peer(s->conn), client);
    str user = s->user ? str_c(s->user->name) : S("");
    if (!failed(*why))
        log_info("smtp.accepted", lf_c("id", e->id), lf_str("from", e->sender), lf_str("to", e->recipients[0].address),
                 lf_u64("recipients", e->recipients_n), lf_u64("size", s->tx->spool.size), lf_c("client", client),
                 lf_str("helo", s->helo), lf_str("user", user), lf_str("listener", s->service->listener));
    else if (why->kind == ERR_PEER)
        log_info("smtp.refused", lf_c("id", e->id), lf_str("from", e->sender), lf_c("client", client), lf_err(why));
    else
        log_error("smtp.failed", lf_c("id", e->id), lf_str("from", e->sender), lf_c("client", client), lf_err(why));
}

/* RFC 2033 4.2: a reply for each recipient that was accepted, in order. */
static void reply_each(smtp_session *s) {
    const mail_envelope *e = &s->tx->envelope;
    for (size_t i = 0; i < e->recipients_n; i++) {
        const mail_recipient *r = &e->recipients[i];
        if (failed(r->result))
            smtp_say_err(s, &r->result, r->address);
        else
            smtp_say(s, 250, "2.0.0", "<%.*s> Ok: queued as %s", STR_ARG(r->address), e->id);
    }
}

void smtp_message_end(smtp_session *s) {
    mail_envelope *e = &s->tx->envelope;
    err why = accept_message(s);
    for (size_t i = 0; i < e->recipients_n && failed(why); i++)
        if (!failed(e->recipients[i].result)) /* it failed before recipients were looked at */
            e->recipients[i].result = why;
    log_end(s, &why);
    if (s->policy->each_recipient)
        reply_each(s);
    else if (failed(why))
        smtp_say_err(s, &why, S(""));
    else
        smtp_say(s, 250, "2.0.0", "Ok: queued as %s", e->id);
    if (!failed(why))
        s->junk = 0;
    smtp_reset(s);
    smtp_wait_ms(s, s->service->config->command_ms);
}
