#include "kit.h"

#include "base/limits.h"
#include "store/name.h"

static str form(const char *in) {
    static arena a;
    arena_free(&a);
    arena_init(&a, 10000);
    str out;
    err e = name_mailbox(str_c(in), &a, &out);
    if (failed(e))
        return e.what == ERR_LIMIT ? S("(limit)") : S("(syntax)");
    static char kept[LIMIT_MAILBOX_NAME];
    memcpy(kept, out.p, out.n);
    return str_of(kept, out.n);
}

static void stored_form(void **state) {
    (void)state;
    assert_str(form("INBOX"), S("INBOX"));
    assert_str(form("iNbOx"), S("INBOX"));
    assert_str(form("inbox/Sub"), S("INBOX/Sub"));
    assert_str(form("inboxes"), S("inboxes"));
    assert_str(form("a/inbox"), S("a/inbox"));
    assert_str(form("e\xCC\x81t\xC3\xA9"), S("\xC3\xA9t\xC3\xA9"));
    assert_str(form("\xE2\x84\xAB"), S("\xC3\x85")); /* ANGSTROM SIGN */
    assert_str(form("with space & *%"), S("with space & *%"));
    assert_str(form("\xF0\x9F\x98\x80"), S("\xF0\x9F\x98\x80"));
}

static void refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "/",
                                      "/a",
                                      "a/",
                                      "a//b",
                                      "a\nb",
                                      "a\rb",
                                      "\x7F",
                                      "\x01",
                                      "\xC2\x85",
                                      "\xFF",
                                      "\xC0\xAF",
                                      "\xED\xA0\x80",
                                      "a\xE2\x80\xA8",
                                      "\xE2\x80\xAEgpj.exe"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_str(form(bad[i]), S("(syntax)"));
    arena a;
    arena_init(&a, 10000);
    str out;
    assert_err(name_mailbox(str_of("a\0b", 3), &a, &out), ERR_PEER, ERR_SYNTAX);
    arena_free(&a);
}

static void limits(void **state) {
    (void)state;
    char name[LIMIT_MAILBOX_NAME + 2] = {0};
    memset(name, 'x', LIMIT_MAILBOX_NAME);
    assert_int_equal(form(name).n, LIMIT_MAILBOX_NAME);
    name[LIMIT_MAILBOX_NAME] = 'x';
    assert_str(form(name), S("(limit)"));
    char deep[LIMIT_MAILBOX_LEVELS * 2 + 8] = {0};
    for (size_t i = 0; i < LIMIT_MAILBOX_LEVELS; i++)
        memcpy(deep + 2 * i, i ? "/a" : "aa", 2);
    assert_int_equal(form(deep).n, LIMIT_MAILBOX_LEVELS * 2);
    memcpy(deep + LIMIT_MAILBOX_LEVELS * 2 - 2, "/a/", 3);
    deep[LIMIT_MAILBOX_LEVELS * 2 + 1] = 'a';
    assert_str(form(deep), S("(limit)"));
    /* U+0958 is one character of three bytes whose NFC has six: too long only in its stored form */
    char wide[LIMIT_MAILBOX_NAME + 1] = {0};
    for (size_t i = 0; i + 3 <= LIMIT_MAILBOX_NAME; i += 3)
        memcpy(wide + i, "\xE0\xA5\x98", 3);
    assert_str(form(wide), S("(limit)"));
}

static void levels(void **state) {
    (void)state;
    arena a;
    arena_init(&a, 10000);
    str *out = NULL;
    size_t n;
    assert_ok(name_levels(S("a/bc/d"), &a, &out, &n));
    assert_int_equal(n, 3);
    assert_str(out[0], S("a"));
    assert_str(out[1], S("a/bc"));
    assert_str(out[2], S("a/bc/d"));
    assert_ok(name_levels(S("one"), &a, &out, &n));
    assert_int_equal(n, 1);
    arena_free(&a);
    assert_true(name_is_below(S("a/b"), S("a")));
    assert_false(name_is_below(S("a"), S("a")));
    assert_false(name_is_below(S("ab"), S("a")));
    assert_false(name_is_below(S("a"), S("a/b")));
}

static void keywords(void **state) {
    (void)state;
    char long_one[LIMIT_KEYWORD + 1];
    memset(long_one, 'k', sizeof long_one);
    str good[] = {S("$Forwarded"), S("x"), str_of(long_one, LIMIT_KEYWORD)};
    assert_ok(name_keywords(good, 3));
    assert_ok(name_keywords(NULL, 0));
    str bad[] = {S(""), S("a b"), S("\x7F"), S("caf\xC3\xA9"), S("a\tb")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(name_keywords(&bad[i], 1), ERR_PEER, ERR_SYNTAX);
    str too_long = str_of(long_one, sizeof long_one);
    assert_err(name_keywords(&too_long, 1), ERR_PEER, ERR_LIMIT);
    str many[LIMIT_KEYWORDS + 1];
    for (size_t i = 0; i < LIMIT_KEYWORDS + 1; i++)
        many[i] = S("k");
    assert_err(name_keywords(many, LIMIT_KEYWORDS + 1), ERR_PEER, ERR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_form), cmocka_unit_test(refused),  cmocka_unit_test(limits),
        cmocka_unit_test(levels),      cmocka_unit_test(keywords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
