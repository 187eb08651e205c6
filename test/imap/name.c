#include "check.h"

#include "imap/name.h"

static arena memory;

static str read_name(str wire, bool utf8) {
    str out;
    return imap_name_read(wire, utf8, &memory, &out) ? out : S("(none)");
}

static str read_pattern(str wire) {
    str out;
    return imap_name_read_pattern(wire, false, &memory, &out) ? out : S("(none)");
}

static void names(void **state) {
    assert_str(read_name(S("Entw&APw-rfe"), false), S("Entw\xc3\xbcrfe"));
    assert_str(read_name(S("Entw&APw-rfe"), true), S("Entw&APw-rfe"));
    assert_str(read_name(S("Entw\xc3\xbcrfe"), true), S("Entw\xc3\xbcrfe"));
    assert_str(read_name(S("Entw\xc3\xbcrfe"), false), S("(none)"));
    assert_str(read_name(S("a\xff"), true), S("(none)"));
    assert_str(read_name(S(""), false), S("(none)"));
    char huge[5000];
    memset(huge, 'a', sizeof huge);
    assert_str(read_name(str_of(huge, sizeof huge), false), S("(none)"));
}

/* Patterns are compared with what the store has: NFC, and INBOX in capitals. */
static void patterns(void **state) {
    assert_str(read_pattern(S("")), S(""));
    assert_str(read_pattern(S("inbox")), S("INBOX"));
    assert_str(read_pattern(S("inBox/%")), S("INBOX/%"));
    assert_str(read_pattern(S("inboxes")), S("inboxes"));
    assert_str(read_pattern(S("e&AwE-*")), S("\xc3\xa9*"));
    assert_str(read_pattern(S("&")), S("(none)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(patterns)};
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&memory);
    return result;
}
