#include "kit.h"

#include "store/crc.h"

/* RFC 3720 B.4 */
static void known_values(void **state) {
    (void)state;
    char bytes[32] = {0};
    assert_int_equal(store_crc32c(str_of(bytes, 32)), 0x8A9136AA);
    memset(bytes, 0xFF, 32);
    assert_int_equal(store_crc32c(str_of(bytes, 32)), 0x62A8AB43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (char)i;
    assert_int_equal(store_crc32c(str_of(bytes, 32)), 0x46DD794E);
    assert_int_equal(store_crc32c(S("123456789")), 0xE3069283);
    assert_int_equal(store_crc32c(S("")), 0);
}

static void every_bit_counts(void **state) {
    (void)state;
    char bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    uint32_t whole = store_crc32c(str_of(bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes * 8; i++) {
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
        assert_int_not_equal(store_crc32c(str_of(bytes, sizeof bytes)), whole);
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_values), cmocka_unit_test(every_bit_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
