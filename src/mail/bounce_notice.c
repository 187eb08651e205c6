#include "base/limits.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "mail/bounce.h"
#include "mail/forward.h"
#include "mime/header.h"

static err out_of_memory(void) { return err_make(ERR_PERM, ERR_LIMIT, "local error", "notice over its memory budget"); }

static bounce_kind kind_of(queue_notice kind, queue_fate fate) {
    if (kind == QUEUE_NOTICE_SUCCESS)
        return fate == SAID_RELAYED ? BOUNCE_RELAYED : BOUNCE_DELIVERED;
    return kind == QUEUE_NOTICE_DELAYED ? BOUNCE_DELAYED : BOUNCE_FAILED;
}

static bounce_recipient describe(const queue_entry *e, const queue_said *said, queue_notice kind, int64_t now) {
    return (bounce_recipient){
        .address = e->recipient,
        .original = e->original,
        .kind = kind_of(kind, said->fate),
        .status = said->status,
        .remote = said->remote,
        .diagnostic = said->text,
        .history = e->history,
        .last_attempt = now,
        .retry_until = e->expires,
    };
}

/* The message, or as much of it as can go back: all up to BOUNCE_FULL_MAX, of a larger one the header. */
static err read_original(const queue_attempt *attempt, const queue_entry *e, arena *a, str *original) {
    static const principal rules = {.role = ROLE_DELIVER};
    uint64_t most = e->size <= BOUNCE_FULL_MAX && !e->ret_headers ? BOUNCE_FULL_MAX : LIMIT_HEADER_BYTES;
    TRY(queue_read(attempt->store, &rules, e->id, 0, most, a, original));
    if (e->size > BOUNCE_FULL_MAX || e->ret_headers)
        *original = str_sub(*original, 0, header_size(*original));
    return OK;
}

static err write_notice(const mail *m, const queue_attempt *attempt, const bool *which, queue_notice kind, arena *a,
                        buf *out) {
    const queue_entry *first = NULL;
    size_t n = 0;
    int64_t now = time_wall();
    bounce_recipient *about = arena_array(a, attempt->n, sizeof *about);
    if (!about)
        return out_of_memory();
    for (size_t i = 0; i < attempt->n; i++) {
        if (!which[i])
            continue;
        first = first ? first : &attempt->entries[i];
        about[n++] = describe(&attempt->entries[i], &attempt->said[i], kind, now);
    }
    ASSERT(first);
    str original;
    TRY(read_original(attempt, first, a, &original));
    bool full = !first->ret_headers && first->size <= BOUNCE_FULL_MAX;
    return bounce_write(out, &m->config, first->sender, first->envid, first->created, about, n, original, !full,
                        BOUNCE_FULL_MAX)
               ? OK
               : out_of_memory();
}

/* Where the sender's mail goes, by the rules every message goes by. */
static err expand_sender(mail *m, str sender, arena *a, mail_plan *plan) {
    const mail_sender_rights ours = {.may_relay = true};
    addr_spec spec;
    mail_recipient *to = arena_alloc(a, sizeof *to);
    if (!to)
        return out_of_memory();
    TRY(address_parse(sender, true, a, &spec));
    TRY(mail_route(m, &ours, &spec, a, to));
    to->notify = NOTIFY_NEVER; /* RFC 3461 6.1: a notice about a notice helps nobody */
    mail_envelope e = {.sender = S(""), .envid = S(""), .smtputf8 = true, .recipients = to, .recipients_n = 1};
    return mail_expand(m, &e, a, plan);
}

static str local_header(str mailbox, arena *a) {
    SCOPED_BUF lines;
    buf_init(&lines, LIMIT_RECIPIENT_HEADER);
    bool fits = header_print(&lines, S("Return-Path"), S("<>")) && header_print(&lines, S("Delivered-To"), mailbox);
    return fits ? arena_str(a, buf_str(&lines)) : (str){0};
}

static err address_notice(const mail_plan *plan, arena *a, store_accepted *notice) {
    store_local *locals = arena_array(a, plan->n + 1, sizeof *locals);
    store_recipient *recipients = arena_array(a, plan->n + 1, sizeof *recipients);
    if (!locals || !recipients)
        return out_of_memory();
    for (size_t i = 0; i < plan->n; i++) {
        const mail_copy *copy = &plan->copies[i];
        if (copy->kind == COPY_LOCAL) {
            store_local local = {
                .account = copy->account, .mailbox = S("INBOX"), .header = local_header(copy->address, a)};
            if (!local.header.p)
                return out_of_memory();
            locals[notice->locals_n++] = local;
        } else if (copy->kind == COPY_REMOTE) {
            recipients[notice->recipients_n++] = (store_recipient){
                .address = copy->address, .original = S(""), .notify = NOTIFY_NEVER, .target = S("relay")};
        }
    }
    notice->locals = locals;
    notice->recipients = recipients;
    return OK;
}

static err fill_notice(const mail *m, str message, arena *a, store_accepted *notice) {
    char id[RAND_ID];
    rand_id(id);
    store_content *content = arena_alloc(a, sizeof *content);
    if (!content)
        return out_of_memory();
    TRY(store_content_of(message, a, content));
    int64_t now = time_wall();
    notice->id = arena_str(a, (str){id, RAND_ID});
    notice->sender = notice->envid = S("");
    notice->smtputf8 = !utf8_is_ascii(str_sub(message, 0, content->header_size));
    notice->body8 = !utf8_is_ascii(message);
    notice->expires = now + m->config.queue_lifetime_s;
    notice->first_try = now;
    notice->hold = m->config.hold;
    notice->content = content;
    notice->date = now;
    return notice->id.p ? OK : out_of_memory();
}

static bool is_answer(const err *e) { return e->kind == ERR_PEER || e->kind == ERR_PERM; }

err bounce_notice(void *self, const queue_attempt *attempt, const bool *which, queue_notice kind, arena *a,
                  store_accepted *notice, bool *made) {
    mail *m = self;
    str sender = attempt->n ? attempt->entries[0].sender : S("");
    *made = false;
    *notice = (store_accepted){0};
    if (!sender.n)
        return OK;
    mail_plan plan;
    err e = expand_sender(m, sender, a, &plan);
    if (is_answer(&e)) { /* nobody there to be told: RFC 5321 6.1 lets it end here, the log keeps it */
        log_warn("bounce.no_sender", lf_str("id", attempt->entries[0].message_id), lf_str("sender", sender),
                 lf_err(&e));
        return OK;
    }
    TRY(e);
    TRY(address_notice(&plan, a, notice));
    if (!notice->locals_n && !notice->recipients_n)
        return OK;
    SCOPED_BUF message;
    buf_init(&message, 32 * 1024 * 1024);
    TRY(write_notice(m, attempt, which, kind, a, &message));
    str kept = arena_str(a, buf_str(&message));
    if (!kept.p)
        return out_of_memory();
    TRY(fill_notice(m, kept, a, notice));
    *made = true;
    return OK;
}
