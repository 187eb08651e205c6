/* What the sender hears, and what happens when that cannot be written down. */
#include "kit.h"

static void failure(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "never1@one.test ok2@one.test never3@one.test", 0);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_inbox(k), 1); /* one notice for both */
    str text = kit_notice(k, 0);
    assert_true(kit_has(text, "Final-Recipient: rfc822; never1@one.test") && kit_has(text, "never3@one.test"));
    assert_false(kit_has(text, "ok2@one.test"));
    assert_true(kit_has(text, "Action: failed") && kit_has(text, "Status: 5.1.1"));
    assert_true(kit_has(text, "Diagnostic-Code: smtp; 550 5.1.1 nobody here"));
    assert_true(kit_has(text, "Return-Path: <>") && kit_has(text, "Subject: about m1"));
}

static void nobody_to_tell(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "", "never1@one.test", 0); /* a notice itself */
    kit_send(k, "m2", "anna@example.org", "never2@one.test", NOTIFY_NEVER);
    kit_send(k, "m3", "gone@example.org", "never3@one.test", 0); /* no such user here */
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_inbox(k), 0);
}

static void remote_sender(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "later@elsewhere.test", "never1@one.test", 0);
    kit_await(kit_attempts(k) == 2 && kit_waiting(k) == 1);
    queue_entry e = kit_entry(k, "elsewhere");
    assert_int_equal(e.sender.n, 0); /* the notice, on its way to the sender */
    check_str(e.recipient, S("later@elsewhere.test"));
    assert_int_equal(e.notify, NOTIFY_NEVER);
    kit_advance(10 * 86400);
    kit_await(kit_waiting(k) == 0); /* given up without another */
}

static void success(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "ok1@one.test relayed2@one.test passed3@one.test", NOTIFY_SUCCESS);
    kit_await(kit_waiting(k) == 0);
    assert_int_equal(kit_inbox(k), 1);
    str text = kit_notice(k, 0);
    assert_true(kit_has(text, "Action: delivered") && kit_has(text, "Action: relayed"));
    assert_true(kit_has(text, "ok1@one.test") && kit_has(text, "relayed2@one.test"));
    assert_false(kit_has(text, "passed3@one.test")); /* the next server tells */
}

static void expiry_with_the_whole_story(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send_for(k, "m1", "anna@example.org", "later1@one.test", NOTIFY_FAILURE, 3 * 3600, "relay");
    for (int i = 0; i < 40 && kit_waiting(k); i++) {
        kit_advance(600);
        usleep(20000);
    }
    assert_int_equal(kit_waiting(k), 0);
    assert_int_equal(kit_inbox(k), 1);
    str text = kit_notice(k, 0), rest = text;
    assert_true(kit_has(text, "Action: failed") && kit_has(text, "Status: 5.4.7"));
    size_t lines = 0;
    for (size_t at; (at = str_find_str(rest, S("UTC mx.remote.test: 450 4.2.0 come again"))) != STR_NONE; lines++)
        rest = str_skip(rest, at + 1);
    assert_true(lines >= 3);
    assert_int_equal(lines, kit_attempts(k));
}

static void delay(void **state) {
    kit *k = *state;
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "later1@one.test", 0);
    for (int i = 0; i < 60; i++) {
        kit_advance(1200);
        usleep(10000);
    }
    kit_await(kit_inbox(k) == 1);
    str text = kit_notice(k, 0);
    assert_true(kit_has(text, "Action: delayed") && kit_has(text, "Will-Retry-Until: ") &&
                kit_has(text, "Status: 4.2.0"));
    assert_int_equal(kit_waiting(k), 1); /* told once, and still tried */
    assert_true(kit_entry(k, "later1").delay_notice > 0);
    assert_true(kit_attempts(k) > 4);
}

/* The store does not answer while the notice is made: the result waits, and nothing is tried twice. */
static void notice_later(void **state) {
    kit *k = *state;
    atomic_store(&k->notice_fails, 3);
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "never1@one.test", 0);
    kit_send(k, "m2", "anna@example.org", "ok2@two.test", 0);
    for (int i = 0; i < 400 && kit_waiting(k); i++) {
        kit_advance(2);
        usleep(10000);
    }
    assert_int_equal(kit_waiting(k), 0);
    assert_int_equal(kit_inbox(k), 1);
    assert_int_equal(kit_attempts(k), 2);
}

/* A notice that can never be made does not hold up the queue. */
static void notice_never(void **state) {
    kit *k = *state;
    atomic_store(&k->notice_fails, -1);
    kit_start(k);
    kit_send(k, "m1", "anna@example.org", "never1@one.test", 0);
    for (int i = 0; i < 400 && kit_waiting(k); i++) {
        kit_advance(2);
        usleep(10000);
    }
    assert_int_equal(kit_waiting(k), 0);
    assert_int_equal(kit_inbox(k), 0);
    kit_send(k, "m2", "anna@example.org", "ok2@two.test", 0);
    kit_await(kit_delivered(k) == 1 && kit_waiting(k) == 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(failure), TEST(nobody_to_tell), TEST(remote_sender), TEST(success), TEST(expiry_with_the_whole_story),
        TEST(delay),   TEST(notice_later),   TEST(notice_never),
    };
    return cmocka_run_group_tests_name("queue_settle", tests, kit_loops_start, kit_loops_stop);
}
