#include "kit.h"

#include "base/limits.h"

static const char *const two_domains[] = {"a@one.example", "b@two.example", "c@one.example"};
static const queue_filter everything = {.state = -1};

static void claim_groups_by_message_and_domain(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "first", kit_message(k, "1"), 0, two_domains, 3));
    assert_ok(kit_accept(k, "second", kit_message(k, "2"), 0, two_domains, 3));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 999, 10, &e), 0); /* not due */
    assert_int_equal(kit_claim(k, 1000, 3, &e), 3);
    assert_str(e[0].recipient, S("a@one.example"));
    assert_str(e[1].recipient, S("c@one.example"));
    assert_str(e[2].recipient, S("b@two.example"));
    for (int i = 0; i < 3; i++) {
        assert_str(e[i].message_id, S("first"));
        assert_true(e[i].state == QUEUE_ACTIVE && e[i].attempts == 0);
    }
    assert_int_equal(kit_claim(k, 1000, 1, &e), 1); /* a group may be larger than the limit: then a part of it */
    assert_str(e[0].recipient, S("a@one.example"));
    assert_int_equal(kit_claim(k, 1000, 2, &e), 2); /* the rest of that group, then the other */
    assert_int_equal(kit_claim(k, 1000, 10, &e), 0);
}

static void a_group_is_not_torn(void **state) {
    kit *k = *state;
    const char *const single[] = {"x@three.example"};
    assert_ok(kit_accept(k, "one", kit_message(k, "1"), 0, single, 1));
    assert_ok(kit_accept(k, "two", kit_message(k, "2"), 0, two_domains, 3));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1000, 2, &e), 1); /* the pair does not fit any more */
    assert_int_equal(kit_claim(k, 1000, 2, &e), 2);
    assert_str(e[0].domain, S("one.example"));
    assert_str(e[1].domain, S("one.example"));
}

static void leases(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, two_domains, 3));
    queue_entry *e;
    size_t n;
    int64_t at;
    assert_ok(queue_next(k->s, &deliver, &at));
    assert_int_equal(at, 1000);
    assert_ok(queue_claim(k->s, &deliver, S("left"), 1000, 60, 10, &k->a, &e, &n));
    assert_int_equal(n, 3);
    assert_ok(queue_next(k->s, &deliver, &at));
    assert_int_equal(at, 1060);
    assert_ok(queue_claim(k->s, &deliver, S("right"), 1059, 60, 10, &k->a, &e, &n));
    assert_int_equal(n, 0);
    queue_entry *all;
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &all, &n));
    int64_t first = all[0].id;
    assert_ok(queue_renew(k->s, &deliver, S("right"), &first, 1, 9999)); /* not its own */
    assert_ok(queue_renew(k->s, &deliver, S("left"), &first, 1, 2000));
    assert_ok(queue_claim(k->s, &deliver, S("right"), 1060, 60, 10, &k->a, &e, &n));
    assert_int_equal(n, 2); /* taken over, but for the renewed one */
    assert_ok(queue_recover(k->s, &deliver, S("left"), 1070));
    assert_ok(queue_claim(k->s, &deliver, S("left"), 1070, 60, 10, &k->a, &e, &n));
    assert_true(n == 1 && e->id == first);
    assert_err(queue_claim(k->s, &deliver, S(""), 1070, 60, 10, &k->a, &e, &n), ERR_BUG, ERR_SYNTAX);
    assert_err(queue_claim(k->s, &deliver, S("x"), 1070, 0, 10, &k->a, &e, &n), ERR_BUG, ERR_SYNTAX);
}

static void settling(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, two_domains, 3));
    queue_entry *e, *all;
    size_t n;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 3);
    queue_result results[] = {
        {.id = e[0].id, .outcome = QUEUE_DONE},
        {.id = e[1].id,
         .outcome = QUEUE_RETRY,
         .next_try = 1300,
         .error = S("450 busy"),
         .history_line = S("1000 450 busy"),
         .delay_noticed = true},
        {.id = 99999, .outcome = QUEUE_DONE}, /* somebody else's by now: nothing */
    };
    assert_ok(queue_settle(k->s, &deliver, S("node"), results, 3, NULL, 0));
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &all, &n));
    assert_int_equal(n, 2);
    assert_true(all[1].state == QUEUE_WAITING && all[1].attempts == 1 && all[1].next_try == 1300 &&
                all[1].delay_notice > 0);
    assert_str(all[1].last_error, S("450 busy"));
    assert_str(all[1].history, S("1000 450 busy\n"));
    assert_true(all[0].state == QUEUE_ACTIVE);
    uint64_t waiting, active, held;
    assert_ok(queue_count(k->s, &admin, &waiting, &active, &held));
    assert_true(waiting == 1 && active == 1 && held == 0);
    assert_int_equal(kit_claim(k, 1299, 10, &e), 1); /* only the lapsed one */
    assert_int_equal(kit_claim(k, 1300, 10, &e), 1);
    assert_int_equal(e->attempts, 1);
    kit_check(k);
}

/* Two nodes each believe an entry theirs: what is done is done, but nobody is sent after who is busy with it. */
static void settling_after_the_lease(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, two_domains, 3));
    queue_entry *e, *all;
    size_t n;
    assert_ok(queue_claim(k->s, &deliver, S("left"), 1000, 60, 10, &k->a, &e, &n));
    assert_int_equal(n, 3);
    queue_result late[] = {{.id = e[0].id, .outcome = QUEUE_RETRY, .next_try = 1, .history_line = S("late")},
                           {.id = e[1].id, .outcome = QUEUE_DONE},
                           {.id = e[2].id, .outcome = QUEUE_RETRY, .next_try = 5000, .history_line = S("late")}};
    assert_ok(queue_claim(k->s, &deliver, S("right"), 1060, 60, 2, &k->a, &e, &n));
    assert_int_equal(n, 2); /* both of one.example; the lease of the third ended, but nobody took it */
    assert_ok(queue_settle(k->s, &deliver, S("left"), late, 3, NULL, 0));
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &all, &n));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        bool taken = all[i].id == late[0].id;
        assert_true(all[i].state == (taken ? QUEUE_ACTIVE : QUEUE_WAITING));
        assert_true(all[i].next_try == (taken ? 1120 : 5000) && all[i].attempts == (taken ? 0 : 1));
        assert_str(all[i].history, taken ? S("") : S("late\n"));
    }
    assert_ok(queue_settle(k->s, &deliver, S("right"), late, 2, NULL, 0)); /* who has it may say when */
    assert_int_equal(kit_claim(k, 4999, 10, &e), 1);
    assert_true(e->id == late[0].id);
    kit_check(k);
}

static void history_is_bounded(void **state) {
    kit *k = *state;
    const char *const single[] = {"x@three.example"};
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, single, 1));
    queue_entry *e;
    size_t n;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 1);
    queue_result r = {.id = e->id, .outcome = QUEUE_RETRY, .next_try = 1, .error = arena_strf(&k->a, "%5000s", "long")};
    for (int i = 0; i < 400; i++) {
        r.history_line = arena_strf(&k->a, "attempt %d %0*d", i, 100, 0);
        assert_ok(queue_settle(k->s, &deliver, S("node"), &r, 1, NULL, 0));
    }
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &e, &n));
    assert_int_equal(e->attempts, 400);
    assert_true(e->history.n <= LIMIT_QUEUE_HISTORY && e->history.n > LIMIT_QUEUE_HISTORY / 4);
    assert_true(str_starts(e->history, S("attempt 0 ")));
    assert_true(str_find_str(e->history, S("\n[...]\nattempt ")) != STR_NONE);
    assert_true(str_find_str(e->history, S("\nattempt 399 ")) != STR_NONE);
    assert_int_equal(e->last_error.n, LIMIT_QUEUE_ERROR);
}

static void notices_come_with_the_result(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, two_domains, 3));
    queue_entry *e;
    size_t n;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 3);
    queue_result done[3];
    for (int i = 0; i < 3; i++)
        done[i] = (queue_result){.id = e[i].id, .outcome = QUEUE_DONE};
    store_content c = kit_content(k, kit_message(k, "not delivered"));
    store_local back = {k->anna, S("INBOX"), S(""), 0}, full = {k->bert, S("INBOX"), S(""), 0};
    store_recipient remote = {S("s@example.net"), S(""), NOTIFY_NEVER, S("relay")};
    assert_ok(store_account_set(k->s, &admin, k->bert, ACCOUNT_SET_QUOTA, &(store_account){.quota_bytes = 1}));
    store_accepted notices[] = {
        {.id = S("dsn1"), .content = &c, .locals = &back, .locals_n = 1, .expires = 10, .first_try = 5},
        {.id = S("dsn2"), .content = &c, .recipients = &remote, .recipients_n = 1, .expires = 10, .first_try = 5},
        {.id = S("dsn3"), .content = &c, .locals = &full, .locals_n = 1}, /* full: the rest happens all the same */
    };
    assert_ok(queue_settle(k->s, &deliver, S("node"), done, 3, notices, 3));
    kit_messages(k, &k->as_anna, kit_box(k, &k->as_anna, "INBOX"), 0, &n);
    assert_int_equal(n, 1);
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &e, &n));
    assert_int_equal(n, 1);
    assert_str(e->message_id, S("dsn2"));
    assert_str(e->sender, S(""));
    kit_check(k);
}

static uint64_t apply(kit *k, const queue_filter *f, const int64_t *ids, size_t n, queue_change change) {
    uint64_t changed;
    assert_ok(queue_apply(k->s, &admin, f, ids, n, change, &changed));
    return changed;
}

static void the_operator_changes(void **state) {
    kit *k = *state;
    assert_ok(kit_accept(k, "one", kit_message(k, "1"), 0, two_domains, 3));
    assert_ok(kit_accept(k, "two", kit_message(k, "2"), 0, two_domains, 3));
    queue_filter by_domain = {.domain = S("one.example"), .state = -1}, by_id = {.message_id = S("two"), .state = -1};
    queue_filter by_recipient = {.recipient = S("b@two.example"), .sender = S("s@example.net"), .state = QUEUE_WAITING};
    queue_entry *e;
    size_t n;
    assert_int_equal(apply(k, &by_domain, NULL, 0, QUEUE_CHANGE_HOLD), 4);
    assert_int_equal(apply(k, &by_domain, NULL, 0, QUEUE_CHANGE_HOLD), 0);
    uint64_t waiting, active, held;
    assert_ok(queue_count(k->s, &admin, &waiting, &active, &held));
    assert_true(waiting == 2 && held == 4);
    assert_int_equal(kit_claim(k, 1000, 10, &e), 2);
    assert_int_equal(apply(k, &by_id, NULL, 0, QUEUE_CHANGE_RETRY), 0); /* held and active ones are not */
    assert_int_equal(apply(k, &by_domain, NULL, 0, QUEUE_CHANGE_RELEASE), 4);
    assert_ok(queue_list(k->s, &admin, &by_domain, 0, 10, &k->a, &e, &n));
    assert_true(n == 4 && e[0].state == QUEUE_WAITING && e[0].next_try > 1600000000);
    assert_ok(queue_list(k->s, &admin, &by_domain, e[1].id, 1, &k->a, &e, &n));
    assert_int_equal(n, 1);
    assert_ok(queue_list(k->s, &admin, &by_recipient, 0, 10, &k->a, &e, &n));
    assert_int_equal(n, 0); /* those are active */
    assert_int_equal(apply(k, &by_id, NULL, 0, QUEUE_CHANGE_REMOVE), 3);
    int64_t id;
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &e, &n));
    assert_int_equal(n, 3);
    id = e[0].id;
    assert_int_equal(apply(k, NULL, &id, 1, QUEUE_CHANGE_RETRY), 1);
    assert_int_equal(apply(k, NULL, &id, 1, QUEUE_CHANGE_REMOVE), 1);
    assert_int_equal(apply(k, NULL, &id, 1, QUEUE_CHANGE_REMOVE), 0);
    assert_int_equal(apply(k, &everything, NULL, 0, QUEUE_CHANGE_REMOVE), 2);
    kit_check(k);
}

static void held_while_active_stays_held(void **state) {
    kit *k = *state;
    const char *const single[] = {"x@three.example"};
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, single, 1));
    queue_entry *e;
    size_t n;
    assert_int_equal(kit_claim(k, 1000, 10, &e), 1);
    int64_t id = e->id;
    assert_int_equal(apply(k, NULL, &id, 1, QUEUE_CHANGE_HOLD), 1);
    queue_result r = {.id = id, .outcome = QUEUE_RETRY, .next_try = 1};
    assert_ok(queue_settle(k->s, &deliver, S("node"), &r, 1, NULL, 0));
    assert_ok(queue_list(k->s, &admin, &everything, 0, 10, &k->a, &e, &n));
    assert_true(e->state == QUEUE_HELD && e->attempts == 1);
    assert_int_equal(kit_claim(k, 5000, 10, &e), 0);
    int64_t at;
    assert_ok(queue_next(k->s, &deliver, &at));
    assert_int_equal(at, 0);
}

static void count_up(void *arg) { ++*(_Atomic int *)arg; }

static void the_queue_is_watched(void **state) {
    kit *k = *state;
    _Atomic int calls = 0;
    queue_watch(k->s, count_up, (void *)&calls);
    assert_ok(kit_accept(k, "id", kit_message(k, "1"), 0, two_domains, 3));
    assert_int_equal(calls, 1);
    assert_ok(kit_accept(k, "local", kit_message(k, "1"), k->anna, NULL, 0));
    assert_int_equal(calls, 1);
    apply(k, &everything, NULL, 0, QUEUE_CHANGE_HOLD);
    assert_int_equal(calls, 1);
    apply(k, &everything, NULL, 0, QUEUE_CHANGE_RELEASE);
    assert_int_equal(calls, 2);
    queue_watch(k->s, NULL, NULL);
    apply(k, &everything, NULL, 0, QUEUE_CHANGE_RETRY);
    assert_int_equal(calls, 2);
}

static void held_from_the_start(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "x"));
    store_recipient remote = {S("x@remote.example"), S(""), 0, S("relay")};
    store_accepted m = {.id = S("h"), .content = &c, .recipients = &remote, .recipients_n = 1, .hold = true};
    assert_ok(store_accept(k->s, &deliver, &m, NULL));
    queue_entry *e;
    assert_int_equal(kit_claim(k, 1 << 30, 10, &e), 0);
}

static const struct CMUnitTest tests[] = {
    CASE(claim_groups_by_message_and_domain),
    CASE(a_group_is_not_torn),
    CASE(leases),
    CASE(settling),
    CASE(settling_after_the_lease),
    CASE(history_is_bounded),
    CASE(notices_come_with_the_result),
    CASE(the_operator_changes),
    CASE(held_while_active_stays_held),
    CASE(the_queue_is_watched),
    CASE(held_from_the_start),
};

KIT_MAIN(tests)
