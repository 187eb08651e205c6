#include "imap/pick.h"

enum { RANGES_A_PAGE = 256 };

static bool saved_seqs(imap_session *s, arena *memory, imap_pick *out) {
    out->seqs = arena_array(memory, s->saved.n, sizeof *out->seqs);
    for (size_t i = 0; out->seqs && i < s->saved.n; i++)
        if (imap_view_seqs(&s->box->view, s->saved.p[i], &out->seqs[out->n]))
            out->n++;
    return out->seqs != NULL;
}

bool imap_pick_resolve(imap_session *s, imap_set *set, bool uids, arena *memory, imap_pick *out) {
    const imap_view *view = &s->box->view;
    *out = (imap_pick){0};
    if (set->saved)
        return saved_seqs(s, memory, out);
    imap_set_resolve(set, uids ? imap_view_last(view) : imap_view_count(view));
    out->seqs = set->ranges;
    for (size_t i = 0; i < set->n; i++) {
        store_range *seqs = &out->seqs[out->n]; /* in place: never ahead of i */
        if (uids) {
            out->n += imap_view_seqs(view, set->ranges[i], seqs);
        } else if (set->ranges[i].first <= imap_view_count(view)) {
            *seqs = set->ranges[i];
            if (seqs->last > imap_view_count(view))
                seqs->last = imap_view_count(view);
            out->n++;
        }
    }
    return true;
}

/* RFC 9051 9, seq-number: a message number above the last is an error; a UID that does not exist is not. */
bool imap_pick_scan(imap_command *c, imap_pick *out) {
    imap_set set;
    if (!imap_scan_set(&c->args, &set)) {
        imap_bad(c);
        return false;
    }
    if (!imap_pick_resolve(c->session, &set, c->uid, &c->memory, out)) {
        imap_no(c, "[LIMIT] Too many ranges");
        return false;
    }
    if (set.beyond && !c->uid) {
        imap_no(c, "[CLIENTBUG] There is no such message");
        return false;
    }
    return true;
}

bool imap_pick_all(imap_session *s, arena *memory, imap_pick *out) {
    *out = (imap_pick){.seqs = arena_alloc(memory, sizeof *out->seqs)};
    uint32_t count = imap_view_count(&s->box->view);
    if (out->seqs && count)
        out->seqs[out->n++] = (store_range){1, count};
    return out->seqs != NULL;
}

bool imap_pick_narrow(imap_pick *p, const imap_pick *other, arena *memory) {
    p->seqs = imap_ranges_intersect(p->seqs, p->n, other->seqs, other->n, memory, &p->n);
    return p->seqs != NULL;
}

uint64_t imap_pick_left(const imap_pick *p) { return imap_ranges_count(p->seqs + p->at, p->n - p->at); }

/* Everything up to this sequence number is done. */
static void skip_to(imap_pick *p, uint32_t done) {
    while (p->at < p->n && p->seqs[p->at].last <= done)
        p->at++;
    if (p->at < p->n && p->seqs[p->at].first <= done)
        p->seqs[p->at].first = done + 1;
}

static store_range uids_of(const imap_view *v, store_range seqs) {
    return (store_range){imap_view_uid(v, seqs.first), imap_view_uid(v, seqs.last)};
}

size_t imap_pick_take(imap_pick *p, const imap_view *v, uint64_t max_messages, store_range *out, size_t max_ranges) {
    size_t n = 0;
    while (n < max_ranges && max_messages && p->at < p->n) {
        store_range seqs = p->seqs[p->at];
        if ((uint64_t)seqs.last - seqs.first >= max_messages)
            seqs.last = seqs.first + (uint32_t)(max_messages - 1);
        max_messages -= (uint64_t)seqs.last - seqs.first + 1;
        out[n++] = uids_of(v, seqs);
        skip_to(p, seqs.last);
    }
    return n;
}

err imap_pick_rows(imap_pick *p, imap_session *s, uint64_t since, unsigned want, size_t limit, arena *memory,
                   store_message **rows, size_t *n) {
    const imap_view *view = &s->box->view;
    *n = 0;
    while (p->at < p->n && *n == 0 && !conn_is_closing(s->conn)) {
        store_range uids[RANGES_A_PAGE];
        size_t count = 0, left = p->n - p->at;
        for (; count < left && count < RANGES_A_PAGE; count++)
            uids[count] = uids_of(view, p->seqs[p->at + count]);
        uint32_t done = p->seqs[p->at + count - 1].last;
        TRY(store_messages(s->service->store, &s->who, s->box->id, uids, count, since, want, limit, memory, rows, n));
        if (*n == limit)
            done = imap_view_seq(view, (*rows)[*n - 1].uid);
        skip_to(p, done);
    }
    return OK;
}
