/* What a session asks after every change of its mailbox costs what changed, not what is there. */
#include "kit.h"

enum { MANY = 5000 };

static void fill(kit *k, int64_t box) {
    char sql[800];
    kit_append(k, &k->as_anna, box, kit_message(k, "first"));
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO message (account, mailbox, uid, added, modseq, flags, date, zone, size, header_size, "
             "content, prefix)"
             " SELECT account, mailbox, i, i + 1, i + 1, 0, 0, 0, size, header_size, content, prefix FROM n, message "
             "WHERE uid = 1;"
             "UPDATE mailbox SET uidnext = %d + 1, messages = %d, unseen = %d, bytes = bytes * %d, modseq = %d + 1 "
             "WHERE id = %lld;",
             MANY, MANY, MANY, MANY, MANY, MANY, (long long)box);
    kit_sql(k, sql);
}

static void asking_since_costs_what_changed(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    fill(k, inbox);
    uint64_t since = kit_look(k, &k->as_anna, inbox).modseq;
    kit_flag(k, &k->as_anna, inbox, 17, FLAGS_ADD, FLAG_SEEN);
    kit_append(k, &k->as_anna, inbox, kit_message(k, "new"));
    kit_trace_reset();
    size_t n;
    store_message *m = kit_messages(k, &k->as_anna, inbox, since, &n);
    assert_true(n == 2 && m[0].uid == 17 && m[1].uid == MANY + 1);
    kit_trace asked = kit_trace_of("FROM message");
    assert_true(asked.steps < 500 && asked.scans == 0);
    kit_trace_reset();
    store_range last = {MANY, UINT32_MAX};
    assert_ok(store_messages(k->s, &k->as_anna, inbox, &last, 1, 0, WANT_ENVELOPE, 10, &k->a, &m, &n));
    assert_int_equal(n, 2);
    asked = kit_trace_of("SELECT");
    assert_true(asked.steps < 500 && asked.scans == 0);
    kit_trace_end();
}

static void a_mailbox_without_holes_is_not_walked(void **state) {
    kit *k = *state;
    kit_trace_begin();
    kit_reopen(k);
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    fill(k, inbox);
    store_mailbox box;
    store_range *r, one = {5, 5}, *gone;
    size_t n;
    kit_trace_reset();
    assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &r, &n));
    assert_true(n == 1 && r->last == MANY);
    assert_int_equal(kit_trace_of("SELECT uid FROM message").runs, 0);
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, &one, 1, true, &k->a, &gone, &n));
    assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &r, &n));
    assert_true(n == 2 && r[0].last == 4 && r[1].first == 6 && r[1].last == MANY);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(asking_since_costs_what_changed),
                                       CASE(a_mailbox_without_holes_is_not_walked)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
