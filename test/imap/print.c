#include "check.h"

#include "imap/print.h"

static buf out;

static void strings(void **state) {
    static const struct {
        str in, string, astring;
    } cases[] = {
        {{"abc", 3}, {"\"abc\"", 5}, {"abc", 3}},
        {{"", 0}, {"\"\"", 2}, {"\"\"", 2}},
        {{"a b", 3}, {"\"a b\"", 5}, {"\"a b\"", 5}},
        {{"a\"\\", 3}, {"\"a\\\"\\\\\"", 7}, {"\"a\\\"\\\\\"", 7}},
        {{"NIL", 3}, {"\"NIL\"", 5}, {"\"NIL\"", 5}},
        {{"a\r\nb", 4}, {"{4}\r\na\r\nb", 9}, {"{4}\r\na\r\nb", 9}},
        {{"a\0b", 3},
         {"{3}\r\na\x80"
          "b",
          8},
         {"{3}\r\na\x80"
          "b",
          8}},
        {{"\xc3\xa4", 2}, {"{2}\r\n\xc3\xa4", 7}, {"{2}\r\n\xc3\xa4", 7}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        assert_true(imap_print_string(&out, cases[i].in));
        assert_str(buf_str(&out), cases[i].string);
        buf_clear(&out);
        assert_true(imap_print_astring(&out, cases[i].in));
        assert_str(buf_str(&out), cases[i].astring);
    }
}

/* Whatever is printed is read back the same (but for NUL, which a string cannot carry). */
static void reads_back(void **state) {
    scratch x = {0};
    srand(5);
    for (int round = 0; round < 5000; round++) {
        char bytes[12];
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(rand() % 3 ? 1 + rand() % 126 : 1 + rand() % 255);
        buf_clear(&out);
        assert_true(imap_print_astring(&out, str_of(bytes, n)));
        str got;
        assert_true(imap_scan_astring(scan_of(&x, buf_str(&out)), &got));
        assert_str(got, str_of(bytes, n));
        assert_int_equal(x.scan.rest.n, 0);
    }
    arena_free(&x.memory);
}

static void mailboxes(void **state) {
    buf_clear(&out);
    assert_true(imap_print_mailbox(&out, S("Entw\xc3\xbcrfe & \"x\""), false));
    assert_str(buf_str(&out), S("\"Entw&APw-rfe &- \\\"x\\\"\""));
    buf_clear(&out);
    assert_true(imap_print_mailbox(&out, S("Entw\xc3\xbcrfe"), true));
    assert_str(buf_str(&out), S("\"Entw\xc3\xbcrfe\""));
}

static void flags(void **state) {
    static const str keywords[] = {{"$Junk", 5}, {"work", 4}};
    buf_clear(&out);
    imap_print_flags(&out, FLAG_SEEN | FLAG_DRAFT | UINT64_C(2) << FLAG_KEYWORD_SHIFT, keywords, 2);
    assert_str(buf_str(&out), S("\\Seen \\Draft work"));
    buf_clear(&out);
    imap_print_flags(&out, 0, keywords, 2);
    assert_str(buf_str(&out), S(""));
    buf_clear(&out);
    imap_print_flags(&out, UINT64_MAX, keywords, 1);
    assert_str(buf_str(&out), S("\\Seen \\Answered \\Flagged \\Deleted \\Draft $Junk"));
    assert_int_equal(imap_flag_of(S("\\sEEn")), FLAG_SEEN);
    assert_int_equal(imap_flag_of(S("\\Recent")), 0);
    assert_int_equal(imap_special_of(S("\\trash")), SPECIAL_TRASH);
    assert_int_equal(imap_special_of(S("\\Inbox")), SPECIAL_NONE);
    assert_str(imap_special_name(SPECIAL_SENT), S("\\Sent"));
    assert_str(imap_special_name(SPECIAL_NONE), S(""));
}

static void codes(void **state) {
    err e = err_make(ERR_PEER, ERR_NOT_FOUND, "x", "");
    assert_str(imap_error_code(&e), S("[NONEXISTENT] "));
    e = err_make(ERR_TEMP, ERR_NOT_FOUND, "x", "");
    assert_str(imap_error_code(&e), S("[UNAVAILABLE] "));
    e = err_make(ERR_PEER, ERR_OVER_QUOTA, "x", "");
    assert_str(imap_error_code(&e), S("[OVERQUOTA] "));
    e = err_make(ERR_BUG, ERR_WHAT_OTHER, "x", "");
    assert_str(imap_error_code(&e), S("[SERVERBUG] "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings), cmocka_unit_test(reads_back), cmocka_unit_test(mailboxes),
        cmocka_unit_test(flags),   cmocka_unit_test(codes),
    };
    buf_init(&out, 1 << 20);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&out);
    return result;
}
