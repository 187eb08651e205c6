#include "check.h"

static scratch x;

static void astrings(void **state) {
    static const struct {
        str in, out, rest;
        bool good;
    } cases[] = {
        {{"abc def", 7}, {"abc", 3}, {" def", 4}, true},
        {{"a]b", 3}, {"a]b", 3}, {"", 0}, true},
        {{"\"\"", 2}, {"", 0}, {"", 0}, true},
        {{"\"a b\" c", 7}, {"a b", 3}, {" c", 2}, true},
        {{"\"a\\\"\\\\b\"", 8}, {"a\"\\b", 4}, {"", 0}, true},
        {{"\"\xc3\xa4\"", 4}, {"\xc3\xa4", 2}, {"", 0}, true},
        {{"\"\xc3\"", 3}, {0}, {0}, false},
        {{"\"a\\b\"", 5}, {0}, {0}, false},
        {{"\"a", 2}, {0}, {0}, false},
        {{"\"a\\", 3}, {0}, {0}, false},
        {{"\"a\0b\"", 5}, {0}, {0}, false},
        {{"\"a\rb\"", 5}, {0}, {0}, false},
        {{"{3}\r\na b c", 10}, {"a b", 3}, {" c", 2}, true},
        {{"{3+}\r\na\r\nc", 10}, {"a\r\n", 3}, {"c", 1}, true},
        {{"{0}\r\n", 5}, {"", 0}, {"", 0}, true},
        {{"{4}\r\nabc", 8}, {0}, {0}, false},
        {{"{3}\r\na\0c", 8}, {0}, {0}, false},
        {{"{99999999999999999999}\r\n", 24}, {0}, {0}, false},
        {{"{-1}\r\n", 6}, {0}, {0}, false},
        {{"", 0}, {0}, {0}, false},
        {{"(", 1}, {0}, {0}, false},
        {{"\0", 1}, {0}, {0}, false},
        {{"a\0b", 3}, {"a", 1}, {"\0b", 2}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imap_scan *s = scan_of(&x, cases[i].in);
        str out;
        assert_int_equal(imap_scan_astring(s, &out), cases[i].good);
        if (!cases[i].good)
            continue;
        assert_str(out, cases[i].out);
        assert_str(s->rest, cases[i].rest);
    }
}

static void numbers(void **state) {
    uint32_t n;
    uint64_t big;
    assert_true(imap_scan_number(scan_of(&x, S("4294967295")), &n) && n == UINT32_MAX);
    assert_false(imap_scan_number(scan_of(&x, S("4294967296")), &n));
    assert_false(imap_scan_number(scan_of(&x, S("")), &n));
    assert_false(imap_scan_number(scan_of(&x, S("-1")), &n));
    assert_true(imap_scan_number(scan_of(&x, S("0")), &n) && n == 0);
    assert_false(imap_scan_nz_number(scan_of(&x, S("0")), &n));
    assert_true(imap_scan_number64(scan_of(&x, S("9223372036854775807")), &big) && big == INT64_MAX);
    assert_false(imap_scan_number64(scan_of(&x, S("9223372036854775808")), &big));
}

static void words(void **state) {
    str out;
    bool nil, binary;
    imap_scan *s = scan_of(&x, S("A1+ x"));
    assert_true(imap_scan_tag(s, &out));
    assert_str(out, S("A1"));
    assert_false(imap_scan_sp(s));
    assert_true(imap_scan_flag(scan_of(&x, S("\\Seen)")), &out));
    assert_str(out, S("\\Seen"));
    assert_true(imap_scan_flag(scan_of(&x, S("$Junk")), &out));
    assert_false(imap_scan_flag(scan_of(&x, S("\\")), &out));
    assert_false(imap_scan_flag(scan_of(&x, S("\\*")), &out));
    assert_true(imap_scan_list_mailbox(scan_of(&x, S("a/%*]")), &out));
    assert_str(out, S("a/%*]"));
    assert_true(imap_scan_nstring(scan_of(&x, S("nil")), &out, &nil) && nil);
    assert_true(imap_scan_nstring(scan_of(&x, S("\"NIL\"")), &out, &nil) && !nil);
    s = scan_of(&x, S("~{310+}\r\n)"));
    assert_true(imap_scan_streamed(s, &binary) && binary);
    assert_str(s->rest, S(")"));
    assert_true(imap_scan_end(scan_of(&x, S("  "))));
    assert_false(imap_scan_end(scan_of(&x, S(" a"))));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(astrings),
        cmocka_unit_test(numbers),
        cmocka_unit_test(words),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
