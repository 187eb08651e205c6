#include "auth/password.h"

#include "../base/check.h"
#include "auth/prepare.h"
#include "base/mem.h"

static str made(str password, arena *a) {
    str credential = {0};
    err e = password_make(password, 1000, a, &credential);
    assert_int_equal(e.kind, ERR_NONE);
    return credential;
}

static void round_trip(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    str credential = made(S("correct horse"), &a);
    assert_true(str_starts(credential, S("SCRAM-SHA-256$1000:")));
    assert_true(password_verify(credential, S("correct horse")));
    assert_true(password_verify(credential, S("correct\xc2\xa0horse"))); /* SASLprep */
    assert_false(password_verify(credential, S("correct horsf")));
    assert_false(password_verify(credential, S("correct hors")));
    assert_false(password_verify(credential, S("")));
    assert_false(password_verify(credential, S("correct horse\0")));
    str again = made(S("correct horse"), &a);
    assert_false(str_eq(credential, again)); /* a salt of its own */
}

#define SALT       "W22ZaJ0SNY7soEsUEjb6gQ=="
#define STORED_KEY "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER_KEY "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

/* RFC 7677 3 as a stored credential, with the keys of the example's user. */
static void known_verifier(void **state) {
    str credential = S("SCRAM-SHA-256$4096:" SALT "$" STORED_KEY ":" SERVER_KEY);
    assert_true(password_verify(credential, S("pencil")));
    assert_false(password_verify(credential, S("pencils")));
    scram_verifier v;
    assert_true(password_scram(credential, &v));
    assert_int_equal(v.iterations, 4096);
    assert_int_equal(v.salt_n, 16);
    SCOPED_BUF text;
    buf_init(&text, 1000);
    password_print(&v, &text);
    assert_str(buf_str(&text), credential);
}

static void malformed(void **state) {
    const str bad[] = {
        S(""),
        S("$"),
        S("pencil"),
        S("SCRAM-SHA-256$"),
        S("SCRAM-SHA-256$4096"),
        S("SCRAM-SHA-256$4096:" SALT),
        S("SCRAM-SHA-256$4096:" SALT "$" STORED_KEY),
        S("SCRAM-SHA-256$0:" SALT "$" STORED_KEY ":" SERVER_KEY),
        S("SCRAM-SHA-256$10000001:" SALT "$" STORED_KEY ":" SERVER_KEY),
        S("SCRAM-SHA-256$-1:" SALT "$" STORED_KEY ":" SERVER_KEY),
        S("SCRAM-SHA-256$4096:$" STORED_KEY ":" SERVER_KEY),
        S("SCRAM-SHA-256$4096:" SALT "$WG5d:" SERVER_KEY),
        S("SCRAM-SHA-256$4096:" SALT "$" STORED_KEY ":wfPL"),
        S("SCRAM-SHA-256$4096:" SALT "$" STORED_KEY ":" SERVER_KEY "x"),
        S("SCRAM-SHA-1$4096:" SALT "$" STORED_KEY ":" SERVER_KEY),
        S("$6$"),
        S("*0"),
        S("!"),
        S("$x$y$z"),
        S("$6$saltstring"),
        S("ab01FAX.bQRSU"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        scram_verifier v;
        assert_false(password_scram(bad[i], &v));
        assert_false(password_verify(bad[i], S("pencil")));
        assert_false(password_verify(bad[i], bad[i]));
    }
}

/* Every prefix of a good credential is a bad one. */
static void cut_short(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    str credential = made(S("pencil"), &a);
    for (size_t n = 0; n < credential.n; n++) {
        scram_verifier v;
        assert_false(password_scram(str_sub(credential, 0, n), &v));
    }
}

/* crypt(3) strings made by others: SHA-crypt by `openssl passwd`, bcrypt's own example. */
static void imported(void **state) {
    static const struct {
        str credential, password;
    } good[] = {
        {{"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", 0},
         {"Hello world!", 12}},
        {{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", 0}, {"Hello world!", 12}},
        {{"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", 0}, {"U*U", 3}},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        str credential = str_c(good[i].credential.p);
        assert_true(password_verify(credential, good[i].password));
        assert_false(password_verify(credential, str_sub(good[i].password, 0, good[i].password.n - 1)));
        assert_false(password_verify(credential, S("Hello world!\0")));
        scram_verifier v;
        assert_false(password_scram(credential, &v));
    }
}

static void unusable(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    const str bad[] = {S(""), S("a\nb"), S("\xff\xfe"), S("tab\there")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        str credential;
        err e = password_make(bad[i], 1000, &a, &credential);
        assert_int_equal(e.kind, ERR_PEER);
        assert_int_equal(e.what, ERR_SYNTAX);
    }
    SCOPED_ARENA small;
    arena_init(&small, 10);
    str credential;
    err e = password_make(S("pencil"), 1, &small, &credential);
    assert_int_equal(e.kind, ERR_TEMP);
    e = password_make(S("pencil"), 0, &a, &credential);
    assert_int_equal(e.kind, ERR_BUG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(known_verifier), cmocka_unit_test(malformed),
        cmocka_unit_test(cut_short),  cmocka_unit_test(imported),       cmocka_unit_test(unusable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
