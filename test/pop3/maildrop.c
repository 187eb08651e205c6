#include "pop3/maildrop.h"

#include "../auth/home.h"
#include "../base/check.h"

static home h;
static principal owner;

static int open_home(void **state) {
    auth_config c = home_auth_config();
    home_open(&h, &c);
    owner = (principal){.role = ROLE_ACCOUNT, .account = home_add(&h, S("user@demo.test"), S(""))};
    return 0;
}

static int close_home(void **state) {
    home_close(&h);
    return 0;
}

static maildrop *open_drop(void) {
    maildrop *d;
    must(maildrop_open(&d, h.store, &owner));
    return d;
}

static uint32_t append(const char *text) { return home_append(&h, owner.account, str_c(text)); }

static void empty_inbox(void) {
    maildrop *d = open_drop();
    for (size_t i = 0; i < d->n; i++)
        maildrop_delete(d, maildrop_get(d, i + 1));
    must(maildrop_update(d));
    maildrop_close(d);
}

static void exclusive(void **state) {
    maildrop *one = open_drop(), *two;
    err e = maildrop_open(&two, h.store, &owner);
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, ERR_CONFLICT);
    assert_null(two);
    principal other = {.role = ROLE_ACCOUNT, .account = home_add(&h, S("other@demo.test"), S(""))};
    must(maildrop_open(&two, h.store, &other));
    maildrop_close(one);
    one = open_drop();
    maildrop_close(one);
    maildrop_close(two);
    maildrop_close(NULL);
}

/* A failed opening must not leave the maildrop locked. */
static void failed_opening(void **state) {
    principal nobody = {.role = ROLE_NOBODY, .account = owner.account};
    maildrop *d;
    assert_true(failed(maildrop_open(&d, h.store, &nobody)));
    assert_null(d);
    maildrop_close(open_drop());
}

static void snapshot(void **state) {
    empty_inbox();
    uint32_t one = append("Subject: 1\r\n\r\none\r\n");
    append("Subject: 2\r\n\r\n");
    maildrop *d = open_drop();
    append("Subject: 3\r\n\r\nnot seen any more\r\n");
    assert_int_equal(d->n, 2);
    assert_int_equal(d->left, 2);
    assert_int_equal(d->bytes, 19 + 14);
    assert_int_equal(maildrop_get(d, 1)->uid, one);
    assert_int_equal(maildrop_get(d, 1)->size, 19);
    assert_null(maildrop_get(d, 0));
    assert_null(maildrop_get(d, 3));
    assert_null(maildrop_get(d, UINT32_MAX));
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    str piece;
    must(maildrop_read(d, maildrop_get(d, 1), 9, 3, &a, &piece));
    assert_str(piece, S("1\r\n"));
    must(maildrop_read(d, maildrop_get(d, 1), 14, 100, &a, &piece));
    assert_str(piece, S("one\r\n"));
    maildrop_close(d);
    d = open_drop();
    assert_int_equal(d->n, 3);
    maildrop_close(d);
}

static void deletes(void **state) {
    empty_inbox();
    for (int i = 0; i < 6; i++)
        append("Subject: x\r\n\r\n");
    maildrop *d = open_drop();
    uint32_t kept = maildrop_get(d, 4)->uid;
    maildrop_delete(d, maildrop_get(d, 1));
    maildrop_delete(d, maildrop_get(d, 2));
    assert_null(maildrop_get(d, 2));
    assert_int_equal(d->left, 4);
    assert_int_equal(d->bytes, 4 * 14);
    maildrop_reset(d);
    assert_int_equal(d->left, 6);
    assert_int_equal(d->bytes, 6 * 14);
    for (size_t i = 1; i <= 6; i++)
        if (i != 4)
            maildrop_delete(d, maildrop_get(d, i));
    uint32_t late = append("Subject: late\r\n\r\n");
    must(maildrop_update(d));
    maildrop_close(d);
    d = open_drop();
    assert_int_equal(d->n, 2);
    assert_int_equal(maildrop_get(d, 1)->uid, kept);
    assert_int_equal(maildrop_get(d, 2)->uid, late);
    maildrop_close(d);
}

/* Somebody else (IMAP) removed a message meanwhile: gone is gone. */
static void removed_elsewhere(void **state) {
    empty_inbox();
    append("Subject: 1\r\n\r\n");
    append("Subject: 2\r\n\r\n");
    maildrop *d = open_drop();
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    store_range one = {maildrop_get(d, 1)->uid, maildrop_get(d, 1)->uid}, *gone;
    size_t n;
    must(store_expunge(h.store, &owner, d->mailbox, &one, 1, true, &a, &gone, &n));
    str piece;
    err e = maildrop_read(d, maildrop_get(d, 1), 0, 100, &a, &piece);
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, ERR_NOT_FOUND);
    maildrop_delete(d, maildrop_get(d, 1));
    must(maildrop_update(d));
    maildrop_close(d);
    d = open_drop();
    assert_int_equal(d->n, 1);
    maildrop_close(d);
}

/* More than one page, more than one batch of ranges. */
static void many(void **state) {
    empty_inbox();
    append("Subject: x\r\n\r\n");
    append("Subject: x\r\n\r\n");
    int64_t inbox = home_inbox(&h, owner.account);
    for (int i = 0; i < 11; i++) {
        SCOPED_ARENA a;
        arena_init(&a, 10 << 20);
        store_range all = {1, UINT32_MAX};
        store_uid_pair *pairs;
        size_t n;
        uint32_t validity;
        must(store_copy(h.store, &owner, inbox, &all, 1, inbox, false, &a, &pairs, &n, &validity));
    }
    maildrop *d = open_drop();
    assert_int_equal(d->n, 4096);
    for (size_t i = 1; i < d->n; i++)
        assert_true(d->messages[i].uid > d->messages[i - 1].uid);
    for (size_t i = 2; i <= d->n; i += 2)
        maildrop_delete(d, maildrop_get(d, i));
    uint32_t third = maildrop_get(d, 3)->uid;
    must(maildrop_update(d));
    maildrop_close(d);
    d = open_drop();
    assert_int_equal(d->n, 2048);
    assert_int_equal(maildrop_get(d, 2)->uid, third);
    maildrop_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exclusive), cmocka_unit_test(failed_opening),    cmocka_unit_test(snapshot),
        cmocka_unit_test(deletes),   cmocka_unit_test(removed_elsewhere), cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, open_home, close_home);
}
