#include "kit.h"

#include "base/limits.h"
#include "base/mem.h"
#include "store/range.h"

static void normal_form(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 1 << 20);
    store_range in[] = {{50, 60},         {1, 1},  {2, 2}, {55, 70}, {3, 10}, {UINT32_MAX, UINT32_MAX},
                        {80, UINT32_MAX}, {12, 13}};
    const store_range *out;
    size_t n;
    assert_ok(range_normal(in, 8, &a, &out, &n));
    static const store_range expected[] = {{1, 10}, {12, 13}, {50, 70}, {80, UINT32_MAX}};
    assert_int_equal(n, 4);
    assert_memory_equal(out, expected, sizeof expected);
    store_range ordered[] = {{1, 2}, {3, 3}, {9, 9}};
    assert_ok(range_normal(ordered, 3, &a, &out, &n));
    assert_true(out == ordered && n == 3);
    assert_ok(range_normal(NULL, 0, &a, &out, &n));
    assert_int_equal(n, 0);
    arena_free(&a);
}

static void refused(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 16);
    const store_range *out;
    size_t n;
    store_range zero = {0, 1}, backwards = {2, 1}, unordered[] = {{5, 5}, {4, 4}, {3, 3}};
    assert_err(range_normal(&zero, 1, &a, &out, &n), ERR_PEER, ERR_SYNTAX);
    assert_err(range_normal(&backwards, 1, &a, &out, &n), ERR_PEER, ERR_SYNTAX);
    assert_err(range_normal(unordered, 3, &a, &out, &n), ERR_PEER, ERR_LIMIT); /* the arena */
    store_range *many = mem_array(LIMIT_UID_RANGES + 1, sizeof *many);
    assert_err(range_normal(many, LIMIT_UID_RANGES + 1, &a, &out, &n), ERR_PEER, ERR_LIMIT);
    free(many);
    arena_free(&a);
}

static void membership(void **state) {
    (void)state;
    static const store_range set[] = {{3, 5}, {9, 9}, {20, UINT32_MAX}};
    for (uint32_t uid = 1; uid < 30; uid++)
        assert_int_equal(range_has(set, 3, uid), (uid >= 3 && uid <= 5) || uid == 9 || uid >= 20);
    assert_true(range_has(set, 3, UINT32_MAX));
    assert_false(range_has(NULL, 0, 1));
}

static void pushing(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 1 << 16);
    store_range *set = NULL;
    size_t n = 0;
    for (uint32_t uid = 1; uid <= 100; uid++)
        assert_true(uid % 10 == 0 || range_push(&a, &set, &n, uid));
    assert_int_equal(n, 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_true(set[i].first == i * 10 + 1 && set[i].last == i * 10 + 9);
    arena tiny;
    arena_init(&tiny, 64);
    n = 0;
    bool fits = true;
    for (uint32_t uid = 1; fits && uid < 1000; uid += 2)
        fits = range_push(&tiny, &set, &n, uid);
    assert_false(fits);
    assert_int_equal(n, 8);
    arena_free(&tiny);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(normal_form), cmocka_unit_test(refused),
                                       cmocka_unit_test(membership), cmocka_unit_test(pushing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
