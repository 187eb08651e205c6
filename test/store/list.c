#include "kit.h"

#include "store/list.h"

static void grows(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 1 << 20);
    int *items = NULL;
    size_t n = 0;
    for (int i = 0; i < 1000; i++) {
        int *one = LIST_PUSH(&a, &items, &n);
        assert_non_null(one);
        assert_int_equal(*one, 0);
        *one = i;
    }
    assert_int_equal(n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_free(&a);
}

static void keeps_what_it_had_when_the_arena_is_spent(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 16 * sizeof(int64_t));
    int64_t *items = NULL, *one;
    size_t n = 0;
    while ((one = LIST_PUSH(&a, &items, &n)))
        *one = (int64_t)n;
    assert_int_equal(n, 8);
    assert_int_equal(items[7], 8);
    assert_int_equal(list_over().what, ERR_LIMIT);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows),
                                       cmocka_unit_test(keeps_what_it_had_when_the_arena_is_spent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
