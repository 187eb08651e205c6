#include "base/arena.h"

#include <stdalign.h>

#include "check.h"

static void zeroed_and_aligned(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    for (size_t n = 1; n < 3000; n += 37) {
        char *p = arena_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
}

static void has_a_maximum(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 1000);
    assert_non_null(arena_alloc(&a, 900));
    assert_null(arena_alloc(&a, 200));
    assert_non_null(arena_alloc(&a, 16)); /* a smaller wish may still be met */
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_null(arena_array(&a, SIZE_MAX / 2, 4));
    assert_null(arena_str(&a, (str){"", SIZE_MAX}).p);
    assert_null(arena_cstr(&a, (str){"", SIZE_MAX}));
    assert_null(arena_strf(&a, "%0999d", 1).p);
    assert_true(a.used <= 1000);
}

static void used_again(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    for (int round = 0; round < 3; round++) {
        assert_non_null(arena_alloc(&a, 99000));
        assert_null(arena_alloc(&a, 99000));
        arena_free(&a);
        assert_int_equal(a.used, 0);
    }
    arena_free(NULL);
}

static void copies(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    char original[] = "MiXed\0Case";
    str s = {original, sizeof original - 1};
    str copy = arena_str(&a, s), lower = arena_lower(&a, s);
    char *z = arena_cstr(&a, str_sub(s, 0, 5));
    memset(original, 'x', sizeof original);
    assert_str(copy, S("MiXed\0Case"));
    assert_str(lower, S("mixed\0case"));
    assert_string_equal(z, "MiXed");
    assert_non_null(arena_str(&a, S("")).p); /* empty is not an error */
    assert_non_null(arena_lower(&a, (str){NULL, 0}).p);
    assert_string_equal(arena_cstr(&a, (str){NULL, 0}), "");
    assert_str(arena_strf(&a, "%d-%s", 7, "seven"), S("7-seven"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_and_aligned),
        cmocka_unit_test(has_a_maximum),
        cmocka_unit_test(used_again),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
