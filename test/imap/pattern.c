#include "check.h"

#include "imap/pattern.h"

static arena memory;

static bool match(str pattern, str name) {
    imap_pattern p;
    arena_free(&memory);
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    assert_true(imap_pattern_compile(&p, pattern, &memory));
    return imap_pattern_match(&p, name);
}

static void cases(void **state) {
    assert_true(match(S("*"), S("")));
    assert_true(match(S("*"), S("a/b/c")));
    assert_true(match(S("%"), S("abc")));
    assert_false(match(S("%"), S("a/b")));
    assert_true(match(S("%/%"), S("a/b")));
    assert_false(match(S("%/%"), S("a/b/c")));
    assert_true(match(S("a/%"), S("a/b")));
    assert_false(match(S("a/%"), S("a")));
    assert_true(match(S("a*c"), S("a/b/c")));
    assert_false(match(S("a%c"), S("a/b/c")));
    assert_true(match(S("a%%%c"), S("abc")));
    assert_true(match(S("%*%c"), S("a/b/c")));
    assert_true(match(S("*b*/%c"), S("abb/xc")));
    assert_true(match(S("INBOX"), S("INBOX")));
    assert_false(match(S("INBOX"), S("INBOXES")));
    assert_false(match(S("INBOXES"), S("INBOX")));
    assert_true(match(S(""), S("")));
    assert_false(match(S(""), S("a")));
    assert_true(match(S("*a%"), S("ba/a")));
}

/* The obvious matcher, exponential but right. */
static bool slow(str p, str n) {
    if (p.n == 0)
        return n.n == 0;
    if (p.p[0] != '*' && p.p[0] != '%')
        return n.n && n.p[0] == p.p[0] && slow(str_skip(p, 1), str_skip(n, 1));
    if (slow(str_skip(p, 1), n))
        return true;
    return n.n && (p.p[0] == '*' || n.p[0] != '/') && slow(p, str_skip(n, 1));
}

static void against_the_obvious(void **state) {
    srand(3);
    for (int round = 0; round < 20000; round++) {
        char p[8], n[10];
        size_t pn = (size_t)rand() % sizeof p, nn = (size_t)rand() % sizeof n;
        for (size_t i = 0; i < pn; i++)
            p[i] = "ab/*%"[rand() % 5];
        for (size_t i = 0; i < nn; i++)
            n[i] = "ab/"[rand() % 3];
        assert_int_equal(match((str){p, pn}, (str){n, nn}), slow((str){p, pn}, (str){n, nn}));
    }
}

/* Longer than one word of positions; and what would take a backtracking matcher for ever. */
static void long_patterns(void **state) {
    SCOPED_BUF p, n;
    buf_init(&p, 10000);
    buf_init(&n, 10000);
    for (int i = 0; i < 300; i++) {
        buf_add(&p, i % 2 ? S("*a") : S("%a"));
        buf_add(&n, S("aaa"));
    }
    assert_true(match(buf_str(&p), buf_str(&n)));
    buf_add(&p, S("b"));
    assert_false(match(buf_str(&p), buf_str(&n)));
    buf_add(&n, S("b"));
    assert_true(match(buf_str(&p), buf_str(&n)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(against_the_obvious),
        cmocka_unit_test(long_patterns),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&memory);
    return result;
}
