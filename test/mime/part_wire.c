#include "mime/part_wire.h"
#include "mime_check.h"

static void string_is(str s, str wire) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_true(wire_string(&out, s));
    assert_str(buf_str(&out), wire);
}

static void quoted(void **state) {
    string_is(S("a b"), S("\"a b\""));
    string_is(S(""), S("\"\""));
    string_is(S("a\"b\\c"), S("\"a\\\"b\\\\c\""));
    string_is(S("a\0b"), S("\"ab\""));
    string_is(S("{3}"), S("\"{3}\""));
}

static void literals(void **state) {
    string_is(S("a\rb"), S("{3}\r\na\rb"));
    string_is(S("a\nb"), S("{3}\r\na\nb"));
    string_is(S("caf\xc3\xa9\""), S("{6}\r\ncaf\xc3\xa9\""));
    string_is(S("\xff\0\0"), S("{1}\r\n\xff"));
}

static void nil(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_true(wire_nstring(&out, (str){NULL, 0}));
    assert_true(wire_nstring(&out, S("")));
    assert_str(buf_str(&out), S("NIL\"\""));
}

static void over_is_reported(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 4);
    assert_false(wire_string(&out, S("abcd")));
    buf_clear(&out);
    assert_false(wire_string(&out, S("\xff\xff")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted),
        cmocka_unit_test(literals),
        cmocka_unit_test(nil),
        cmocka_unit_test(over_is_reported),
    };
    return cmocka_run_group_tests_name("part_wire", tests, NULL, NULL);
}
