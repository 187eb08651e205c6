#include "base/codec.h"
#include "check.h"

static void both_ways(void **state) {
    SCOPED_BUF text, bytes;
    buf_init(&text, 600);
    buf_init(&bytes, 300);
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    assert_true(hex_encode(&text, (str){all, 256}));
    assert_str(str_sub(buf_str(&text), 0, 8), S("00010203"));
    assert_str(str_skip(buf_str(&text), 508), S("feff"));
    assert_true(hex_decode(&bytes, buf_str(&text)));
    assert_str(buf_str(&bytes), (str){all, 256});
    buf_clear(&bytes);
    assert_true(hex_decode(&bytes, S("DEADbeef")));
    assert_str(buf_str(&bytes), S("\xde\xad\xbe\xef"));
    assert_true(hex_decode(&bytes, S("")));
}

static void refuses(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    const str bad[] = {S("0"),   S("0g"), S("g0"), S("0x"), S(" 0"), S("00 "),
                       S("0\0"), S("/0"), S(":0"), S("@0"), S("`0")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hex_decode(&out, bad[i]));
    assert_int_equal(out.n, 0);
}

static void limits(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 3);
    assert_false(hex_encode(&out, S("ab")));
    assert_true(out.over);
    buf_clear(&out);
    assert_false(hex_encode(&out, (str){"", SIZE_MAX / 2 + 1})); /* twice that wraps */
    assert_true(out.over);
    buf_clear(&out);
    assert_false(hex_decode(&out, S("0001020304")));
    assert_true(out.over);
}

static void digits(void **state) {
    assert_int_equal(hex_value('0'), 0);
    assert_int_equal(hex_value('9'), 9);
    assert_int_equal(hex_value('a'), 10);
    assert_int_equal(hex_value('F'), 15);
    assert_int_equal(hex_value('g'), -1);
    assert_int_equal(hex_value((char)0xff), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(refuses),
        cmocka_unit_test(limits),
        cmocka_unit_test(digits),
    };
    return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
