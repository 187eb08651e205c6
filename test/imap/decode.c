#include "check.h"

#include "base/codec.h"
#include "imap/decode.h"

static void check_decoded(str encoding, str body, str wanted) {
    spool to;
    str got;
    spool_init(&to, S(""), 1 << 30, 1 << 30);
    assert_true(imap_decode(&to, encoding, body));
    assert_false(failed(spool_whole(&to, &got)));
    assert_str(got, wanted);
    spool_free(&to);
}

static void small(void **state) {
    check_decoded(S("BASE64"), S("AAEC\r\nAwQ=\r\n"), S("\0\1\2\3\4"));
    check_decoded(S(" base64 "), S("A A E C"), S("\0\1\2"));
    check_decoded(S("base64"), S("AAEC=garbage"), S("\0\1\2"));
    check_decoded(S("base64"), S(""), S(""));
    check_decoded(S("quoted-printable"), S("a=\r\nb=3D =C3=A4  \r\nend"), S("ab= \xc3\xa4\r\nend"));
    spool to;
    spool_init(&to, S(""), 100, 100);
    assert_false(imap_decode(&to, S("x-uuencode"), S("abc")));
    assert_int_equal(to.size, 0);
    spool_free(&to);
    assert_true(imap_encoding_is_identity(S("8BIT")) && imap_encoding_is_identity(S("")));
    assert_false(imap_encoding_is_identity(S("base64")));
}

/* In pieces it gives what decoding at once gives. */
static void long_bodies(void **state) {
    SCOPED_BUF raw, coded, whole;
    buf_init(&raw, 1 << 24);
    buf_init(&coded, 1 << 24);
    buf_init(&whole, 1 << 24);
    srand(9);
    for (int i = 0; i < 300000; i++)
        buf_add_byte(&raw, (char)rand());
    for (size_t width = 4; width <= 76; width += 24) {
        buf_clear(&coded);
        base64_encode_lines(&coded, buf_str(&raw), width);
        check_decoded(S("base64"), buf_str(&coded), buf_str(&raw));
    }
    for (int i = 0; i < 70000; i++) /* junk that holds no letter of the alphabet at all */
        coded.p[i] = '\t';
    buf_clear(&whole);
    base64_decode_loose(&whole, buf_str(&coded));
    check_decoded(S("base64"), buf_str(&coded), buf_str(&whole));
    buf_clear(&coded);
    qp_encode(&coded, buf_str(&raw));
    check_decoded(S("quoted-printable"), buf_str(&coded), buf_str(&raw));
    buf_clear(&coded);
    buf_clear(&whole);
    for (int i = 0; i < 60000; i++) /* no line end for longer than a piece */
        buf_add(&coded, i % 3 ? S("=C3=A4") : S("a "));
    qp_decode(&whole, buf_str(&coded));
    check_decoded(S("quoted-printable"), buf_str(&coded), buf_str(&whole));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(small), cmocka_unit_test(long_bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
