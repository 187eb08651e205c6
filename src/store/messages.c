#include "store/inside.h"

#include "base/limits.h"
#include "net/offload.h"
#include "store/name.h"
#include "store/range.h"

enum {
    SYSTEM_FLAGS = FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_DRAFT,
    RANGE_WORK = LIMIT_UID_RANGES * 16, /* a sorted copy of the ranges */
    ZONE_MOST = 24 * 60,
};

static err check_flags(uint64_t system_flags, const str *keywords, size_t n) {
    if (system_flags & ~(uint64_t)SYSTEM_FLAGS)
        return err_make(ERR_PEER, ERR_SYNTAX, "not a flag", "bits %llx", (unsigned long long)system_flags);
    return name_keywords(keywords, n);
}

/* Modseqs and the like are kept as signed numbers; beyond that nothing ever is. */
static uint64_t clamp(uint64_t v) { return v > INT64_MAX ? INT64_MAX : v; }

/* ---- reading ---- */

err store_uids(store *s, const principal *who, int64_t mailbox, arena *a, store_mailbox *box, store_range **out,
               size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_MESSAGE_READ));
    return s->ops->uids(s->backend, who->account, mailbox, a, box, out, n);
}

err store_messages(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n,
                   uint64_t since, unsigned want, size_t limit, arena *a, store_message **out, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_MESSAGE_READ));
    SCOPED_ARENA work;
    arena_init(&work, RANGE_WORK);
    TRY(range_normal(ranges, ranges_n, &work, &ranges, &ranges_n));
    if (limit > UINT32_MAX)
        limit = UINT32_MAX; /* more messages a mailbox cannot have */
    return s->ops->messages(s->backend, who->account, mailbox, ranges, ranges_n, clamp(since), want, limit, a, out, n);
}

err store_expunged(store *s, const principal *who, int64_t mailbox, uint64_t since, arena *a, store_range **out,
                   size_t *n, bool *complete) {
    *n = 0;
    *complete = false;
    TRY(store_gate(who, CALL_MESSAGE_READ));
    return s->ops->expunged(s->backend, who->account, mailbox, clamp(since), a, out, n, complete);
}

err store_read(store *s, const principal *who, int64_t mailbox, uint32_t uid, uint64_t offset, uint64_t n, arena *a,
               str *out) {
    *out = S("");
    TRY(store_gate(who, CALL_MESSAGE_READ));
    store_reading r = {.s = s, .offset = offset, .n = n, .a = a};
    err e = s->ops->read(s->backend, who->account, mailbox, uid, store_render, &r);
    if (store_vanished(e)) /* expunged and swept while it was being read, perhaps */
        e = s->ops->read(s->backend, who->account, mailbox, uid, store_render, &r);
    *out = r.out;
    return store_vanished(e) ? store_lost() : e;
}

/* ---- changing ---- */

typedef struct packing {
    store *s;
    const store_content *from;
    content_pack *out;
    err result;
} packing;

static void pack_on_thread(void *thread_state, void *arg) {
    (void)thread_state;
    packing *p = arg;
    p->result = store_pack(p->s, p->from, p->out);
}

static err pack_one(store *s, const store_content *from, content_pack *out) {
    packing p = {.s = s, .from = from, .out = out};
    TRY(offload(offload_shared(), pack_on_thread, &p, deadline_in(STORE_WAIT_MS)));
    return p.result;
}

static err append_once(store *s, const principal *who, int64_t mailbox, const store_content *from,
                       uint64_t system_flags, const str *keywords, size_t keywords_n, int64_t date, int zone,
                       uint32_t *uid, uint32_t *uidvalidity) {
    content_pack c;
    TRY(pack_one(s, from, &c));
    err e = s->ops->append(s->backend, who->account, mailbox, &c.packed, system_flags, keywords, keywords_n, date, zone,
                           uid, uidvalidity);
    store_unpack(s, &c, e.kind != ERR_PEER);
    return e;
}

err store_append(store *s, const principal *who, int64_t mailbox, const store_content *content, uint64_t system_flags,
                 const str *keywords, size_t keywords_n, int64_t date, int zone, uint32_t *uid, uint32_t *uidvalidity) {
    TRY(store_gate(who, CALL_MESSAGE_WRITE));
    TRY(check_flags(system_flags, keywords, keywords_n));
    if (zone < -ZONE_MOST || zone > ZONE_MOST)
        return err_make(ERR_PEER, ERR_SYNTAX, "not a time zone", "%d minutes", zone);
    err e = OK;
    for (int i = 0; i < STORE_TRIES; i++) {
        e = append_once(s, who, mailbox, content, system_flags, keywords, keywords_n, date, zone, uid, uidvalidity);
        if (!store_again(e))
            break;
    }
    return e;
}

err store_copy(store *s, const principal *who, int64_t from, const store_range *ranges, size_t ranges_n, int64_t to,
               bool move, arena *a, store_uid_pair **pairs, size_t *n, uint32_t *uidvalidity) {
    *n = 0;
    TRY(store_gate(who, CALL_MESSAGE_WRITE));
    SCOPED_ARENA work;
    arena_init(&work, RANGE_WORK);
    TRY(range_normal(ranges, ranges_n, &work, &ranges, &ranges_n));
    return s->ops->copy(s->backend, who->account, from, ranges, ranges_n, to, move, a, pairs, n, uidvalidity);
}

err store_flag(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n,
               const store_flag_change *change, arena *a, store_message **changed, size_t *changed_n,
               store_range **conflict, size_t *conflict_n) {
    *changed_n = *conflict_n = 0;
    TRY(store_gate(who, CALL_MESSAGE_WRITE));
    TRY(check_flags(change->system_flags, change->keywords, change->keywords_n));
    SCOPED_ARENA work;
    arena_init(&work, RANGE_WORK);
    TRY(range_normal(ranges, ranges_n, &work, &ranges, &ranges_n));
    return s->ops->flag(s->backend, who->account, mailbox, ranges, ranges_n, change, a, changed, changed_n, conflict,
                        conflict_n);
}

err store_expunge(store *s, const principal *who, int64_t mailbox, const store_range *ranges, size_t ranges_n, bool any,
                  arena *a, store_range **expunged, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_MESSAGE_WRITE));
    SCOPED_ARENA work;
    arena_init(&work, RANGE_WORK);
    TRY(range_normal(ranges, ranges_n, &work, &ranges, &ranges_n));
    return s->ops->expunge(s->backend, who->account, mailbox, ranges, ranges_n, any, a, expunged, n);
}
