#include "store/letter.h"

/* An account may hand in its own mail and file copies with itself; into other mailboxes only the mail rules deliver. */
static err check_owner(const principal *who, const store_accepted *m) {
    if (who->role != ROLE_ACCOUNT)
        return OK;
    bool own = m->submitter == who->account;
    for (size_t i = 0; i < m->locals_n; i++)
        own &= m->locals[i].account == who->account;
    return own ? OK
               : err_make(ERR_PEER, ERR_DENIED, "not allowed", "account %lld accepts for others",
                          (long long)who->account);
}

static bool any_stored(const store_accepted *m, const err *results) {
    bool any = m->recipients_n > 0;
    for (size_t i = 0; i < m->locals_n; i++)
        any |= !failed(results[i]);
    return any;
}

static err accept_once(store *s, const store_accepted *m, err *results) {
    letters l;
    TRY(letters_pack(&l, s, m, 1, results));
    err e = s->ops->accept(s->backend, &l.items[0]);
    letters_free(&l, e.kind != ERR_PEER && (failed(e) || any_stored(m, results)));
    return e;
}

err store_accept(store *s, const principal *who, const store_accepted *m, err *results) {
    TRY(store_gate(who, CALL_ACCEPT));
    TRY(check_owner(who, m));
    err e = OK;
    for (int i = 0; i < STORE_TRIES; i++) {
        e = accept_once(s, m, results);
        if (!store_again(e))
            break;
    }
    return e;
}
