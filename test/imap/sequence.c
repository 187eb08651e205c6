#include "check.h"

#include "imap/sequence.h"

static scratch x;

static void resolved(str in, uint32_t largest, str out, bool beyond) {
    imap_set set;
    imap_scan *s = scan_of(&x, in);
    assert_true(imap_scan_set(s, &set));
    assert_int_equal(s->rest.n, 0);
    imap_set_resolve(&set, largest);
    SCOPED_BUF text;
    buf_init(&text, 1 << 20);
    imap_ranges_print(&text, set.ranges, set.n);
    assert_str(buf_str(&text), out);
    assert_int_equal(set.beyond, beyond);
}

static void sets(void **state) {
    resolved(S("1"), 10, S("1"), false);
    resolved(S("3:1,2"), 10, S("1:3"), false);
    resolved(S("5,3,4,1"), 10, S("1,3:5"), false);
    resolved(S("*"), 10, S("10"), false);
    resolved(S("*:3"), 10, S("3:10"), false);
    resolved(S("12:*"), 10, S("10"), false);
    resolved(S("*:*,1:2,2:9"), 10, S("1:10"), false);
    resolved(S("4294967295,1"), 10, S("1,4294967295"), true);
    resolved(S("4294967295,4294967294,1:4294967293"), 10, S("1:4294967295"), true);
    resolved(S("1:*"), 0, S(""), false);
    resolved(S("*"), 0, S(""), false);
    resolved(S("1"), 0, S("1"), true);
}

static void wrong(void **state) {
    static const char *bad[] = {"",     "0",  "1:0", "a",          ",1",           "1,",
                                "1,,2", "1:", ":1",  "4294967296", "1:4294967296", "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        imap_set set;
        assert_false(imap_scan_set(scan_of(&x, str_c(bad[i])), &set));
    }
    imap_set set;
    imap_scan *s = scan_of(&x, S("$ x"));
    assert_true(imap_scan_set(s, &set) && set.saved);
    assert_str(s->rest, S(" x"));
}

static void bounded(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 1 << 20);
    buf_add_byte(&text, '1');
    for (size_t i = 1; i < IMAP_SET_RANGES; i++)
        buf_add(&text, S(",1"));
    imap_set set;
    assert_true(imap_scan_set(scan_of(&x, buf_str(&text)), &set));
    buf_add(&text, S(",1"));
    assert_false(imap_scan_set(scan_of(&x, buf_str(&text)), &set));
}

/* Against a bit for each number. */
static void random_sets(void **state) {
    srand(7);
    for (int round = 0; round < 2000; round++) {
        bool a[64] = {0}, b[64] = {0};
        store_range ra[8], rb[8];
        size_t an = (size_t)rand() % 8, bn = (size_t)rand() % 8;
        for (size_t i = 0; i < an + bn; i++) {
            store_range r = {1 + (uint32_t)rand() % 63, 1 + (uint32_t)rand() % 63};
            bool *bits = i < an ? a : b;
            for (uint32_t n = 1; n < 64; n++)
                bits[n] |= (n >= r.first && n <= r.last) || (n >= r.last && n <= r.first);
            if (i < an)
                ra[i] = r;
            else
                rb[i - an] = r;
        }
        an = imap_ranges_normalize(ra, an);
        bn = imap_ranges_normalize(rb, bn);
        size_t both;
        scan_of(&x, S(""));
        store_range *common = imap_ranges_intersect(ra, an, rb, bn, &x.memory, &both);
        uint64_t count = 0;
        for (uint32_t n = 1; n < 64; n++) {
            assert_int_equal(imap_ranges_have(ra, an, n), a[n]);
            assert_int_equal(imap_ranges_have(common, both, n), a[n] && b[n]);
            count += a[n];
        }
        assert_int_equal(imap_ranges_count(ra, an), count);
    }
}

static void growing(void **state) {
    imap_ranges r = {0};
    SCOPED_BUF text;
    buf_init(&text, 1 << 20);
    for (uint32_t i = 1; i <= 9; i++)
        if (i != 4 && i != 8)
            imap_ranges_add(&r, i, i);
    imap_ranges_add(&r, UINT32_MAX, UINT32_MAX);
    imap_ranges_print(&text, r.p, r.n);
    assert_str(buf_str(&text), S("1:3,5:7,9,4294967295"));
    imap_ranges_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets),        cmocka_unit_test(wrong),   cmocka_unit_test(bounded),
        cmocka_unit_test(random_sets), cmocka_unit_test(growing),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
