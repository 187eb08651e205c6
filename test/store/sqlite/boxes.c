#include "kit.h"

/* Numbers end one day; until then they only rise. */
static void a_mailbox_may_run_out_of_uids(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_sql(k, "UPDATE mailbox SET uidnext = 4294967294 WHERE name = 'INBOX'");
    assert_int_equal(kit_append(k, &k->as_anna, inbox, kit_message(k, "last")), 4294967294U);
    store_content c = kit_content(k, kit_message(k, "too many"));
    uint32_t uid, v;
    assert_err(store_append(k->s, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_PERM, ERR_LIMIT);
    assert_int_equal(kit_look(k, &k->as_anna, inbox).messages, 1);
    store_account got;
    assert_ok(store_account_get(k->s, &admin, S("anna@example.org"), &k->a, &got));
    assert_int_equal(got.messages, 1); /* the space it had been given was taken back */
    size_t n;
    store_message *m = kit_messages(k, &k->as_anna, inbox, 0, &n);
    assert_true(n == 1 && m->uid == 4294967294U);
    store_range *gone, all = {1, UINT32_MAX};
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, &all, 1, true, &k->a, &gone, &n));
    assert_true(n == 1 && gone->first == 4294967294U);
    kit_check(k);
}

/* Counting below zero would show: every order of the flags that are counted. */
static void counters_follow_every_flag(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    static const uint64_t flags[] = {0, FLAG_SEEN, FLAG_DELETED, FLAG_SEEN | FLAG_DELETED};
    for (int from = 0; from < 4; from++) {
        for (int to = 0; to < 4; to++) {
            kit_flag(k, &k->as_anna, inbox, 1, FLAGS_SET, flags[from]);
            kit_flag(k, &k->as_anna, inbox, 1, FLAGS_SET, flags[to]);
            store_mailbox box = kit_look(k, &k->as_anna, inbox);
            assert_int_equal(box.unseen, !(flags[to] & FLAG_SEEN));
            assert_int_equal(box.deleted, (flags[to] & FLAG_DELETED) != 0);
        }
    }
    kit_check(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_mailbox_may_run_out_of_uids), CASE(counters_follow_every_flag)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
