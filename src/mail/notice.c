#include "mail/notice.h"

#include "base/limits.h"
#include "base/log.h"
#include "mail/bounce.h"

enum {
    NOTICE_MEMORY = 8 * 1024 * 1024,
    NOTICE_RECIPIENTS = 1000, /* named in one notice; a list with more broken members is told of the first */
    NOTICE_TEXT = 4 * 1024 * 1024,
    ORIGINAL_WHOLE = 64 * 1024, /* larger originals come back as their header alone */
};

/* Of the copies of a recipient, those whose sender is to hear of their end now. */
static bool is_due(const mail_envelope *e, const mail_plan *plan, const mail_link *link, bounce_kind *kind) {
    const mail_copy *copy = &plan->copies[link->copy];
    if (copy->linked_last != link->recipient + 1 || copy->kind == COPY_REMOTE)
        return false; /* one notice for a shared copy */
    if (!failed(copy->result)) {
        *kind = BOUNCE_DELIVERED;
        return copy->notify & NOTIFY_SUCCESS;
    }
    *kind = BOUNCE_FAILED;
    if (e->each_answered && failed(e->recipients[link->recipient].result))
        return false; /* the client was told */
    return copy->notify == NOTIFY_DEFAULT || copy->notify & NOTIFY_FAILURE;
}

static bounce_recipient describe(const mail_copy *copy, bounce_kind kind, int64_t now, arena *a) {
    /* What was temporary at RCPT is final now: nobody will try again. */
    str status = kind == BOUNCE_FAILED ? arena_strf(a, "5%s", mail_status(&copy->result) + 1) : S("2.0.0");
    return (bounce_recipient){
        .address = copy->address,
        .original = copy->original,
        .kind = kind,
        .status = status.p ? status : S("5.0.0"),
        .remote = S(""),
        .diagnostic = kind == BOUNCE_FAILED ? str_c(copy->result.text) : S("Delivered to the mailbox"),
        .history = S(""),
        .last_attempt = now,
    };
}

static size_t collect(const mail_envelope *e, const mail_plan *plan, int64_t now, arena *a, bounce_recipient *out) {
    size_t n = 0;
    bounce_kind kind;
    for (size_t i = 0; i < plan->links_n && n < NOTICE_RECIPIENTS; i++)
        if (is_due(e, plan, &plan->links[i], &kind))
            out[n++] = describe(&plan->copies[plan->links[i].copy], kind, now, a);
    return n;
}

static bool any_due(const mail_envelope *e, const mail_plan *plan) {
    bounce_kind kind;
    for (size_t i = 0; i < plan->links_n; i++)
        if (is_due(e, plan, &plan->links[i], &kind))
            return true;
    return false;
}

/* To the sender, from nobody: it can cause no notice itself. */
static err send_notice(mail *m, str sender, str text, arena *a) {
    static const principal rules = {.role = ROLE_DELIVER};
    const mail_sender_rights ours = {.may_relay = true};
    const mail_trace trace = {.protocol = S("local")};
    addr_spec spec;
    mail_recipient to;
    TRY(address_parse(sender, true, a, &spec));
    TRY(mail_route(m, &ours, &spec, a, &to));
    to.notify = NOTIFY_NEVER;
    mail_envelope notice = {.sender = S(""), .envid = S(""), .smtputf8 = true, .recipients = &to, .recipients_n = 1};
    mail_begin(&notice);
    return mail_accept(m, &rules, &notice, &trace, text, a);
}

void mail_notices(mail *m, const mail_envelope *e, const mail_plan *plan, str message, int64_t now) {
    if (e->sender.n == 0 || !any_due(e, plan))
        return; /* RFC 5321 4.5.5: never in answer to a null reverse path */
    SCOPED_ARENA a;
    SCOPED_BUF text;
    arena_init(&a, NOTICE_MEMORY);
    buf_init(&text, NOTICE_TEXT);
    bounce_recipient *about = arena_array(&a, NOTICE_RECIPIENTS, sizeof *about);
    size_t n = about ? collect(e, plan, now, &a, about) : 0;
    err why = err_make(ERR_BUG, ERR_LIMIT, "", "notice not written");
    if (n &&
        bounce_write(&text, &m->config, e->sender, e->envid, now, about, n, message, e->ret_headers, ORIGINAL_WHOLE))
        why = send_notice(m, e->sender, buf_str(&text), &a);
    if (failed(why))
        log_error("mail.notice_lost", lf_c("id", e->id), lf_str("to", e->sender), lf_err(&why));
}
