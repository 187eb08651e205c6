/* The one door, from a plain thread: what is stored, what is queued, what each recipient hears. */
#include "house.h"

#include "../net/check.h"
#include "base/limits.h"
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
#define MESSAGE S("Subject: x\r\n\r\nbody\r\n")

static void ids_differ(void **state) {
    mail_envelope a = {0}, b = {0};
    mail_begin(&a);
    mail_begin(&b);
    assert_int_equal(strlen(a.id), 26);
    assert_string_not_equal(a.id, b.id);
}

static void to_all_kinds(void **state) {
    queue_entry *entries;
    mail_envelope e = {.sender = S("a@bar.example"), .envid = S("E 1"), .ret_headers = true};
    check_ok(house_accept(&h, &e, TO("user+x@demo.test", "friend@elsewhere.example", "x@catch.test"), MESSAGE));
    for (size_t i = 0; i < 3; i++)
        assert_false(failed(e.recipients[i].result));
    str got = house_message(&h, "user@demo.test", 0);
    assert_true(str_starts(got, S("Return-Path: <a@bar.example>\r\nDelivered-To: user+x@demo.test\r\nReceived: by ")));
    got = house_message(&h, "second@demo.test", 0);
    assert_true(str_starts(got, S("Return-Path: <a@bar.example>\r\nDelivered-To: x@catch.test\r\nReceived: by ")));
    check_size(header_count(got, S("Received")), 1);
    check_size(house_queue(&h, &entries), 1);
    check_str(entries[0].recipient, S("friend@elsewhere.example"));
    check_str(entries[0].message_id, str_c(e.id));
    check_str(entries[0].envid, S("E 1"));
    check_str(entries[0].target, S("relay"));
    assert_true(entries[0].ret_headers);
    assert_false(entries[0].body8 || entries[0].binary || entries[0].smtputf8);
    assert_true(entries[0].expires - entries[0].created == h.mail.config.queue_lifetime_s);
}

static void null_paths(void **state) {
    mail_envelope e = {.sender = S(""), .envid = S("")};
    check_ok(house_accept(&h, &e, TO("user@demo.test"), MESSAGE));
    assert_true(str_starts(house_message(&h, "user@demo.test", 0), S("Return-Path: <>\r\n")));
}

static void held_on_demand(void **state) {
    queue_entry *entries;
    h.mail.config.hold = true;
    mail_envelope e = {.sender = S("a@bar.example"), .envid = S("")};
    check_ok(house_accept(&h, &e, TO("friend@elsewhere.example"), MESSAGE));
    check_size(house_queue(&h, &entries), 1);
    assert_int_equal(entries[0].state, QUEUE_HELD);
}

/* When nobody can have it, nothing is stored and the error is the answer; when somebody can, it is not. */
static void some_fail(void **state) {
    queue_entry *entries;
    mail_envelope e = {.sender = S("a@bar.example"), .envid = S("")};
    check_fails(house_accept(&h, &e, TO("full@demo.test", "loop1@demo.test"), MESSAGE), ERR_PEER, ERR_OVER_QUOTA);
    assert_int_equal(e.recipients[0].result.what, ERR_OVER_QUOTA);
    assert_int_equal(e.recipients[1].result.what, ERR_CONFLICT);
    check_size(house_queue(&h, &entries), 0);
    e = (mail_envelope){.sender = S(""), .envid = S("")};
    check_ok(house_accept(&h, &e, TO("full@demo.test", "user@demo.test", "both@demo.test"), MESSAGE));
    assert_int_equal(e.recipients[0].result.what, ERR_OVER_QUOTA);
    assert_false(failed(e.recipients[1].result) || failed(e.recipients[2].result));
    check_size(house_inbox(&h, "user@demo.test"), 1);
    check_size(house_inbox(&h, "full@demo.test"), 0);
}

static void a_bad_message_is_bad_for_all(void **state) {
    mail_envelope e = {.sender = S("a@bar.example"), .envid = S("")};
    check_fails(house_accept(&h, &e, TO("user@demo.test", "friend@elsewhere.example"), S("a: b\nc: d\r\n\r\n")),
                ERR_PEER, ERR_SYNTAX);
    assert_int_equal(e.recipients[0].result.what, ERR_SYNTAX);
    assert_int_equal(e.recipients[1].result.what, ERR_SYNTAX);
}

static void hops_end(void **state) {
    SCOPED_BUF raw;
    buf_init(&raw, 100000);
    for (size_t i = 0; i < 50; i++)
        buf_addf(&raw, "Received: %zu\r\n", i);
    mail_envelope e = {.sender = S(""), .envid = S("")};
    check_ok(house_accept(&h, &e, TO("user@demo.test"), buf_str(&raw)));
    /* what comes back to us again has one more each time, ours */
    str again = house_message(&h, "user@demo.test", 0);
    check_fails(house_accept(&h, &e, TO("user@demo.test"), again), ERR_PEER, ERR_CONFLICT);
}

/* SMTPUTF8 goes on only with what cannot do without (RFC 6531 3.4 is about the message, not about what a client said).
 */
static void utf8_only_where_needed(void **state) {
    static const struct {
        const char *sender, *to, *raw;
        bool needed, body8;
    } cases[] = {
        {"a@bar.example", "b@bar.example", "Subject: x\r\n\r\n", false, false},
        {"a@bar.example", "b@bar.example", "Subject: x\r\n\r\n\xc3\xa4\r\n", false, true},
        {"a@bar.example", "b@bar.example", "Subject: \xc3\xa4\r\n\r\n", true, true},
        {"\xc3\xa4@bar.example", "b@bar.example", "Subject: x\r\n\r\n", true, false},
        {"a@bar.example", "\xc3\xa4@bar.example", "Subject: x\r\n\r\n", true, true}, /* our Received names it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        queue_entry *entries;
        mail_envelope e = {.sender = str_c(cases[i].sender), .envid = S(""), .smtputf8 = true};
        check_ok(house_accept(&h, &e, TO(cases[i].to), str_c(cases[i].raw)));
        check_size(house_queue(&h, &entries), i + 1);
        for (size_t j = 0; j <= i; j++)
            if (str_eq(entries[j].message_id, str_c(e.id))) {
                assert_int_equal(entries[j].smtputf8, cases[i].needed);
                assert_int_equal(entries[j].body8, cases[i].body8);
            }
    }
}

/* Any bytes a client may get into the envelope stay in their line. */
static void hostile_envelopes(void **state) {
    static const char *const to[] = {"\"a b+x\"@catch.test", "\"x\\\"y\"@catch.test", "\"<a>\"@catch.test",
                                     "\"a,b\"@catch.test", "${run}`id`@catch.test"};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        mail_envelope e = {.sender = str_c(to[i]), .envid = S("")};
        check_ok(house_accept(&h, &e, TO(to[i]), MESSAGE));
        str got = house_message(&h, "second@demo.test", i);
        check_size(header_count(got, S("Delivered-To")), 1);
        check_size(header_count(got, S("Subject")), 1);
        header_field field;
        size_t fields = 0;
        for (str rest = got; header_next(&rest, &field);)
            fields++;
        check_size(fields, 4);
    }
}

/* An account hands in its own mail, for anybody; nobody hands in somebody else's. */
static void in_whose_name(void **state) {
    const struct {
        principal who;
        int64_t submitter;
        bool may;
    } cases[] = {
        {{.role = ROLE_ACCOUNT, .account = h.user}, h.user, true},
        {{.role = ROLE_ACCOUNT, .account = h.user}, h.full, false},
        {{.role = ROLE_ACCOUNT, .account = h.user}, 0, false},
        {{.role = ROLE_NOBODY}, 0, false},
        {{.role = ROLE_LOGIN}, 0, false},
        {{.role = ROLE_DELIVER}, h.full, true},
    };
    const mail_trace trace = {.protocol = S("local")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mail_recipient to[2] = {house_route(&h, "second@demo.test"), house_route(&h, "friend@elsewhere.example")};
        mail_envelope e = {.sender = S("user@demo.test"),
                           .envid = S(""),
                           .submitter = cases[i].submitter,
                           .recipients = to,
                           .recipients_n = 2};
        mail_begin(&e);
        err why = mail_accept(&h.mail, &cases[i].who, &e, &trace, MESSAGE, &h.memory);
        assert_int_equal(failed(why), !cases[i].may);
        assert_true(!failed(why) || why.what == ERR_DENIED);
    }
    check_size(house_inbox(&h, "second@demo.test"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_differ),
        TEST(to_all_kinds),
        TEST(null_paths),
        TEST(held_on_demand),
        TEST(some_fail),
        TEST(a_bad_message_is_bad_for_all),
        TEST(hops_end),
        TEST(utf8_only_where_needed),
        TEST(hostile_envelopes),
        TEST(in_whose_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
