/* Sequence sets: what is parsed and resolved is normal, in its budget, and prints to a set that parses to the same. The
 * view: taking a set's UIDs out of it leaves exactly the others. */
#include "base/err.h"
#include "imap/sequence.h"
#include "imap/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal(const store_range *r, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ASSERT(r[i].first >= 1 && r[i].first <= r[i].last);
        ASSERT(i == 0 || r[i - 1].last < r[i].first - 1);
    }
}

static void check_view(const imap_set *set) {
    static const store_range known[] = {{1, 20}, {30, 30}, {40, 1000}, {UINT32_MAX - 3, UINT32_MAX}};
    imap_view v = {0};
    imap_view_set(&v, known, 4);
    uint32_t all = imap_view_count(&v);
    uint64_t gone = 0;
    for (size_t i = 0; i < set->n; i++) {
        store_range seqs;
        if (imap_view_seqs(&v, set->ranges[i], &seqs))
            gone += (uint64_t)seqs.last - seqs.first + 1;
    }
    imap_view_remove(&v, set->ranges, set->n);
    ASSERT(imap_view_count(&v) == all - gone);
    for (uint32_t seq = 1; seq <= imap_view_count(&v) && seq < 50; seq++) {
        uint32_t uid = imap_view_uid(&v, seq);
        ASSERT(imap_view_seq(&v, uid) == seq && !imap_ranges_have(set->ranges, set->n, uid));
    }
    imap_view_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 22);
    imap_scan s = {{(const char *)data, size}, &memory};
    imap_set set, again;
    if (!imap_scan_set(&s, &set) || set.saved)
        return 0;
    ASSERT(set.n <= IMAP_SET_RANGES);
    imap_set_resolve(&set, 1000);
    check_normal(set.ranges, set.n);
    if (set.n) {
        SCOPED_BUF text;
        buf_init(&text, 1 << 22);
        ASSERT(imap_ranges_print(&text, set.ranges, set.n));
        imap_scan t = {buf_str(&text), &memory};
        ASSERT(imap_scan_set(&t, &again) && t.rest.n == 0 && again.n == set.n);
        imap_set_resolve(&again, 1000);
        ASSERT(again.n == set.n && memcmp(again.ranges, set.ranges, set.n * sizeof *set.ranges) == 0);
    }
    check_view(&set);
    return 0;
}
