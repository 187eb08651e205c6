#include "store/letter.h"

#include "base/limits.h"
#include "mime/address.h"
#include "net/offload.h"
#include "store/list.h"
#include "store/name.h"

enum { LETTER_WORK = 64 * 1024 * 1024 }; /* LIMIT_RECIPIENTS domain names */

/* ---- checks ---- */

static err too_long(const char *what) { return err_make(ERR_PEER, ERR_LIMIT, "too long", "%s", what); }

static err check_local(const store_local *l) {
    if (l->header.n > LIMIT_RECIPIENT_HEADER)
        return too_long("lines for a recipient");
    if (l->header.n && !str_ends(l->header, S("\r\n")))
        return err_make(ERR_BUG, ERR_SYNTAX, "local error", "lines for a recipient do not end with CRLF");
    if (l->system_flags >> FLAG_KEYWORD_SHIFT)
        return err_make(ERR_BUG, ERR_SYNTAX, "local error", "keywords for a recipient");
    return OK;
}

static err check_recipient(const store_recipient *r) {
    if (r->address.n > LIMIT_ADDRESS * 2 || r->original.n > LIMIT_ADDRESS * 4 || r->target.n > 64)
        return too_long("recipient");
    return OK;
}

static err check_letter(const store_accepted *m) {
    if (m->recipients_n > LIMIT_RECIPIENTS || m->locals_n > LIMIT_RECIPIENTS)
        return err_make(ERR_PEER, ERR_LIMIT, "too many recipients", "%zu", m->recipients_n + m->locals_n);
    if (m->id.n > 100 || m->sender.n > LIMIT_ADDRESS * 2 || m->envid.n > LIMIT_ADDRESS)
        return too_long("envelope");
    for (size_t i = 0; i < m->locals_n; i++)
        TRY(check_local(&m->locals[i]));
    for (size_t i = 0; i < m->recipients_n; i++)
        TRY(check_recipient(&m->recipients[i]));
    return OK;
}

/* ---- domains ---- */

/* What claims are grouped by: the domain in the form of domain_key, or as it stands when it is none (an address
 * literal). */
static str domain_of(str recipient, arena *a) {
    size_t at = str_rfind(recipient, '@');
    if (at == STR_NONE)
        return S("");
    str domain = str_skip(recipient, at + 1), key = domain_key(domain, a);
    return key.p ? key : arena_lower(a, domain);
}

static err add_domains(letters *l, const store_accepted *m, const str **out) {
    str *domains = arena_array(&l->memory, m->recipients_n, sizeof *domains);
    if (!domains)
        return list_over();
    for (size_t i = 0; i < m->recipients_n; i++) {
        domains[i] = domain_of(m->recipients[i].address, &l->memory);
        if (!domains[i].p)
            return list_over();
    }
    *out = domains;
    return OK;
}

/* ---- mailboxes ---- */

/* A name that no mailbox can have leads where one of a missing mailbox leads. */
static err add_mailboxes(letters *l, const store_accepted *m, const str **out) {
    str *names = arena_array(&l->memory, m->locals_n, sizeof *names);
    if (!names)
        return list_over();
    for (size_t i = 0; i < m->locals_n; i++) {
        if (failed(name_mailbox(m->locals[i].mailbox, &l->memory, &names[i])))
            names[i] = S("INBOX");
    }
    *out = names;
    return OK;
}

/* ---- all of it ---- */

typedef struct packing {
    letters *l;
    const store_accepted *messages;
    size_t n;
    err *results, result;
} packing;

static err pack_one(letters *l, const store_accepted *m, err *results) {
    store_letter *letter = &l->items[l->n];
    letter->m = m;
    letter->results = results ? results : arena_array(&l->memory, m->locals_n, sizeof *results);
    if (!letter->results)
        return list_over();
    TRY(add_domains(l, m, &letter->domains));
    TRY(add_mailboxes(l, m, &letter->mailboxes));
    TRY(store_pack(l->s, m->content, &l->contents[l->n]));
    letter->packed = l->contents[l->n++].packed;
    return OK;
}

static err pack_all(packing *p) {
    letters *l = p->l;
    l->items = arena_array(&l->memory, p->n, sizeof *l->items);
    l->contents = arena_array(&l->memory, p->n, sizeof *l->contents);
    if (!l->items || !l->contents)
        return list_over();
    for (size_t i = 0; i < p->n; i++) {
        TRY(check_letter(&p->messages[i]));
        TRY(pack_one(l, &p->messages[i], p->results));
    }
    return OK;
}

/* Compression and the conversion of domain names are no work for a fiber's stack. */
static void pack_on_thread(void *thread_state, void *arg) {
    (void)thread_state;
    packing *p = arg;
    p->result = pack_all(p);
}

err letters_pack(letters *l, store *s, const store_accepted *messages, size_t n, err *results) {
    *l = (letters){.s = s};
    arena_init(&l->memory, LETTER_WORK);
    packing p = {.l = l, .messages = messages, .n = n, .results = results};
    err e = n ? offload(offload_shared(), pack_on_thread, &p, deadline_in(STORE_WAIT_MS)) : OK;
    if (!failed(e))
        e = p.result;
    if (failed(e))
        letters_free(l, false);
    return e;
}

void letters_free(letters *l, bool stored) {
    for (size_t i = 0; i < l->n; i++)
        store_unpack(l->s, &l->contents[i], stored);
    arena_free(&l->memory);
}
