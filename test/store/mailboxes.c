#include "kit.h"

#include "base/limits.h"
#include "base/time.h"

static const char *name_at(kit *k, size_t i) {
    store_mailbox *list;
    size_t n;
    assert_ok(store_mailbox_list(k->s, &k->as_anna, &k->a, &list, &n));
    return i < n ? arena_cstr(&k->a, list[i].name) : "";
}

static int64_t create(kit *k, const char *name) {
    int64_t id;
    assert_ok(store_mailbox_create(k->s, &k->as_anna, str_c(name), SPECIAL_NONE, &id));
    return id;
}

static bool exists(kit *k, const char *name) {
    store_mailbox box;
    err e = store_mailbox_get(k->s, &k->as_anna, str_c(name), &k->a, &box);
    if (failed(e))
        assert_int_equal(e.what, ERR_NOT_FOUND);
    return !failed(e);
}

static void accounts_begin_with_six(void **state) {
    kit *k = *state;
    static const struct {
        const char *name;
        store_special special;
    } expected[] = {
        {"INBOX", SPECIAL_NONE}, {"Archive", SPECIAL_ARCHIVE}, {"Drafts", SPECIAL_DRAFTS},
        {"Junk", SPECIAL_JUNK},  {"Sent", SPECIAL_SENT},       {"Trash", SPECIAL_TRASH},
    };
    store_mailbox *list;
    size_t n;
    assert_ok(store_mailbox_list(k->s, &k->as_anna, &k->a, &list, &n));
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_str(list[i].name, str_c(expected[i].name));
        assert_int_equal(list[i].special, expected[i].special);
        assert_true(list[i].subscribed && list[i].uidnext == 1 && list[i].modseq >= 1 && list[i].messages == 0);
        for (size_t j = 0; j < i; j++) /* so that a message keeps one identity under any renaming */
            assert_true(list[j].uidvalidity != list[i].uidvalidity);
    }
}

static void names_have_one_form(void **state) {
    kit *k = *state;
    create(k, "Cafe\xCC\x81");
    assert_true(exists(k, "Caf\xC3\xA9"));
    create(k, "inbox/a");
    assert_true(exists(k, "INBOX/a") && exists(k, "InBoX/a") && !exists(k, "INBOX/A"));
    int64_t id;
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("iNbOx"), SPECIAL_NONE, &id), ERR_PEER, ERR_EXISTS);
    create(k, "\xF0\x9F\x93\xAC/inbox"); /* emoji; INBOX is special as the first level only */
    assert_true(exists(k, "\xF0\x9F\x93\xAC/inbox") && !exists(k, "\xF0\x9F\x93\xAC/INBOX"));
}

static void parents_are_made(void **state) {
    kit *k = *state;
    create(k, "a/b/c");
    assert_true(exists(k, "a") && exists(k, "a/b") && exists(k, "a/b/c"));
    int64_t id;
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("a/b"), SPECIAL_NONE, &id), ERR_PEER, ERR_EXISTS);
}

static void special_use_is_unique(void **state) {
    kit *k = *state;
    int64_t id;
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("More junk"), SPECIAL_JUNK, &id), ERR_PEER, ERR_CONFLICT);
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("Junk")));
    assert_ok(store_mailbox_create(k->s, &k->as_anna, S("Spam"), SPECIAL_JUNK, &id));
    assert_int_equal(kit_look(k, &k->as_anna, id).special, SPECIAL_JUNK);
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("Everything"), SPECIAL_ALL, &id), ERR_PEER, ERR_UNSUPPORTED);
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("x"), (store_special)99, &id), ERR_PEER, ERR_SYNTAX);
}

static void rename_takes_what_is_below(void **state) {
    kit *k = *state;
    int64_t top = create(k, "work"), below = create(k, "work/2024/may");
    create(k, "workshop");
    kit_append(k, &k->as_anna, below, kit_message(k, "kept"));
    store_mailbox before = kit_look(k, &k->as_anna, below);
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("work/2024/may"), true));
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("work"), S("old/job")));
    assert_true(exists(k, "old") && exists(k, "old/job/2024") && exists(k, "old/job/2024/may") &&
                exists(k, "workshop"));
    assert_false(exists(k, "work") || exists(k, "work/2024/may"));
    assert_int_equal(kit_box(k, &k->as_anna, "old/job"), top);
    store_mailbox after = kit_look(k, &k->as_anna, below);
    assert_str(after.name, S("old/job/2024/may"));
    assert_true(after.subscribed && after.uidvalidity == before.uidvalidity && after.messages == 1);
}

static void rename_refuses(void **state) {
    kit *k = *state;
    create(k, "a/b");
    create(k, "c");
    create(k, "d/b");
    err e = store_mailbox_rename(k->s, &k->as_anna, S("a"), S("c"));
    assert_int_equal(e.what, ERR_EXISTS);
    e = store_mailbox_rename(k->s, &k->as_anna, S("a"), S("a/b/c"));
    assert_int_equal(e.what, ERR_CONFLICT);
    e = store_mailbox_rename(k->s, &k->as_anna, S("none"), S("some"));
    assert_int_equal(e.what, ERR_NOT_FOUND);
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("d"))); /* d/b stays behind and is in the way */
    e = store_mailbox_rename(k->s, &k->as_anna, S("a"), S("d"));
    assert_int_equal(e.what, ERR_EXISTS);
    assert_true(exists(k, "a/b") && exists(k, "d/b") && !exists(k, "d"));
    char wide[LIMIT_MAILBOX_NAME];
    memset(wide, 'w', sizeof wide);
    e = store_mailbox_rename(k->s, &k->as_anna, S("a"),
                             str_of(wide, sizeof wide)); /* itself just fits, "/b" does not */
    assert_int_equal(e.what, ERR_LIMIT);
    assert_true(exists(k, "a"));
}

static void renaming_inbox_moves_its_messages(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    create(k, "INBOX/child");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "one"));
    uint32_t two = kit_append_flags(k, &k->as_anna, inbox, kit_message(k, "two"), FLAG_SEEN);
    store_mailbox before = kit_look(k, &k->as_anna, inbox);
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("inbox"), S("saved/mail")));
    store_mailbox empty = kit_look(k, &k->as_anna, inbox),
                  full = kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "saved/mail"));
    assert_str(empty.name, S("INBOX"));
    assert_true(empty.messages == 0 && empty.bytes == 0 && empty.unseen == 0);
    assert_int_equal(empty.uidvalidity, before.uidvalidity);
    assert_int_equal(empty.uidnext, before.uidnext);
    assert_true(empty.modseq > before.modseq);
    assert_true(full.messages == 2 && full.unseen == 1 && full.bytes == before.bytes &&
                full.uidvalidity != before.uidvalidity);
    assert_true(exists(k, "INBOX/child") && !exists(k, "saved/mail/child"));
    assert_str(kit_read(k, &k->as_anna, full.id, two), kit_message(k, "two"));
    store_range *gone;
    size_t n;
    bool complete;
    assert_ok(store_expunged(k->s, &k->as_anna, inbox, before.modseq, &k->a, &gone, &n, &complete));
    assert_true(complete && n == 1 && gone[0].first == 1 && gone[0].last == 2);
    assert_int_equal(kit_append(k, &k->as_anna, inbox, kit_message(k, "three")), before.uidnext);
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("INBOX"), S("again"))); /* and once more */
    assert_ok(store_expunged(k->s, &k->as_anna, inbox, before.modseq, &k->a, &gone, &n, &complete));
    assert_true(n == 1 && gone[0].last == 3);
    kit_check(k);
}

static void removing(void **state) {
    kit *k = *state;
    int64_t id = create(k, "x/y");
    kit_append(k, &k->as_anna, id, kit_message(k, "one"));
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("x")));
    assert_true(!exists(k, "x") && exists(k, "x/y"));
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("x/y")));
    assert_err(store_mailbox_remove(k->s, &k->as_anna, S("x/y")), ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_mailbox_remove(k->s, &k->as_anna, S("Inbox")), ERR_PEER, ERR_DENIED);
    store_account got;
    assert_ok(store_account_get(k->s, &admin, S("anna@example.org"), &k->a, &got));
    assert_true(got.used_bytes == 0 && got.messages == 0); /* at once, though the messages are cleared away later */
    str out;
    assert_err(store_read(k->s, &k->as_anna, id, 1, 0, 10, &k->a, &out), ERR_PEER, ERR_NOT_FOUND);
    store_message *m;
    size_t n;
    assert_err(store_messages(k->s, &k->as_anna, id, NULL, 0, 0, 0, 10, &k->a, &m, &n), ERR_PEER, ERR_NOT_FOUND);
}

static void uidvalidity_never_goes_back(void **state) {
    kit *k = *state;
    uint32_t last = 0;
    for (int i = 0; i < 5; i++) {
        int64_t id = create(k, "again");
        store_mailbox box = kit_look(k, &k->as_anna, id);
        assert_true(box.uidvalidity > last);
        last = box.uidvalidity;
        assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("again")));
        time_test_wall_shift(-86400 * 1000); /* even when the clock does */
    }
    time_test_wall_shift(5 * 86400 * 1000LL);
}

static void subscriptions(void **state) {
    kit *k = *state;
    str *names;
    size_t n;
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("not/there"), true));
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("not/there"), true));
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("inbox"), false));
    assert_ok(store_subscription_list(k->s, &k->as_anna, &k->a, &names, &n));
    assert_int_equal(n, 6);
    assert_str(names[5], S("not/there"));
    assert_false(kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "INBOX")).subscribed);
    create(k, "not/there");
    assert_true(kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "not/there")).subscribed);
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("not/there")));
    assert_ok(store_subscription_list(k->s, &k->as_anna, &k->a, &names, &n));
    assert_int_equal(n, 6); /* RFC 9051 6.3.7: a subscription outlives its mailbox */
}

static void list_is_by_name_with_inbox_first(void **state) {
    kit *k = *state;
    create(k, "A");
    create(k, "INBOX/z");
    assert_string_equal(name_at(k, 0), "INBOX");
    assert_string_equal(name_at(k, 1), "A");
    assert_string_equal(name_at(k, 4), "INBOX/z");
}

static const struct CMUnitTest tests[] = {
    CASE(accounts_begin_with_six),
    CASE(names_have_one_form),
    CASE(parents_are_made),
    CASE(special_use_is_unique),
    CASE(rename_takes_what_is_below),
    CASE(rename_refuses),
    CASE(renaming_inbox_moves_its_messages),
    CASE(removing),
    CASE(uidvalidity_never_goes_back),
    CASE(subscriptions),
    CASE(list_is_by_name_with_inbox_first),
};

KIT_MAIN(tests)
