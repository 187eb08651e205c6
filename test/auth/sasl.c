#include "../base/check.h"
#include "dialogue.h"
#include "home.h"

static str some_binding = {"0123456789abcdef0123456789abcdef", 32};

static int open_home(void **state) {
    static home h;
    auth_config c = home_auth_config();
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    home_add_password(&h, S("other@demo.test"), S("pass"));
    *state = &h;
    return 0;
}

static int close_home(void **state) {
    home_close(*state);
    return 0;
}

static void begin(dialogue *d, home *h, str mechanism) { must(dialogue_begin(d, h->auth, mechanism, &some_binding)); }

static void expect_user(const dialogue *d, const char *name) {
    assert_int_equal(d->state, SASL_DONE);
    assert_int_equal(d->why.kind, ERR_NONE);
    assert_int_equal(d->challenge.n, 0);
    assert_string_equal(d->user.name, name);
    assert_int_equal(d->user.who.role, ROLE_ACCOUNT);
}

static void expect_failure(const dialogue *d, err_what what) {
    assert_int_equal(d->state, SASL_FAILED);
    assert_int_equal(d->why.kind, ERR_PEER);
    assert_int_equal(d->why.what, what);
    assert_int_equal(d->user.who.role, ROLE_NOBODY);
}

static void offers(void **state) {
    home *h = *state;
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    assert_str(sasl_offer(h->auth, true, &a), S("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"));
    assert_str(sasl_offer(h->auth, false, &a), S("SCRAM-SHA-256"));
    auth_config lax = home_auth_config();
    lax.plaintext_allowed = true;
    auth *open = auth_create(h->store, &lax);
    assert_str(sasl_offer(open, false, &a), S("SCRAM-SHA-256 PLAIN LOGIN"));
    auth_free(open);
    dialogue d;
    const str hidden[] = {S("PLAIN"), S("LOGIN"), S("SCRAM-SHA-256-PLUS"), S("EXTERNAL"), S("")};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        err e = dialogue_begin(&d, h->auth, hidden[i], NULL);
        assert_int_equal(e.kind, ERR_PEER);
        assert_int_equal(e.what, ERR_UNSUPPORTED);
        assert_null(d.sasl);
    }
    begin(&d, h, S("plain"));
    dialogue_end(&d);
}

static void plain(void **state) {
    dialogue d;
    const str good[] = {S("\0user@demo.test\0pass"), S("user@demo.test\0user@demo.test\0pass"),
                        S("USER@demo.test\0user@DEMO.test\0pass")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        begin(&d, *state, S("PLAIN"));
        if (i == 1) {
            dialogue_listen(&d);
            assert_int_equal(d.state, SASL_CONTINUE);
            assert_int_equal(d.challenge.n, 0);
        }
        dialogue_say(&d, good[i]);
        expect_user(&d, "user@demo.test");
        dialogue_end(&d);
    }
}

static void plain_refused(void **state) {
    static const struct {
        str message;
        err_what what;
    } rows[] = {
        {{"", 0}, ERR_SYNTAX},
        {{"user@demo.test", 14}, ERR_SYNTAX},
        {{"\0user@demo.test", 15}, ERR_SYNTAX},
        {{"\0user@demo.test\0", 16}, ERR_SYNTAX},
        {{"\0\0pass", 6}, ERR_SYNTAX},
        {{"\0user@demo.test\0pass\0", 21}, ERR_SYNTAX},
        {{"\0user@demo.test\0pass\0x", 22}, ERR_SYNTAX},
        {{"\0user@demo.test\0guess", 21}, ERR_DENIED},
        {{"\0nobody@demo.test\0pass", 22}, ERR_DENIED},
        {{"other@demo.test\0user@demo.test\0pass", 35}, ERR_DENIED}, /* acting for another */
        {{"root\0user@demo.test\0pass", 24}, ERR_DENIED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        dialogue d;
        begin(&d, *state, S("PLAIN"));
        dialogue_say(&d, rows[i].message);
        expect_failure(&d, rows[i].what);
        dialogue_end(&d);
    }
}

static void login(void **state) {
    dialogue d;
    for (int initial = 0; initial < 2; initial++) {
        begin(&d, *state, S("LOGIN"));
        if (!initial) {
            dialogue_listen(&d);
            assert_str(d.challenge, S("Username:"));
        }
        dialogue_say(&d, S("user@demo.test"));
        assert_int_equal(d.state, SASL_CONTINUE);
        assert_str(d.challenge, S("Password:"));
        dialogue_say(&d, S("pass"));
        expect_user(&d, "user@demo.test");
        dialogue_end(&d);
    }
    begin(&d, *state, S("LOGIN"));
    dialogue_say(&d, S("user@demo.test"));
    dialogue_say(&d, S(""));
    expect_failure(&d, ERR_DENIED);
    dialogue_end(&d);
    begin(&d, *state, S("LOGIN"));
    dialogue_say(&d, S(""));
    expect_failure(&d, ERR_SYNTAX);
    dialogue_end(&d);
    static char name[1025];
    memset(name, 'x', sizeof name);
    begin(&d, *state, S("LOGIN"));
    dialogue_say(&d, (str){name, sizeof name - 1});
    assert_int_equal(d.state, SASL_CONTINUE);
    dialogue_end(&d);
    begin(&d, *state, S("LOGIN"));
    dialogue_say(&d, (str){name, sizeof name});
    expect_failure(&d, ERR_SYNTAX);
    dialogue_end(&d);
}

/* A client may cancel or go away at any point. */
static void cancelled(void **state) {
    dialogue d;
    begin(&d, *state, S("LOGIN"));
    dialogue_end(&d);
    begin(&d, *state, S("LOGIN"));
    dialogue_say(&d, S("user@demo.test"));
    dialogue_end(&d);
    begin(&d, *state, S("SCRAM-SHA-256"));
    dialogue_say(&d, S("n,,n=user@demo.test,r=abc"));
    assert_int_equal(d.state, SASL_CONTINUE);
    dialogue_end(&d);
    sasl_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers), cmocka_unit_test(plain),     cmocka_unit_test(plain_refused),
        cmocka_unit_test(login),  cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, open_home, close_home);
}
