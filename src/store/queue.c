#include "base/limits.h"
#include "base/time.h"
#include "store/letter.h"

enum {
    APPLY_PORTION = 500,           /* entries changed in one transaction, so that mail goes on */
    APPLY_WORK = 64 * 1024 * 1024, /* a portion with its histories */
    LIST_MOST = 10000,
    IDS_MOST = 100000,
};

static err check_count(size_t n) {
    return n <= IDS_MOST ? OK : err_make(ERR_PEER, ERR_LIMIT, "too much at once", "%zu entries", n);
}

/* ---- work ---- */

err queue_claim(store *s, const principal *who, str node, int64_t now, int64_t lease_seconds, size_t limit, arena *a,
                queue_entry **out, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_QUEUE_WORK));
    if (lease_seconds <= 0 || str_empty(node) || node.n > 256)
        return err_make(ERR_BUG, ERR_SYNTAX, "local error", "claim without a node or a lease");
    return s->ops->claim(s->backend, node, now, now + lease_seconds, limit < IDS_MOST ? limit : IDS_MOST, a, out, n);
}

err queue_renew(store *s, const principal *who, str node, const int64_t *ids, size_t n, int64_t until) {
    TRY(store_gate(who, CALL_QUEUE_WORK));
    TRY(check_count(n));
    return s->ops->renew(s->backend, node, ids, n, until);
}

err queue_recover(store *s, const principal *who, str node, int64_t now) {
    TRY(store_gate(who, CALL_QUEUE_WORK));
    return s->ops->recover(s->backend, node, now);
}

static err settle_once(store *s, str node, const queue_result *results, size_t n, const store_accepted *notices,
                       size_t notices_n) {
    letters l;
    TRY(letters_pack(&l, s, notices, notices_n, NULL));
    err e = s->ops->settle(s->backend, node, results, n, l.items, notices_n);
    letters_free(&l, e.kind != ERR_PEER);
    return e;
}

err queue_settle(store *s, const principal *who, str node, const queue_result *results, size_t n,
                 const store_accepted *notices, size_t notices_n) {
    TRY(store_gate(who, CALL_QUEUE_WORK));
    TRY(check_count(n));
    TRY(check_count(notices_n));
    err e = OK;
    for (int i = 0; i < STORE_TRIES; i++) {
        e = settle_once(s, node, results, n, notices, notices_n);
        if (!store_again(e))
            break;
    }
    return e;
}

err queue_next(store *s, const principal *who, int64_t *at) {
    *at = 0;
    TRY(store_gate(who, CALL_QUEUE_LOOK));
    return s->ops->next(s->backend, at);
}

err queue_read(store *s, const principal *who, int64_t entry, uint64_t offset, uint64_t n, arena *a, str *out) {
    *out = S("");
    TRY(store_gate(who, CALL_QUEUE_BYTES));
    store_reading r = {.s = s, .offset = offset, .n = n, .a = a};
    err e = s->ops->queue_read(s->backend, entry, store_render, &r);
    if (store_vanished(e))
        e = s->ops->queue_read(s->backend, entry, store_render, &r);
    *out = r.out;
    return store_vanished(e) ? store_lost() : e;
}

/* ---- the operator ---- */

err queue_list(store *s, const principal *who, const queue_filter *f, int64_t after_id, size_t limit, arena *a,
               queue_entry **out, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_QUEUE_LOOK));
    return s->ops->queue_list(s->backend, f, after_id, limit < LIST_MOST ? limit : LIST_MOST, a, out, n);
}

err queue_count(store *s, const principal *who, uint64_t *waiting, uint64_t *active, uint64_t *held) {
    *waiting = *active = *held = 0;
    TRY(store_gate(who, CALL_QUEUE_LOOK));
    return s->ops->queue_count(s->backend, waiting, active, held);
}

/* One portion of what matches; *after moves on, *more is false at the end. */
static err apply_matching(store *s, const queue_filter *f, queue_change change, int64_t *after, uint64_t *changed,
                          bool *more) {
    SCOPED_ARENA work;
    arena_init(&work, APPLY_WORK);
    queue_entry *entries;
    size_t n = 0;
    TRY(s->ops->queue_list(s->backend, f, *after, APPLY_PORTION, &work, &entries, &n));
    *more = n == APPLY_PORTION;
    if (n == 0)
        return OK;
    int64_t *ids = arena_array(&work, n, sizeof *ids);
    if (!ids)
        return err_make(ERR_TEMP, ERR_LIMIT, "busy, try again", "queue portion too large");
    for (size_t i = 0; i < n; i++)
        ids[i] = entries[i].id;
    *after = ids[n - 1];
    uint64_t some = 0;
    TRY(s->ops->queue_apply(s->backend, ids, n, change, time_wall(), &some));
    *changed += some;
    return OK;
}

err queue_apply(store *s, const principal *who, const queue_filter *f, const int64_t *ids, size_t n,
                queue_change change, uint64_t *changed) {
    *changed = 0;
    TRY(store_gate(who, CALL_QUEUE_CHANGE));
    TRY(check_count(n));
    if (ids)
        return s->ops->queue_apply(s->backend, ids, n, change, time_wall(), changed);
    int64_t after = 0;
    for (bool more = true; more;)
        TRY(apply_matching(s, f, change, &after, changed, &more));
    return OK;
}
