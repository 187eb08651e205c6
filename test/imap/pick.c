#include "check.h"

#include "imap/pick.h"

static scratch x;

/* UIDs 2-4 and 10-12 are messages 1 to 6; 3 and 11:12 are saved. */
static imap_session session(imap_box *box) {
    static store_range saved[] = {{3, 3}, {11, 20}};
    static const store_range uids[] = {{2, 4}, {10, 12}};
    imap_view_free(&box->view);
    imap_view_set(&box->view, uids, 2);
    return (imap_session){.box = box, .saved = {.p = saved, .n = 2}};
}

static void expect(const char *set, bool uids, const char *seqs, const char *as_uids) {
    static imap_box box;
    imap_session s = session(&box);
    imap_set parsed;
    imap_pick p;
    assert_true(imap_scan_set(scan_of(&x, str_c(set)), &parsed));
    assert_true(imap_pick_resolve(&s, &parsed, uids, &x.memory, &p));
    SCOPED_BUF out;
    buf_init(&out, 1000);
    imap_ranges_print(&out, p.seqs, p.n);
    assert_str(buf_str(&out), str_c(seqs));
    for (size_t max = 1; max <= 4; max++) { /* in portions of any size it gives the same UIDs, once each */
        imap_pick copy = p;
        copy.seqs = arena_array(&x.memory, p.n, sizeof *copy.seqs);
        if (p.n)
            memcpy(copy.seqs, p.seqs, p.n * sizeof *copy.seqs);
        uint64_t left = imap_pick_left(&copy);
        imap_ranges all = {0};
        store_range part[2];
        for (size_t n; (n = imap_pick_take(&copy, &box.view, max, part, 2)) > 0;)
            for (size_t i = 0; i < n; i++)
                for (uint32_t u = part[i].first; u <= part[i].last; u++)
                    if (imap_view_seq(&box.view, u)) {
                        imap_ranges_add(&all, u, u);
                        left--;
                    }
        assert_int_equal(left, 0);
        buf_clear(&out);
        imap_ranges_print(&out, all.p, all.n);
        assert_str(buf_str(&out), str_c(as_uids));
        imap_ranges_free(&all);
    }
    imap_view_free(&box.view);
}

static void picks(void **state) {
    expect("1:*", false, "1:6", "2:4,10:12");
    expect("2,5", false, "2,5", "3,11");
    expect("*", false, "6", "12");
    expect("1:*", true, "1:6", "2:4,10:12");
    expect("3:10", true, "2:4", "3:4,10");
    expect("5:9", true, "", "");
    expect("99:*", true, "6", "12");
    expect("$", true, "2,5:6", "3,11:12");
    expect("$", false, "2,5:6", "3,11:12");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(picks)};
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
