#include "store/range.h"

#include "base/limits.h"
#include "store/list.h"

static bool in_order(const store_range *in, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (in[i].first <= in[i - 1].last)
            return false;
    }
    return true;
}

static int by_first(const void *a, const void *b) {
    const store_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Joins what overlaps or touches; r is sorted by first. */
static size_t join(store_range *r, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && (r[kept - 1].last == UINT32_MAX || r[i].first <= r[kept - 1].last + 1)) {
            if (r[i].last > r[kept - 1].last)
                r[kept - 1].last = r[i].last;
        } else {
            r[kept++] = r[i];
        }
    }
    return kept;
}

err range_normal(const store_range *in, size_t n, arena *a, const store_range **out, size_t *out_n) {
    *out = in;
    *out_n = n;
    if (n > LIMIT_UID_RANGES)
        return err_make(ERR_PEER, ERR_LIMIT, "too many ranges", "%zu ranges", n);
    for (size_t i = 0; i < n; i++) {
        if (in[i].first == 0 || in[i].last < in[i].first)
            return err_make(ERR_PEER, ERR_SYNTAX, "not a range", "%u:%u", in[i].first, in[i].last);
    }
    if (in_order(in, n))
        return OK;
    store_range *sorted = arena_array(a, n, sizeof *sorted);
    if (!sorted)
        return list_over();
    memcpy(sorted, in, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_first);
    *out = sorted;
    *out_n = join(sorted, n);
    return OK;
}

bool range_has(const store_range *ranges, size_t n, uint32_t uid) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (uid > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && uid >= ranges[low].first;
}

bool range_push(arena *a, store_range **ranges, size_t *n, uint32_t uid) {
    if (*n && (*ranges)[*n - 1].last + 1 == uid) {
        (*ranges)[*n - 1].last = uid;
        return true;
    }
    store_range *one = LIST_PUSH(a, ranges, n);
    if (!one)
        return false;
    *one = (store_range){uid, uid};
    return true;
}
