#include "kit.h"

#include "base/limits.h"

static void an_account_has_so_many_mailboxes(void **state) {
    kit *k = *state;
    char sql[600];
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO mailbox (account, name, special, uidvalidity, uidnext, modseq, messages, unseen, deleted, bytes,"
        " keywords, expunge_rows, expunge_floor) SELECT %lld, 'm' || i, 0, i, 1, 1, 0, 0, 0, 0, '', 0, 0 FROM n",
        LIMIT_MAILBOXES - 6 - 2, (long long)k->anna);
    kit_sql(k, sql);
    int64_t id;
    assert_ok(store_mailbox_create(k->s, &k->as_anna, S("a/b"), SPECIAL_NONE, &id));
    assert_err(store_mailbox_create(k->s, &k->as_anna, S("c"), SPECIAL_NONE, &id), ERR_PEER, ERR_LIMIT);
    assert_ok(store_mailbox_create(k->s, &k->as_bert, S("c"), SPECIAL_NONE, &id));
    store_mailbox *list;
    size_t n;
    assert_ok(store_mailbox_list(k->s, &k->as_anna, &k->a, &list, &n));
    assert_int_equal(n, LIMIT_MAILBOXES);
}

static void an_account_has_so_many_subscriptions(void **state) {
    kit *k = *state;
    char sql[400];
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO subscription (account, name) SELECT %lld, 'm' || i FROM n",
             LIMIT_MAILBOXES - 6, (long long)k->anna);
    kit_sql(k, sql);
    assert_err(store_mailbox_subscribe(k->s, &k->as_anna, S("more"), true), ERR_PEER, ERR_LIMIT);
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("m5"), false));
    assert_ok(store_mailbox_subscribe(k->s, &k->as_anna, S("more"), true));
}

/* Names with the characters that patterns are made of are names like others. */
static void rename_knows_no_patterns(void **state) {
    kit *k = *state;
    static const char *const names[] = {"a%", "a%/x", "ab/x", "a_", "a_/y", "ac/y", "a'", "a'/z", "a-b", "a0"};
    int64_t id;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ok(store_mailbox_create(k->s, &k->as_anna, str_c(names[i]), SPECIAL_NONE, &id));
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("a%"), S("percent")));
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("a_"), S("line")));
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("a'"), S("quote")));
    static const char *const after[] = {"percent/x", "ab/x", "line/y", "ac/y", "quote/z", "a-b", "a0"};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        kit_box(k, &k->as_anna, after[i]);
}

static void one_mailbox_is_found_without_a_walk(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), id;
    kit_look(k, &k->as_anna, inbox);
    assert_ok(store_mailbox_create(k->s, &k->as_anna, S("a/b"), SPECIAL_NONE, &id));
    assert_ok(store_mailbox_rename(k->s, &k->as_anna, S("a"), S("c")));
    assert_ok(store_mailbox_remove(k->s, &k->as_anna, S("c/b")));
    assert_int_equal(kit_trace_of("mailbox").scans, 0);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(an_account_has_so_many_mailboxes),
                                       CASE(an_account_has_so_many_subscriptions), CASE(rename_knows_no_patterns),
                                       CASE(one_mailbox_is_found_without_a_walk)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
