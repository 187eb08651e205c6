#include "base/codec.h"
#include "check.h"

static void check_decode(str text, str bytes) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    qp_decode(&out, text);
    assert_str(buf_str(&out), bytes);
}

static void check_encode(str bytes, str text) {
    SCOPED_BUF out, back;
    buf_init(&out, 1000);
    buf_init(&back, 1000);
    assert_true(qp_encode(&out, bytes));
    assert_str(buf_str(&out), text);
    qp_decode(&back, buf_str(&out));
    assert_str(buf_str(&back), bytes);
}

static void decodes(void **state) {
    check_decode(S("caf=C3=A9"), S("caf\xc3\xa9"));
    check_decode(S("=c3=a9"), S("\xc3\xa9")); /* lower case is forgiven */
    check_decode(S("a=\r\nb=\nc"), S("abc")); /* soft breaks, a bare LF among them */
    check_decode(S("a= \t\r\nb"), S("ab"));   /* blanks behind the "=" were added on the way */
    check_decode(S("a \t\r\nb \n c "), S("a\r\nb\n c"));
    check_decode(S("a="), S("a"));
    check_decode(S("a=  "), S("a"));
    check_decode(S(""), S(""));
    check_decode(S("=00=0D=0A"), S("\0\r\n"));
}

static void keeps_bad_escapes(void **state) {
    check_decode(S("1+1=2"), S("1+1=2"));
    check_decode(S("=G1=1G=4"), S("=G1=1G=4"));
    check_decode(S("==41"), S("=A"));
    check_decode(S("= x"), S("= x"));
    check_decode(S("a=\rb"), S("a=\rb"));
    check_decode(S("\xff\x01"), S("\xff\x01"));
}

static void encodes(void **state) {
    check_encode(S("caf\xc3\xa9 = x\r\n"), S("caf=C3=A9 =3D x\r\n"));
    check_encode(S("a \r\nb\t"), S("a=20\r\nb=09"));
    check_encode(S("a  \r\n"), S("a =20\r\n"));
    check_encode(S("\r\n\r\n"), S("\r\n\r\n"));
    check_encode(S("a\rb\nc\0"), S("a=0Db=0Ac=00"));
    check_encode(S("\r\r\n"), S("=0D\r\n"));
    check_encode(S(".\r\n..\r\nFrom me\r\nFrom\r\n"), S("=2E\r\n=2E.\r\n=46rom me\r\nFrom\r\n"));
    check_encode(S(""), S(""));
}

/* Lines of every length around the limit, of one and of three characters a byte. */
static void line_length(void **state) {
    SCOPED_BUF in, out, back;
    buf_init(&in, 1000);
    buf_init(&out, 4000);
    buf_init(&back, 1000);
    for (size_t n = 0; n < 320; n++) {
        for (int kind = 0; kind < 4; kind++) {
            buf_clear(&in);
            buf_clear(&out);
            buf_clear(&back);
            for (size_t i = 0; i < n; i++)
                buf_add_byte(&in, "a=. "[kind == 3 ? 3 : (i % 7 == 0 ? kind : 0)]);
            if (n % 2)
                buf_add(&in, S("\r\n"));
            assert_true(qp_encode(&out, buf_str(&in)));
            qp_decode(&back, buf_str(&out));
            assert_str(buf_str(&back), buf_str(&in));
            str rest = buf_str(&out), line;
            while (str_cut_line(&rest, &line))
                assert_in_range(line.n, 2, 78);
            assert_in_range(rest.n, 0, 76);
        }
    }
    buf_clear(&in);
    buf_clear(&out);
    for (int i = 0; i < 76; i++)
        buf_add_byte(&in, 'x');
    buf_add(&in, S("\r\n"));
    qp_encode(&out, buf_str(&in));
    assert_str(buf_str(&out), buf_str(&in)); /* 76 characters need no break */
}

/* Input made to be looked at again and again: blanks and "=" without end. */
static void is_linear(void **state) {
    SCOPED_BUF in, out;
    buf_init(&in, 1 << 22);
    buf_init(&out, 1 << 22);
    char *p = buf_reserve(&in, 1 << 21);
    memset(p, ' ', 1 << 21);
    p[(1 << 21) - 1] = 'x';
    for (int i = 0; i < 1 << 20; i += 4096)
        p[i] = '=';
    buf_commit(&in, 1 << 21);
    qp_decode(&out, buf_str(&in));
    assert_str(buf_str(&out), buf_str(&in));
}

static void limits(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 5);
    assert_false(qp_encode(&out, S("a=\xff")));
    assert_true(out.over);
    buf_clear(&out);
    qp_decode(&out, S("01 23=3456789"));
    assert_true(out.over);
    assert_str(buf_str(&out), S("01 23"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),     cmocka_unit_test(keeps_bad_escapes), cmocka_unit_test(encodes),
        cmocka_unit_test(line_length), cmocka_unit_test(is_linear),         cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("qp", tests, NULL, NULL);
}
