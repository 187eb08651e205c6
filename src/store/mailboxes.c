#include "store/inside.h"

#include "base/limits.h"
#include "store/name.h"

enum { WORK = 32 * 1024 }; /* names of all levels */

err store_mailbox_list(store *s, const principal *who, arena *a, store_mailbox **out, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_MAILBOX_READ));
    return s->ops->mailbox_list(s->backend, who->account, a, out, n);
}

err store_mailbox_get(store *s, const principal *who, str name, arena *a, store_mailbox *out) {
    TRY(store_gate(who, CALL_MAILBOX_READ));
    TRY(name_mailbox(name, a, &name));
    return s->ops->mailbox_get(s->backend, who->account, name, a, out);
}

err store_mailbox_get_id(store *s, const principal *who, int64_t id, arena *a, store_mailbox *out) {
    TRY(store_gate(who, CALL_MAILBOX_READ));
    return s->ops->mailbox_get_id(s->backend, who->account, id, a, out);
}

static err check_special(store_special special) {
    if ((unsigned)special > SPECIAL_FLAGGED)
        return err_make(ERR_PEER, ERR_SYNTAX, "no such use", "special %d", (int)special);
    if (special == SPECIAL_ALL || special == SPECIAL_FLAGGED) /* views of other mailboxes, which we do not make */
        return err_make(ERR_PEER, ERR_UNSUPPORTED, "no mailbox can be made for this use", "");
    return OK;
}

err store_mailbox_create(store *s, const principal *who, str name, store_special special, int64_t *id) {
    TRY(store_gate(who, CALL_MAILBOX_WRITE));
    TRY(check_special(special));
    SCOPED_ARENA work;
    arena_init(&work, WORK);
    str *path;
    size_t levels;
    TRY(name_mailbox(name, &work, &name));
    TRY(name_levels(name, &work, &path, &levels));
    return s->ops->mailbox_create(s->backend, who->account, path, levels, special, id);
}

err store_mailbox_rename(store *s, const principal *who, str from, str to) {
    TRY(store_gate(who, CALL_MAILBOX_WRITE));
    SCOPED_ARENA work;
    arena_init(&work, WORK);
    str *path;
    size_t levels;
    TRY(name_mailbox(from, &work, &from));
    TRY(name_mailbox(to, &work, &to));
    TRY(name_levels(to, &work, &path, &levels));
    bool inbox = str_eq(from, S("INBOX")); /* its messages move, itself and what is below it stay */
    if (!inbox && name_is_below(to, from))
        return err_make(ERR_PEER, ERR_CONFLICT, "a mailbox cannot move into itself", "");
    return s->ops->mailbox_rename(s->backend, who->account, from, path, levels);
}

err store_mailbox_remove(store *s, const principal *who, str name) {
    TRY(store_gate(who, CALL_MAILBOX_WRITE));
    SCOPED_ARENA work;
    arena_init(&work, WORK);
    TRY(name_mailbox(name, &work, &name));
    if (str_eq(name, S("INBOX")))
        return err_make(ERR_PEER, ERR_DENIED, "INBOX cannot be removed", "");
    return s->ops->mailbox_remove(s->backend, who->account, name);
}

err store_mailbox_subscribe(store *s, const principal *who, str name, bool on) {
    TRY(store_gate(who, CALL_MAILBOX_WRITE));
    SCOPED_ARENA work;
    arena_init(&work, WORK);
    TRY(name_mailbox(name, &work, &name));
    return s->ops->mailbox_subscribe(s->backend, who->account, name, on);
}

err store_subscription_list(store *s, const principal *who, arena *a, str **names, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_MAILBOX_READ));
    return s->ops->subscription_list(s->backend, who->account, a, names, n);
}
