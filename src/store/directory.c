/* Domains, accounts, addresses, and where mail goes. */
#include "store/inside.h"

#include "base/limits.h"
#include "base/utf8.h"

enum { CREDENTIAL_MOST = 4096, LIST_MOST = 10000, QUOTA_MOST_SHIFT = 62 };

/* Every account begins with these, subscribed. */
static const store_default_mailbox defaults[] = {
    {{"INBOX", 5}, SPECIAL_NONE}, {{"Drafts", 6}, SPECIAL_DRAFTS}, {{"Sent", 4}, SPECIAL_SENT},
    {{"Junk", 4}, SPECIAL_JUNK},  {{"Trash", 5}, SPECIAL_TRASH},   {{"Archive", 7}, SPECIAL_ARCHIVE},
};

static err bad_address(void) { return err_make(ERR_PEER, ERR_SYNTAX, "not an address", ""); }

/* A key's own grammar is mime/address.h's; here it must only be safe to keep and to show. */
static bool is_text(str s, size_t most) {
    if (s.n == 0 || s.n > most || !utf8_valid(s))
        return false;
    for (uint32_t c; utf8_next(&s, &c);) {
        if (utf8_unprintable(c))
            return false;
    }
    return true;
}

static str domain_of(str key) {
    size_t at = str_rfind(key, '@');
    return at == STR_NONE ? S("") : str_skip(key, at + 1);
}

static err check_key(str key) { return is_text(key, LIMIT_ADDRESS) && domain_of(key).n ? OK : bad_address(); }

static size_t page(size_t limit) { return limit < LIST_MOST ? limit : LIST_MOST; }

/* ---- domains ---- */

err store_domain_add(store *s, const principal *who, str name, int64_t *id) {
    TRY(store_gate(who, CALL_DOMAIN_WRITE));
    if (!is_text(name, LIMIT_ADDRESS) || str_has_byte(name, '@'))
        return err_make(ERR_PEER, ERR_SYNTAX, "not a domain name", "");
    return s->ops->domain_add(s->backend, name, id);
}

err store_domain_get(store *s, const principal *who, str name, arena *a, store_domain *out) {
    TRY(store_gate(who, CALL_DOMAIN_READ));
    return s->ops->domain_get(s->backend, name, a, out);
}

err store_domain_list(store *s, const principal *who, str after, size_t limit, arena *a, store_domain **out,
                      size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_DOMAIN_READ));
    return s->ops->domain_list(s->backend, after, page(limit), a, out, n);
}

err store_domain_remove(store *s, const principal *who, str name) {
    TRY(store_gate(who, CALL_DOMAIN_WRITE));
    return s->ops->domain_remove(s->backend, name);
}

/* ---- accounts ---- */

static err check_account(const store_account *in) {
    if (in->credential.n > CREDENTIAL_MOST || (in->credential.n && !utf8_valid(in->credential)))
        return err_make(ERR_PEER, ERR_LIMIT, "not a credential", "");
    if (in->quota_bytes >> QUOTA_MOST_SHIFT)
        return err_make(ERR_PEER, ERR_LIMIT, "quota too large", "");
    return OK;
}

err store_account_add(store *s, const principal *who, const store_account *in, int64_t *id) {
    TRY(store_gate(who, CALL_ACCOUNT_WRITE));
    TRY(check_key(in->name));
    TRY(check_account(in));
    if (in->name.p[0] == '@')
        return bad_address();
    return s->ops->account_add(s->backend, in, domain_of(in->name), defaults, sizeof defaults / sizeof *defaults, id);
}

/* Verifiers leave the store for those who verify only. */
static void hide_credential(const principal *who, store_account *out) {
    if (!store_may(who, CALL_CREDENTIAL_READ))
        out->credential = S("");
}

err store_account_get(store *s, const principal *who, str name, arena *a, store_account *out) {
    TRY(store_gate(who, CALL_ACCOUNT_GET));
    TRY(s->ops->account_get(s->backend, name, who->role == ROLE_ACCOUNT ? who->account : 0, a, out));
    hide_credential(who, out);
    return OK;
}

err store_account_list(store *s, const principal *who, str after, size_t limit, arena *a, store_account **out,
                       size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_ACCOUNT_LIST));
    TRY(s->ops->account_list(s->backend, after, page(limit), a, out, n));
    for (size_t i = 0; i < *n; i++)
        hide_credential(who, &(*out)[i]);
    return OK;
}

err store_account_set(store *s, const principal *who, int64_t id, unsigned fields, const store_account *in) {
    TRY(store_gate(who, CALL_ACCOUNT_WRITE));
    TRY(check_account(in));
    return s->ops->account_set(s->backend, id, fields, in);
}

err store_account_remove(store *s, const principal *who, int64_t id) {
    TRY(store_gate(who, CALL_ACCOUNT_WRITE));
    return s->ops->account_remove(s->backend, id);
}

/* ---- addresses ---- */

static err check_address(const store_address *in) {
    TRY(check_key(in->key));
    if (in->forwards_n > LIMIT_FORWARDS)
        return err_make(ERR_PEER, ERR_LIMIT, "too many forwards", "%zu forwards", in->forwards_n);
    if (!in->account && !in->forwards_n)
        return err_make(ERR_PEER, ERR_SYNTAX, "an address must lead somewhere", "");
    for (size_t i = 0; i < in->forwards_n; i++)
        TRY(check_key(in->forwards[i]));
    return OK;
}

err store_address_add(store *s, const principal *who, const store_address *in, int64_t *id) {
    TRY(store_gate(who, CALL_ADDRESS_WRITE));
    TRY(check_address(in));
    return s->ops->address_add(s->backend, in, domain_of(in->key), id);
}

err store_address_get(store *s, const principal *who, str key, arena *a, store_address *out) {
    TRY(store_gate(who, CALL_ADDRESS_READ));
    return s->ops->address_get(s->backend, key, a, out);
}

err store_address_list(store *s, const principal *who, str after, str of_account, size_t limit, arena *a,
                       store_address **out, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_ADDRESS_READ));
    return s->ops->address_list(s->backend, after, of_account, page(limit), a, out, n);
}

err store_address_set(store *s, const principal *who, const store_address *in) {
    TRY(store_gate(who, CALL_ADDRESS_WRITE));
    TRY(check_address(in));
    return s->ops->address_set(s->backend, in);
}

err store_address_remove(store *s, const principal *who, str key) {
    TRY(store_gate(who, CALL_ADDRESS_WRITE));
    return s->ops->address_remove(s->backend, key);
}

/* ---- routes ---- */

/* Where the detail begins: behind the first separator that is not the first character. STR_NONE without one. */
static size_t find_detail(str local, str separators) {
    for (size_t i = 1; i < local.n; i++) {
        if (str_has_byte(separators, local.p[i]))
            return i;
    }
    return STR_NONE;
}

enum { KEY_EXACT, KEY_BASE, KEY_CATCH_ALL };

err store_route_find(store *s, const principal *who, str key, str detail_separators, arena *a, store_route *out) {
    *out = (store_route){0};
    TRY(store_gate(who, CALL_ROUTE_FIND));
    TRY(check_key(key));
    str domain = domain_of(key), local = str_sub(key, 0, key.n - domain.n - 1);
    size_t cut = find_detail(local, detail_separators), which = 0;
    store_route_query q = {.domain = domain, .n = 3, .keys[KEY_EXACT] = key};
    q.keys[KEY_BASE] =
        cut == STR_NONE ? key : arena_strf(a, "%.*s@%.*s", STR_ARG(str_sub(local, 0, cut)), STR_ARG(domain));
    q.keys[KEY_CATCH_ALL] = str_skip(key, local.n);
    if (!q.keys[KEY_BASE].p)
        return err_make(ERR_PEER, ERR_LIMIT, "too much at once", "");
    TRY(s->ops->route_find(s->backend, &q, a, out, &which));
    out->detail = out->found && which == KEY_BASE && cut != STR_NONE ? str_skip(local, cut + 1) : S("");
    return OK;
}
