#include "base/map.h"

#include "check.h"

static char values[5000];

static str key_of(char *room, size_t i) {
    int n = snprintf(room, 16, "key-%zu", i);
    return (str){room, (size_t)n};
}

static void put_get_remove(void **state) {
    map m;
    map_init(&m, 10);
    assert_null(map_get(&m, S("a")));
    assert_null(map_remove(&m, S("a")));
    assert_true(map_put(&m, S("a"), &values[1]));
    assert_true(map_put(&m, S("a\0"), &values[2])); /* keys are bytes */
    assert_true(map_put(&m, S(""), &values[3]));
    assert_ptr_equal(map_get(&m, S("a")), &values[1]);
    assert_ptr_equal(map_get(&m, S("a\0")), &values[2]);
    assert_ptr_equal(map_get(&m, (str){NULL, 0}), &values[3]);
    assert_null(map_get(&m, S("A")));
    assert_true(map_put(&m, S("a"), &values[4]));
    assert_ptr_equal(map_get(&m, S("a")), &values[4]);
    assert_int_equal(m.n, 3);
    assert_ptr_equal(map_remove(&m, S("a")), &values[4]);
    assert_null(map_get(&m, S("a")));
    assert_null(map_remove(&m, S("a")));
    assert_int_equal(m.n, 2);
    map_free(&m);
    assert_int_equal(m.n, 0);
    assert_null(map_get(&m, S("")));
    assert_true(map_put(&m, S("again"), &values[0]));
    map_free(&m);
}

static void keys_are_copied(void **state) {
    map m;
    map_init(&m, 10);
    char key[] = "key";
    map_put(&m, (str){key, 3}, &values[1]);
    key[0] = 'x';
    assert_ptr_equal(map_get(&m, S("key")), &values[1]);
    map_free(&m);
}

static void has_a_maximum(void **state) {
    map m;
    map_init(&m, 3);
    char room[16];
    for (size_t i = 0; i < 3; i++)
        assert_true(map_put(&m, key_of(room, i), &values[i]));
    assert_false(map_put(&m, S("one more"), &values[4]));
    assert_true(map_put(&m, key_of(room, 1), &values[4])); /* replacing needs no room */
    map_remove(&m, key_of(room, 2));
    assert_true(map_put(&m, S("one more"), &values[4]));
    map_free(&m);
}

/* Thousands of random changes, compared with a plain table. */
static void like_a_table(void **state) {
    enum { KEYS = 700, STEPS = 60000 };
    map m;
    map_init(&m, KEYS);
    void *expected[KEYS] = {0};
    size_t n = 0;
    uint32_t random = 1;
    char room[16];
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        size_t i = (random >> 8) % KEYS;
        str key = key_of(room, i);
        assert_ptr_equal(map_get(&m, key), expected[i]);
        if (random >> 31) {
            n += !expected[i];
            expected[i] = &values[step % 5000];
            assert_true(map_put(&m, key, expected[i]));
        } else {
            n -= expected[i] != NULL;
            assert_ptr_equal(map_remove(&m, key), expected[i]);
            expected[i] = NULL;
        }
        assert_int_equal(m.n, n);
    }
    assert_true(m.cap <= 2048); /* marks of removed entries do not make it grow */
    map_free(&m);
}

static void walking(void **state) {
    map m;
    map_init(&m, 1000);
    char room[16];
    for (size_t i = 0; i < 1000; i++)
        map_put(&m, key_of(room, i), &values[i]);
    bool seen[1000] = {0};
    size_t at = 0, count = 0;
    str key;
    void *value;
    while (map_each(&m, &at, &key, &value)) {
        size_t i = (size_t)((char *)value - values);
        assert_false(seen[i]);
        assert_str(key, key_of(room, i));
        seen[i] = true;
        count++;
        if (i % 2)
            assert_ptr_equal(map_remove(&m, key_of(room, i)), value);
    }
    assert_int_equal(count, 1000);
    assert_int_equal(m.n, 500);
    at = 0;
    while (map_each(&m, &at, &key, &value))
        assert_int_equal((size_t)((char *)value - values) % 2, 0);
    map_free(&m);
    at = 0;
    assert_false(map_each(&m, &at, &key, &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_remove), cmocka_unit_test(keys_are_copied), cmocka_unit_test(has_a_maximum),
        cmocka_unit_test(like_a_table),   cmocka_unit_test(walking),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
