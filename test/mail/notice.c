/* Notices due at once: what the sender hears, and when he hears nothing. */
#include "house.h"

#include "../net/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "mime/header.h"

static house h;

static int setup(void **state) {
    house_init(&h);
    return 0;
}

static int teardown(void **state) {
    house_free(&h);
    return 0;
}

#define TO(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MESSAGE S("Subject: the original\r\n\r\nbody\r\n")

/* user@ has it, full@ has not. */
static mail_envelope half_fails(const char *sender, unsigned notify, bool each_answered) {
    mail_envelope e = {.sender = str_c(sender), .envid = S(""), .each_answered = each_answered};
    e.recipients = arena_array(&h.memory, 2, sizeof *e.recipients);
    e.recipients[0] = house_route(&h, "user@demo.test");
    e.recipients[1] = house_route(&h, "full@demo.test");
    e.recipients[1].notify = notify;
    e.recipients_n = 2;
    check_ok(house_accept(&h, &e, TO("user@demo.test", "full@demo.test"), MESSAGE));
    return e;
}

static bool has(str whole, const char *part) { return str_find_str(whole, str_c(part)) != STR_NONE; }

static void failures_are_told(void **state) {
    half_fails("second@demo.test", NOTIFY_DEFAULT, false);
    check_size(house_inbox(&h, "second@demo.test"), 1);
    str got = house_message(&h, "second@demo.test", 0);
    assert_true(str_starts(got, S("Return-Path: <>\r\nDelivered-To: second@demo.test\r\n")));
    assert_true(has(got, "report-type=delivery-status"));
    assert_true(has(got, "Final-Recipient: rfc822; full@demo.test\r\n") ||
                has(got, "Final-Recipient: rfc822;full@demo.test\r\n"));
    assert_true(has(got, "Action: failed\r\n"));
    assert_true(has(got, "Status: 5.2.2\r\n"));
    assert_true(has(got, "Subject: the original\r\n"));
    assert_false(has(got, "user@demo.test")); /* who has it is not in it */
}

static void a_remote_sender(void **state) {
    queue_entry *entries;
    half_fails("a@bar.example", NOTIFY_FAILURE, false);
    check_size(house_queue(&h, &entries), 1);
    check_str(entries[0].sender, S(""));
    check_str(entries[0].recipient, S("a@bar.example"));
    check_str(entries[0].target, S("relay"));
    assert_int_equal(entries[0].notify, NOTIFY_NEVER);
}

static void no_notice(void **state) {
    queue_entry *entries;
    half_fails("", NOTIFY_DEFAULT, false); /* RFC 5321 4.5.5 */
    half_fails("a@bar.example", NOTIFY_NEVER, false);
    half_fails("a@bar.example", NOTIFY_SUCCESS, false);
    half_fails("a@bar.example", NOTIFY_DEFAULT, true); /* LMTP: the client was told */
    check_size(house_queue(&h, &entries), 0);
}

/* Nobody there to tell: logged, and the message stays accepted. */
static void nobody_to_tell(void **state) {
    queue_entry *entries;
    log_setup(LOG_LOGFMT, LOG_ERROR + 1, 2);
    half_fails("gone@demo.test", NOTIFY_DEFAULT, false);
    check_size(house_inbox(&h, "user@demo.test"), 1);
    check_size(house_queue(&h, &entries), 0);
}

static void success_on_demand(void **state) {
    mail_envelope e = {.sender = S("second@demo.test"), .envid = S("QQ 1")};
    e.recipients = arena_array(&h.memory, 2, sizeof *e.recipients);
    e.recipients[0] = house_route(&h, "user@demo.test");
    e.recipients[0].notify = NOTIFY_SUCCESS | NOTIFY_FAILURE;
    e.recipients[0].original = S("rfc822;other@bar.example");
    e.recipients[1] = house_route(&h, "friend@elsewhere.example");
    e.recipients[1].notify = NOTIFY_SUCCESS; /* the next server's to tell */
    e.recipients_n = 2;
    check_ok(house_accept(&h, &e, TO("user@demo.test", "friend@elsewhere.example"), MESSAGE));
    check_size(house_inbox(&h, "second@demo.test"), 1);
    str got = house_message(&h, "second@demo.test", 0);
    assert_true(has(got, "Action: delivered\r\n"));
    assert_true(has(got, "Status: 2.0.0\r\n"));
    assert_true(has(got, "other@bar.example"));
    assert_true(has(got, "QQ 1"));
    assert_false(has(got, "friend@elsewhere.example"));
}

/* A copy that several recipients share is told of once. */
static void shared_copies(void **state) {
    mail_envelope e = {.sender = S("second@demo.test"), .envid = S("")};
    check_ok(
        house_accept(&h, &e, TO("full@demo.test", "both@demo.test", "full+x@demo.test", "user@demo.test"), MESSAGE));
    check_size(house_inbox(&h, "second@demo.test"), 1);
    str got = house_message(&h, "second@demo.test", 0);
    size_t at = str_find_str(got, S("Action: failed"));
    assert_true(at != STR_NONE && str_find_str(str_skip(got, at + 1), S("Action: failed")) == STR_NONE);
}

/* A list with more broken members than one notice names: the sender hears of the first thousand. */
static void a_notice_names_so_many(void **state) {
    static const char *members[LIMIT_FORWARDS];
    for (size_t i = 0; i < LIMIT_FORWARDS; i++)
        members[i] = arena_cstr(&h.memory, arena_strf(&h.memory, "gone%zu@demo.test", i));
    house_add(&h, "broken@demo.test", members, LIMIT_FORWARDS);
    house_add(&h, "more@demo.test", (const char *const[]){"last1@demo.test", "last2@demo.test"}, 2);
    mail_envelope e = {.sender = S("second@demo.test"), .envid = S("")};
    err why = house_accept(&h, &e, TO("broken@demo.test", "more@demo.test", "user@demo.test"), MESSAGE);
    check_ok(why);
    check_size(house_inbox(&h, "second@demo.test"), 1);
    str rest = house_message(&h, "second@demo.test", 0);
    size_t named = 0, at;
    while ((at = str_find_str(rest, S("\r\nFinal-Recipient:"))) != STR_NONE) {
        named++;
        rest = str_skip(rest, at + 2);
    }
    check_size(named, 1000);
    assert_true(has(rest, "gone999@demo.test") && !has(rest, "last1@demo.test"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(failures_are_told),      TEST(a_remote_sender),   TEST(no_notice),
        TEST(nobody_to_tell),         TEST(success_on_demand), TEST(shared_copies),
        TEST(a_notice_names_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
