#include "imap/view.h"

#include "base/err.h"
#include "base/mem.h"

static uint32_t span_count(const imap_span *s) { return s->last - s->first + 1; }

static void add_span(imap_view *v, uint32_t first, uint32_t last) {
    imap_span *end = v->n ? &v->spans[v->n - 1] : NULL;
    if (end && end->last + 1 == first) {
        end->last = last;
        return;
    }
    if (v->n == v->cap) {
        v->cap = v->cap ? v->cap + v->cap / 2 + 1 : 4;
        v->spans = mem_grow(v->spans, v->cap, sizeof *v->spans);
    }
    uint32_t before = imap_view_count(v);
    v->spans[v->n++] = (imap_span){first, last, before};
}

void imap_view_free(imap_view *v) {
    free(v->spans);
    *v = (imap_view){0};
}

void imap_view_set(imap_view *v, const store_range *ranges, size_t n) {
    imap_view_free(v);
    if (n) {
        v->spans = mem_array(n, sizeof *v->spans);
        v->cap = n;
    }
    for (size_t i = 0; i < n; i++)
        add_span(v, ranges[i].first, ranges[i].last);
}

uint32_t imap_view_count(const imap_view *v) {
    return v->n ? v->spans[v->n - 1].before + span_count(&v->spans[v->n - 1]) : 0;
}

uint32_t imap_view_last(const imap_view *v) { return v->n ? v->spans[v->n - 1].last : 0; }

/* The first span that ends at or above the UID; n when there is none. */
static size_t span_of_uid(const imap_view *v, uint32_t uid) {
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->spans[middle].last < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t span_of_seq(const imap_view *v, uint32_t seq) {
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->spans[middle].before + span_count(&v->spans[middle]) < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t imap_view_uid(const imap_view *v, uint32_t seq) {
    if (seq == 0 || seq > imap_view_count(v))
        return 0;
    const imap_span *s = &v->spans[span_of_seq(v, seq)];
    return s->first + (seq - s->before - 1);
}

uint32_t imap_view_seq(const imap_view *v, uint32_t uid) {
    size_t i = span_of_uid(v, uid);
    if (i == v->n || v->spans[i].first > uid)
        return 0;
    return v->spans[i].before + (uid - v->spans[i].first) + 1;
}

uint32_t imap_view_below(const imap_view *v, uint32_t uid) {
    size_t i = span_of_uid(v, uid);
    if (i == v->n)
        return imap_view_count(v);
    const imap_span *s = &v->spans[i];
    return s->before + (uid > s->first ? uid - s->first : 0);
}

bool imap_view_seqs(const imap_view *v, store_range uids, store_range *seqs) {
    seqs->first = imap_view_below(v, uids.first) + 1;
    seqs->last = uids.last == UINT32_MAX ? imap_view_count(v) : imap_view_below(v, uids.last + 1);
    return seqs->first <= seqs->last;
}

void imap_view_append(imap_view *v, uint32_t uid) {
    ASSERT(uid > imap_view_last(v));
    add_span(v, uid, uid);
}

void imap_view_remove(imap_view *v, const store_range *uids, size_t n) {
    imap_view left = {0};
    size_t at = 0;
    for (size_t i = 0; i < v->n; i++) {
        uint32_t first = v->spans[i].first, last = v->spans[i].last;
        while (at < n && uids[at].last < first)
            at++;
        bool gone = false;
        for (size_t cut = at; cut < n && uids[cut].first <= last; cut++) {
            if (uids[cut].first > first)
                add_span(&left, first, uids[cut].first - 1);
            gone = uids[cut].last >= last;
            first = gone ? last : uids[cut].last + 1;
            at = cut;
        }
        if (!gone)
            add_span(&left, first, last);
    }
    imap_view_free(v);
    *v = left;
}
