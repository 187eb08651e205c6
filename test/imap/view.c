#include "check.h"

#include "imap/view.h"

enum { UIDS = 200 };

/* The model: one bit for each UID. */
typedef struct model {
    bool has[UIDS + 1];
} model;

static uint32_t model_seq(const model *m, uint32_t uid) {
    uint32_t seq = 0;
    for (uint32_t i = 1; i <= uid; i++)
        seq += m->has[i];
    return m->has[uid] ? seq : 0;
}

static void compare(const imap_view *v, const model *m) {
    uint32_t count = 0, last = 0;
    for (uint32_t uid = 1; uid <= UIDS; uid++) {
        assert_int_equal(imap_view_seq(v, uid), model_seq(m, uid));
        assert_int_equal(imap_view_below(v, uid), count);
        if (m->has[uid]) {
            assert_int_equal(imap_view_uid(v, ++count), uid);
            last = uid;
        }
    }
    assert_int_equal(imap_view_count(v), count);
    assert_int_equal(imap_view_last(v), last);
    assert_int_equal(imap_view_uid(v, count + 1), 0);
    assert_int_equal(imap_view_uid(v, 0), 0);
}

static void random_views(void **state) {
    srand(11);
    for (int round = 0; round < 200; round++) {
        model m = {0};
        imap_view v = {0};
        for (uint32_t uid = 1; uid <= UIDS; uid++)
            if (rand() % 3) {
                m.has[uid] = true;
                imap_view_append(&v, uid);
            }
        compare(&v, &m);
        store_range gone[3];
        uint32_t at = 1;
        for (size_t i = 0; i < 3; i++) {
            gone[i].first = at + (uint32_t)rand() % 40;
            gone[i].last = gone[i].first + (uint32_t)rand() % 20;
            at = gone[i].last + 1;
            for (uint32_t uid = gone[i].first; uid <= gone[i].last; uid++)
                m.has[uid] = false;
        }
        imap_view_remove(&v, gone, 3);
        compare(&v, &m);
        store_range seqs, uids = {1 + (uint32_t)rand() % 100, 100 + (uint32_t)rand() % 100};
        if (imap_view_seqs(&v, uids, &seqs)) {
            assert_true(imap_view_uid(&v, seqs.first) >= uids.first && imap_view_uid(&v, seqs.last) <= uids.last);
            assert_int_equal(seqs.last - seqs.first + 1,
                             imap_view_below(&v, uids.last + 1) - imap_view_below(&v, uids.first));
        }
        imap_view_free(&v);
    }
}

static void edges(void **state) {
    imap_view v = {0};
    store_range seqs;
    assert_int_equal(imap_view_count(&v), 0);
    assert_false(imap_view_seqs(&v, (store_range){1, UINT32_MAX}, &seqs));
    imap_view_set(&v, (store_range[]){{1, 3}, {4, 5}, {UINT32_MAX - 1, UINT32_MAX}}, 3);
    assert_int_equal(v.n, 2); /* ranges that touch are one */
    assert_int_equal(imap_view_count(&v), 7);
    assert_int_equal(imap_view_seq(&v, UINT32_MAX), 7);
    assert_int_equal(imap_view_uid(&v, 6), UINT32_MAX - 1);
    assert_true(imap_view_seqs(&v, (store_range){4, UINT32_MAX}, &seqs));
    assert_int_equal(seqs.first, 4);
    assert_int_equal(seqs.last, 7);
    imap_view_remove(&v, (store_range[]){{1, UINT32_MAX}}, 1);
    assert_int_equal(imap_view_count(&v), 0);
    imap_view_free(&v);
}

/* A million messages in one range are one span. */
static void compact(void **state) {
    imap_view v = {0};
    imap_view_set(&v, (store_range[]){{1, 1000000}}, 1);
    for (uint32_t uid = 1000001; uid < 1000100; uid++)
        imap_view_append(&v, uid);
    assert_int_equal(v.n, 1);
    imap_view_remove(&v, (store_range[]){{500000, 500000}}, 1);
    assert_int_equal(v.n, 2);
    assert_int_equal(imap_view_uid(&v, 500000), 500001);
    imap_view_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_views),
        cmocka_unit_test(edges),
        cmocka_unit_test(compact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
