#include "imap/sequence.h"

#include "base/mem.h"

static bool scan_seq_number(imap_scan *s, uint32_t *out) {
    *out = 0;
    return imap_scan_byte(s, '*') || imap_scan_nz_number(s, out);
}

static bool scan_range(imap_scan *s, store_range *out) {
    if (!scan_seq_number(s, &out->first))
        return false;
    out->last = out->first;
    return !imap_scan_byte(s, ':') || scan_seq_number(s, &out->last);
}

static size_t count_ranges(str rest) {
    size_t n = 1;
    for (size_t i = 0; i < rest.n && (ascii_digit(rest.p[i]) || str_has_byte(S("*:,"), rest.p[i])); i++)
        n += rest.p[i] == ',';
    return n;
}

bool imap_scan_set(imap_scan *s, imap_set *out) {
    *out = (imap_set){0};
    if (imap_scan_byte(s, '$')) {
        out->saved = true;
        return true;
    }
    size_t most = count_ranges(s->rest);
    out->ranges = most <= IMAP_SET_RANGES ? arena_array(s->memory, most, sizeof *out->ranges) : NULL;
    if (!out->ranges)
        return false;
    do {
        if (!scan_range(s, &out->ranges[out->n++]))
            return false;
    } while (imap_scan_byte(s, ','));
    return true;
}

/* RFC 9051: "n:*" always includes the largest, even when n is above it. */
static bool resolve_range(store_range *r, uint32_t largest, bool *beyond) {
    bool star = r->first == 0 || r->last == 0;
    if (r->first == 0)
        r->first = largest;
    if (r->last == 0)
        r->last = largest;
    if (star && r->first > largest)
        r->first = largest;
    if (star && r->last > largest)
        r->last = largest;
    *beyond = *beyond || r->first > largest || r->last > largest;
    return r->first != 0 && r->last != 0;
}

void imap_set_resolve(imap_set *set, uint32_t largest) {
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) {
        store_range r = set->ranges[i];
        if (resolve_range(&r, largest, &set->beyond))
            set->ranges[n++] = r;
    }
    set->n = imap_ranges_normalize(set->ranges, n);
}

static int by_first(const void *a, const void *b) {
    const store_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

size_t imap_ranges_normalize(store_range *ranges, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (ranges[i].first > ranges[i].last)
            ranges[i] = (store_range){ranges[i].last, ranges[i].first};
    if (n > 1)
        qsort(ranges, n, sizeof *ranges, by_first);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        store_range *last = kept ? &ranges[kept - 1] : NULL;
        if (last && ranges[i].first - 1 <= last->last) {
            if (ranges[i].last > last->last)
                last->last = ranges[i].last;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return kept;
}

bool imap_ranges_have(const store_range *ranges, size_t n, uint32_t number) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && ranges[low].first <= number;
}

uint64_t imap_ranges_count(const store_range *ranges, size_t n) {
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (uint64_t)ranges[i].last - ranges[i].first + 1;
    return count;
}

store_range *imap_ranges_intersect(const store_range *a, size_t an, const store_range *b, size_t bn, arena *memory,
                                   size_t *n) {
    *n = 0;
    store_range *out = arena_array(memory, an + bn, sizeof *out);
    if (!out)
        return NULL;
    for (size_t i = 0, j = 0; i < an && j < bn;) {
        uint32_t first = a[i].first > b[j].first ? a[i].first : b[j].first;
        uint32_t last = a[i].last < b[j].last ? a[i].last : b[j].last;
        if (first <= last)
            out[(*n)++] = (store_range){first, last};
        if (a[i].last < b[j].last)
            i++;
        else
            j++;
    }
    return out;
}

void imap_ranges_add(imap_ranges *r, uint32_t first, uint32_t last) {
    if (r->n && r->p[r->n - 1].last + 1 == first) {
        r->p[r->n - 1].last = last;
        return;
    }
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 4;
        r->p = mem_grow(r->p, r->cap, sizeof *r->p);
    }
    r->p[r->n++] = (store_range){first, last};
}

void imap_ranges_free(imap_ranges *r) {
    free(r->p);
    *r = (imap_ranges){0};
}

bool imap_ranges_print(buf *out, const store_range *ranges, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_byte(out, ',');
        buf_add_u64(out, ranges[i].first);
        if (ranges[i].last != ranges[i].first) {
            buf_add_byte(out, ':');
            buf_add_u64(out, ranges[i].last);
        }
    }
    return !out->over;
}
