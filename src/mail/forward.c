#include "mail/forward.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"

enum { FORWARD_DEPTH = 10 }; /* addresses that forward to addresses that forward ... */

typedef struct expansion {
    mail *m;
    const mail_envelope *e;
    arena *a;
    mail_plan *plan;
    size_t copies_cap, links_cap;
    map folded;       /* account or remote key -> copy + 1 */
    map visited;      /* keys of the recipient at hand: loop protection */
    size_t recipient; /* the one at hand */
} expansion;

static err over_budget(void) {
    return err_make(ERR_TEMP, ERR_LIMIT, "Too many forwards", "forwards of one message over the limit");
}

/* Doubles an array of the arena; the old one stays until the arena goes. */
static bool grow(arena *a, void **items, size_t n, size_t *cap, size_t size) {
    if (n < *cap)
        return true;
    size_t wanted = *cap ? *cap * 2 : 8;
    void *bigger = arena_array(a, wanted, size);
    if (!bigger)
        return false;
    if (n)
        memcpy(bigger, *items, n * size);
    *items = bigger;
    *cap = wanted;
    return true;
}

static err link_copy(expansion *x, size_t copy) {
    mail_plan *plan = x->plan;
    if (plan->copies[copy].linked_last == x->recipient + 1)
        return OK;
    plan->copies[copy].linked_last = x->recipient + 1;
    if (plan->links_n >= LIMIT_RECIPIENTS ||
        !grow(x->a, (void **)&plan->links, plan->links_n, &x->links_cap, sizeof *plan->links))
        return over_budget();
    plan->links[plan->links_n++] = (mail_link){x->recipient, copy};
    return OK;
}

static err add_copy(expansion *x, const mail_copy *copy) {
    mail_plan *plan = x->plan;
    if (plan->n >= LIMIT_RECIPIENTS ||
        !grow(x->a, (void **)&plan->copies, plan->n, &x->copies_cap, sizeof *plan->copies))
        return over_budget();
    plan->copies[plan->n++] = *copy;
    return link_copy(x, plan->n - 1);
}

/* One copy for each account or remote address, however many recipients lead there. */
static err add_folded(expansion *x, str key, const mail_copy *copy) {
    uintptr_t known = (uintptr_t)map_get(&x->folded, key);
    if (known)
        return link_copy(x, known - 1);
    TRY(add_copy(x, copy));
    return map_put(&x->folded, key, (void *)(uintptr_t)x->plan->n) ? OK : over_budget();
}

static mail_copy copy_for(const expansion *x, const mail_recipient *r) {
    const mail_recipient *asked = &x->e->recipients[x->recipient];
    mail_copy copy = {.address = r->address, .notify = asked->notify, .original = asked->original};
    /* RFC 3461 5.2.1: whoever changes the address keeps the original one for the notices. */
    if (r != asked && copy.original.n == 0)
        copy.original = arena_strf(x->a, "%s;%.*s", asked->spec.utf8 ? "utf-8" : "rfc822", STR_ARG(asked->address));
    return copy;
}

static err add_failed(expansion *x, const mail_recipient *r, err why) {
    mail_copy copy = copy_for(x, r);
    copy.kind = COPY_FAILED;
    copy.result = why;
    return copy.original.p ? add_copy(x, &copy) : over_budget();
}

static err add_delivery(expansion *x, const mail_recipient *r) {
    mail_copy copy = copy_for(x, r);
    if (!copy.original.p)
        return over_budget();
    copy.kind = r->way == MAIL_LOCAL ? COPY_LOCAL : COPY_REMOTE;
    if (copy.kind == COPY_REMOTE)
        return add_folded(x, r->key, &copy);
    copy.account = r->target.account;
    str key = arena_strf(x->a, "%lld", (long long)copy.account); /* no address: it has no "@" */
    return key.p ? add_folded(x, key, &copy) : over_budget();
}

static err expand(expansion *x, const mail_recipient *r, int depth);

static err expand_forward(expansion *x, str target, int depth) {
    const mail_sender_rights ours = {.may_relay = true};
    addr_spec spec;
    mail_recipient *next = arena_alloc(x->a, sizeof *next);
    if (!next)
        return over_budget();
    *next = (mail_recipient){.address = target};
    err why = address_parse(target, true, x->a, &spec);
    if (!failed(why))
        why = mail_route(x->m, &ours, &spec, x->a, next);
    if (why.kind == ERR_TEMP || why.kind == ERR_BUG)
        return why;
    return failed(why) ? add_failed(x, next, why) : expand(x, next, depth + 1);
}

static err expand(expansion *x, const mail_recipient *r, int depth) {
    if (r->way == MAIL_RELAY)
        return add_delivery(x, r);
    str key = r->target.key;
    if (map_get(&x->visited, key))
        return OK;
    if (!map_put(&x->visited, key, x))
        return over_budget();
    if (r->target.account)
        TRY(add_delivery(x, r));
    if (r->target.forwards_n && depth >= FORWARD_DEPTH)
        return add_failed(x, r, err_make(ERR_PEER, ERR_CONFLICT, "Too many levels of forwarding", ""));
    for (size_t i = 0; i < r->target.forwards_n; i++)
        TRY(expand_forward(x, r->target.forwards[i], depth));
    return OK;
}

static err expand_recipient(expansion *x) {
    const mail_recipient *r = &x->e->recipients[x->recipient];
    size_t before = x->plan->links_n;
    map_init(&x->visited, LIMIT_RECIPIENTS);
    err why = expand(x, r, 0);
    map_free(&x->visited);
    if (!failed(why) && x->plan->links_n == before)
        why = add_failed(x, r, err_make(ERR_PEER, ERR_CONFLICT, "Forwarding loop", ""));
    return why;
}

err mail_expand(mail *m, const mail_envelope *e, arena *a, mail_plan *out) {
    err why = OK;
    *out = (mail_plan){0};
    expansion x = {.m = m, .e = e, .a = a, .plan = out};
    map_init(&x.folded, LIMIT_RECIPIENTS);
    for (; x.recipient < e->recipients_n && !failed(why); x.recipient++)
        why = expand_recipient(&x);
    map_free(&x.folded);
    return why;
}
