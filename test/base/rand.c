#include "base/rand.h"

#include "check.h"

static void every_byte_is_drawn(void **state) {
    unsigned char bytes[700] = {0}, other[700] = {0}; /* more than the kernel gives at once */
    rand_bytes(bytes, sizeof bytes);
    rand_bytes(other, sizeof other);
    assert_memory_not_equal(bytes, other, sizeof bytes);
    int seen[256] = {0}, values = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        values += seen[bytes[i]]++ == 0;
    assert_in_range(values, 180, 256); /* about 239 are expected */
    for (size_t from = 0; from + 16 <= sizeof bytes; from += 16) {
        static const unsigned char zeros[16];
        assert_memory_not_equal(bytes + from, zeros, 16);
    }
    rand_bytes(NULL, 0);
}

static void below_a_bound(void **state) {
    int seen[10] = {0};
    for (int i = 0; i < 5000; i++) {
        uint64_t v = rand_below(10);
        assert_in_range(v, 0, 9);
        seen[v]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(seen[i], 350, 650); /* 500 expected, 7 standard deviations each way */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rand_below(1), 0);
        assert_true(rand_below(UINT64_C(3) << 62) < UINT64_C(3) << 62);
    }
}

static void below_nothing(void) { rand_below(0); }
static void bound_zero_is_our_bug(void **state) { assert_true(aborts(below_nothing)); }

static void ids(void **state) {
    char id[RAND_ID + 1] = {0}, other[RAND_ID] = {0};
    id[RAND_ID] = '!';
    rand_id(id);
    rand_id(other);
    assert_int_equal(id[RAND_ID], '!');
    assert_memory_not_equal(id, other, RAND_ID);
    for (int i = 0; i < RAND_ID; i++)
        assert_true(ascii_lower(id[i]) || ascii_digit(id[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_drawn),
        cmocka_unit_test(below_a_bound),
        cmocka_unit_test(bound_zero_is_our_bug),
        cmocka_unit_test(ids),
    };
    return cmocka_run_group_tests_name("rand", tests, NULL, NULL);
}
