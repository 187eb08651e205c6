/* The one door: every message enters the store here. */
#include "base/limits.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "mail/content.h"
#include "mail/forward.h"
#include "mail/notice.h"
#include "mime/header.h"

enum {
    CONTENT_ARENA = 16 * 1024 * 1024
}; /* structure of one message; past it parts go undescribed, nothing is refused */

static const principal rules = {.role = ROLE_DELIVER};

/* Into mailboxes of others only the mail rules deliver; whoever hands in mail does so in his own name. */
static err check_who(const principal *who, const mail_envelope *e) {
    if (who->role == ROLE_DELIVER || (who->role == ROLE_ACCOUNT && who->account == e->submitter))
        return OK;
    return err_make(ERR_PEER, ERR_DENIED, "Not allowed", "role %d hands in mail", (int)who->role);
}

void mail_begin(mail_envelope *e) {
    rand_id(e->id);
    e->id[RAND_ID] = 0;
}

/* RFC 5321 4.4: Return-Path is made by the delivering server. Delivered-To names the address that led here. */
static str local_header(const mail_envelope *e, const mail_copy *copy, arena *a) {
    SCOPED_BUF lines;
    buf_init(&lines, LIMIT_RECIPIENT_HEADER);
    str path = arena_strf(a, "<%.*s>", STR_ARG(e->sender));
    if (!path.p || !header_print(&lines, S("Return-Path"), path) ||
        !header_print(&lines, S("Delivered-To"), copy->address))
        return (str){NULL, 0};
    return arena_str(a, buf_str(&lines));
}

/* The lists store_accept takes. local_of[i] is the copy behind local i. */
typedef struct deliveries {
    store_local *locals;
    size_t *local_of;
    err *results;
    size_t locals_n;
    store_recipient *remotes;
    size_t remotes_n;
} deliveries;

static err out_of_memory(void) {
    return err_make(ERR_TEMP, ERR_LIMIT, "Too many recipients at once", "message over its memory budget");
}

static err list_deliveries(const mail_envelope *e, const mail_plan *plan, arena *a, deliveries *d) {
    size_t n = plan->n ? plan->n : 1;
    d->locals = arena_array(a, n, sizeof *d->locals);
    d->local_of = arena_array(a, n, sizeof *d->local_of);
    d->results = arena_array(a, n, sizeof *d->results);
    d->remotes = arena_array(a, n, sizeof *d->remotes);
    if (!d->locals || !d->local_of || !d->results || !d->remotes)
        return out_of_memory();
    for (size_t i = 0; i < plan->n; i++) {
        const mail_copy *copy = &plan->copies[i];
        if (copy->kind == COPY_LOCAL) {
            store_local *local = &d->locals[d->locals_n];
            *local = (store_local){.account = copy->account, .mailbox = S("INBOX"), .header = local_header(e, copy, a)};
            if (!local->header.p)
                return out_of_memory();
            d->local_of[d->locals_n++] = i;
        } else if (copy->kind == COPY_REMOTE) {
            d->remotes[d->remotes_n++] = (store_recipient){
                .address = copy->address, .original = copy->original, .notify = copy->notify, .target = S("relay")};
        }
    }
    return OK;
}

/* SMTPUTF8 is asked of the next server only when the message cannot do without (RFC 6531 3.4 leaves that to us). */
static bool needs_utf8(const mail_envelope *e, const mail_plan *plan, const mail_content *content) {
    bool needed = content->header8 || !utf8_is_ascii(e->sender);
    for (size_t i = 0; i < plan->n && !needed; i++)
        needed = !utf8_is_ascii(plan->copies[i].address);
    return needed;
}

static err store_copies(mail *m, const mail_envelope *e, const mail_plan *plan, const mail_content *content,
                        int64_t now, arena *a) {
    deliveries d = {0};
    TRY(list_deliveries(e, plan, a, &d));
    if (d.locals_n == 0 && d.remotes_n == 0)
        return OK;
    const store_accepted accepted = {
        .id = str_c(e->id),
        .sender = e->sender,
        .envid = e->envid,
        .ret_headers = e->ret_headers,
        .smtputf8 = needs_utf8(e, plan, content),
        .body8 = content->body8,
        .binary = e->binary,
        .submitter = e->submitter,
        .expires = now + m->config.queue_lifetime_s,
        .first_try = now,
        .hold = m->config.hold,
        .content = &content->stored,
        .locals = d.locals,
        .locals_n = d.locals_n,
        .recipients = d.remotes,
        .recipients_n = d.remotes_n,
        .date = now,
    };
    TRY(store_accept(m->store, &rules, &accepted, d.results));
    for (size_t i = 0; i < d.locals_n; i++)
        plan->copies[d.local_of[i]].result = d.results[i];
    return OK;
}

/* A recipient is served when one of its copies is; else it shares the fate of the first. The whole failed when all did.
 */
static err settle_recipients(mail_envelope *e, const mail_plan *plan) {
    err whole = OK;
    bool any = false;
    size_t at = 0;
    for (size_t r = 0; r < e->recipients_n; r++) {
        err first = OK;
        bool served = false;
        for (; at < plan->links_n && plan->links[at].recipient == r; at++) {
            const err *result = &plan->copies[plan->links[at].copy].result;
            served = served || !failed(*result);
            if (failed(*result) && !failed(first))
                first = *result;
        }
        e->recipients[r].result = served ? OK : first;
        any = any || served;
        if (!served && !failed(whole))
            whole = first;
    }
    return any ? OK : whole;
}

err mail_accept(mail *m, const principal *who, mail_envelope *e, const mail_trace *t, str raw, arena *a) {
    int64_t now = time_wall();
    mail_plan plan;
    mail_content content = {0};
    SCOPED_ARENA memory;
    arena_init(&memory, CONTENT_ARENA);
    err why = check_who(who, e);
    if (!failed(why))
        why = mail_expand(m, e, a, &plan);
    if (!failed(why))
        why = mail_content_make(&m->config, e, t, raw, now, &memory, &content);
    if (!failed(why))
        why = store_copies(m, e, &plan, &content, now, a);
    if (!failed(why))
        why = settle_recipients(e, &plan);
    else
        for (size_t i = 0; i < e->recipients_n; i++)
            e->recipients[i].result = why;
    if (!failed(why))
        mail_notices(m, e, &plan, content.stored.raw, now);
    mail_content_free(&content);
    return why;
}
