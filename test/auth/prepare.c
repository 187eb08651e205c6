#include "auth/prepare.h"

#include "../base/check.h"

static void check(str typed, prepare_use use, str expected) {
    SCOPED_PREPARED got = {0};
    err e = prepare(typed, use, &got);
    assert_int_equal(e.kind, ERR_NONE);
    assert_str((str){got.p, got.n}, expected);
}

static void refuse(str typed, prepare_use use) {
    SCOPED_PREPARED got = {0};
    err e = prepare(typed, use, &got);
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, ERR_SYNTAX);
    assert_null(got.p);
}

/* RFC 4013 3. */
static void examples(void **state) {
    check(S("I\xc2\xadX"), PREPARE_STORE, S("IX"));
    check(S("user"), PREPARE_STORE, S("user"));
    check(S("USER"), PREPARE_STORE, S("USER"));
    check(S("\xc2\xaa"), PREPARE_STORE, S("a"));
    check(S("\xe2\x85\xa8"), PREPARE_STORE, S("IX"));
    refuse(S("\x07"), PREPARE_STORE);
    refuse(S("\xd8\xa7\x31"), PREPARE_STORE);
}

static void maps_and_folds(void **state) {
    check(S("a\xc2\xa0"
            "b\xe3\x80\x80"
            "c"),
          PREPARE_QUERY, S("a b c"));                                           /* spaces */
    check(S("A\xcc\x8a"), PREPARE_QUERY, S("\xc3\x85"));                        /* composed */
    check(S("\xef\xac\x81"), PREPARE_QUERY, S("fi"));                           /* compatibility */
    check(S("p\xef\xbb\xbfw"), PREPARE_QUERY, S("pw"));                         /* vanishes */
    check(S("\xd8\xa7\x31\xd8\xa8"), PREPARE_QUERY, S("\xd8\xa7\x31\xd8\xa8")); /* right to left at both ends */
    check(S("pass word, with: all $\"printable\" ~"), PREPARE_STORE, S("pass word, with: all $\"printable\" ~"));
}

static void refuses(void **state) {
    const str bad[] = {
        S(""),
        S("\xc2\xad"),
        S("\xff"),
        S("a\0b"),
        S("a\x7f"),
        S("\xc2\x85"),
        S("\xe2\x80\xa8"),
        S("\xee\x80\x80"),
        S("\xef\xbf\xbd"),
        S("\xef\xbf\xbe"),
        S("\xf0\xaf\xbf\xbf"),
        S("\xe2\x80\xae"
          "abc"),
        S("\xf3\xa0\x80\x81"),
        S("a\xd8\xa7"),
        S("\xd8\xa7\x31"),
        S("\xd8\xa7"
          "a\xd8\xa8"),
        S("\xcd\x80x\xe2\xbf\xb0"),
        S("\xed\xa0\x80"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse(bad[i], PREPARE_STORE);
        refuse(bad[i], PREPARE_QUERY);
    }
}

static void unassigned(void **state) {
    refuse(S("\xcd\xb8"), PREPARE_STORE); /* U+0378 */
    check(S("\xcd\xb8"), PREPARE_QUERY, S("\xcd\xb8"));
}

static void limits(void **state) {
    char room[PASSWORD_MOST + 1];
    memset(room, 'x', sizeof room);
    check((str){room, PASSWORD_MOST}, PREPARE_STORE, (str){room, PASSWORD_MOST});
    refuse((str){room, PASSWORD_MOST + 1}, PREPARE_STORE);
    for (size_t i = 0; i + 3 <= PASSWORD_MOST; i += 3)
        memcpy(room + i, "\xef\xb7\xba", 3); /* U+FDFA is 18 characters by NFKC */
    refuse((str){room, PASSWORD_MOST / 3 * 3}, PREPARE_STORE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),   cmocka_unit_test(maps_and_folds), cmocka_unit_test(refuses),
        cmocka_unit_test(unassigned), cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
