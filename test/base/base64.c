#include "base/codec.h"
#include "check.h"

/* RFC 4648 10 */
static const struct {
    str bytes, text, url;
} vectors[] = {
    {{"", 0}, {"", 0}, {"", 0}},
    {{"f", 1}, {"Zg==", 4}, {"Zg", 2}},
    {{"fo", 2}, {"Zm8=", 4}, {"Zm8", 3}},
    {{"foo", 3}, {"Zm9v", 4}, {"Zm9v", 4}},
    {{"foob", 4}, {"Zm9vYg==", 8}, {"Zm9vYg", 6}},
    {{"fooba", 5}, {"Zm9vYmE=", 8}, {"Zm9vYmE", 7}},
    {{"foobar", 6}, {"Zm9vYmFy", 8}, {"Zm9vYmFy", 8}},
    {{"\xfb\xff\xfe", 3}, {"+//+", 4}, {"-__-", 4}},
    {{"\0\0\0", 3}, {"AAAA", 4}, {"AAAA", 4}},
};

static void standard_vectors(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        buf_clear(&out);
        assert_true(base64_encode(&out, vectors[i].bytes));
        assert_str(buf_str(&out), vectors[i].text);
        buf_clear(&out);
        assert_true(base64_decode(&out, vectors[i].text));
        assert_str(buf_str(&out), vectors[i].bytes);
        buf_clear(&out);
        assert_true(base64url_encode(&out, vectors[i].bytes));
        assert_str(buf_str(&out), vectors[i].url);
        buf_clear(&out);
        assert_true(base64url_decode(&out, vectors[i].url));
        assert_str(buf_str(&out), vectors[i].bytes);
        buf_clear(&out);
        base64_decode_loose(&out, vectors[i].text);
        assert_str(buf_str(&out), vectors[i].bytes);
    }
}

static void strict_refuses(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    const str bad[] = {S("Zg"),       S("Zg="),    S("Zg==="), S("Z==="),         S("===="),
                       S("="),        S("Zm9v\n"), S("Zm 9v"), S("Zm9-"),         S("Zm=v"),
                       S("Zg==Zg=="), S("Zh=="),   S("Zm9="),  S("Zm9v\0\0\0\0"), S("Z\xffgg")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (base64_decode(&out, bad[i]))
            fail_msg("took %.*s", STR_ARG(bad[i]));
    const str bad_url[] = {S("Zg=="), S("Z"), S("Zm9vZ"), S("+//+"), S("Zh"), S("Zm9v ")};
    for (size_t i = 0; i < sizeof bad_url / sizeof *bad_url; i++)
        if (base64url_decode(&out, bad_url[i]))
            fail_msg("took %.*s", STR_ARG(bad_url[i]));
}

static void loose_decodes(void **state) {
    static const struct {
        str text, bytes;
    } cases[] = {
        {{"Zm9v\r\nYm Fy", 11}, {"foobar", 6}},
        {{"Zg", 2}, {"f", 1}},
        {{"Zg=", 3}, {"f", 1}},
        {{"Z", 1}, {"", 0}},
        {{"Zm9v====Yg", 10}, {"foo", 3}},
        {{"!Z-m_9\0v", 8}, {"foo", 3}},
        {{"====", 4}, {"", 0}},
        {{"Zh==", 4}, {"f", 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out;
        buf_init(&out, 100);
        base64_decode_loose(&out, cases[i].text);
        assert_str(buf_str(&out), cases[i].bytes);
    }
}

static void lines(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_true(base64_encode_lines(&out, S("foobarfoobarfo"), 8));
    assert_str(buf_str(&out), S("Zm9vYmFy\r\nZm9vYmFy\r\nZm8=\r\n"));
    buf_clear(&out);
    assert_true(base64_encode_lines(&out, S("foobar"), 8)); /* no empty line behind a full one */
    assert_str(buf_str(&out), S("Zm9vYmFy\r\n"));
    buf_clear(&out);
    assert_true(base64_encode_lines(&out, S(""), 76));
    assert_str(buf_str(&out), S(""));
    char body[200] = {0};
    assert_true(base64_encode_lines(&out, (str){body, sizeof body}, 76));
    assert_int_equal(str_find(buf_str(&out), '\r'), 76);
    buf_free(&out);
    buf_init(&out, 20);
    assert_false(base64_encode_lines(&out, (str){body, sizeof body}, 8));
    assert_true(out.over);
}

static void odd_width(void) {
    buf out;
    buf_init(&out, 10);
    base64_encode_lines(&out, S("a"), 75);
}

static void width_is_ours(void **state) { assert_true(aborts(odd_width)); }

static void limits(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 7);
    assert_false(base64_encode(&out, S("foob")));
    assert_true(out.over);
    buf_clear(&out);
    assert_false(base64_encode(&out, (str){"", SIZE_MAX - 1})); /* the length of the text wraps */
    assert_false(base64url_encode(&out, (str){"", SIZE_MAX}));
    assert_true(out.over);
    buf_clear(&out);
    base64_decode_loose(&out, S("Zm9vYmFyZm9vYmFy"));
    assert_true(out.over);
    assert_str(buf_str(&out), S("foobarf"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_vectors), cmocka_unit_test(strict_refuses),
        cmocka_unit_test(loose_decodes),    cmocka_unit_test(lines),
        cmocka_unit_test(width_is_ours),    cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
