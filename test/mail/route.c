/* Where one recipient goes, for strangers and for those who may relay. */
#include "house.h"

#include "../net/check.h"

static house h;

static int setup(void **state) {
    house_init(&h);
    return 0;
}

static int teardown(void **state) {
    house_free(&h);
    return 0;
}

static err route(bool may_relay, const char *to, mail_recipient *out) {
    const mail_sender_rights rights = {.may_relay = may_relay};
    addr_spec spec;
    check_ok(address_parse(str_c(to), true, &h.memory, &spec));
    return mail_route(&h.mail, &rights, &spec, &h.memory, out);
}

static void ours(void **state) {
    static const struct {
        const char *to, *key, *target, *detail;
    } cases[] = {
        {"user@demo.test", "user@demo.test", "user@demo.test", ""},
        {"USER@Demo.TEST", "user@demo.test", "user@demo.test", ""},
        {"\"user\"@demo.test", "user@demo.test", "user@demo.test", ""},
        {"User+Some+Thing@demo.test", "user+some+thing@demo.test", "user@demo.test", "some+thing"},
        {"x@catch.test", "x@catch.test", "@catch.test", ""},
        {"list@demo.test", "list@demo.test", "list@demo.test", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int relay = 0; relay < 2; relay++) {
            mail_recipient r;
            check_ok(route(relay, cases[i].to, &r));
            assert_int_equal(r.way, MAIL_LOCAL);
            check_str(r.address, str_c(i == 2 ? "user@demo.test" : cases[i].to));
            check_str(r.key, str_c(cases[i].key));
            check_str(r.target.key, str_c(cases[i].target));
            check_str(r.detail, str_c(cases[i].detail));
        }
    }
}

static void others(void **state) {
    static const char *const all[] = {"a@bar.example",
                                      "a@[192.0.2.1]",
                                      "a@[IPv6:::1]",
                                      "a@sub.demo.test",
                                      "postmaster@bar.example",
                                      "\xc3\xb6@bar.example",
                                      ("a@b\xc3\xbc" "r.example")};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mail_recipient r;
        check_fails(route(false, all[i], &r), ERR_PEER, ERR_DENIED);
        check_ok(route(true, all[i], &r));
        assert_int_equal(r.way, MAIL_RELAY);
        check_str(r.address, str_c(all[i]));
    }
}

static void refused(void **state) {
    for (int relay = 0; relay < 2; relay++) {
        mail_recipient r;
        check_fails(route(relay, "nobody@demo.test", &r), ERR_PEER, ERR_NOT_FOUND);
        check_fails(route(relay, "off@demo.test", &r), ERR_PEER, ERR_CLOSED);
    }
    check_str(house_route(&h, "full@demo.test").target.key, S("full@demo.test")); /* not full yet */
}

/* RFC 5321 4.5.1: a postmaster is always there. */
static void postmasters(void **state) {
    static const char *const forms[] = {"postmaster", "POSTMASTER", "postmaster@demo.test", "PostMaster@catch.test"};
    const principal operator_ = {.role = ROLE_ADMIN};
    mail_recipient r;
    check_ok(store_address_remove(h.store, &operator_, S("@catch.test"))); /* which would have it */
    for (size_t i = 0; i < 4; i++) {
        check_ok(route(false, forms[i], &r));
        assert_true(r.target.account == h.user); /* the first account that was made */
        assert_int_equal(r.way, MAIL_LOCAL);
        assert_true(r.target.account != 0);
    }
    house_add(&h, "postmaster@catch.test", (const char *const[]){"user@demo.test"}, 1);
    check_ok(route(false, "postmaster", &r)); /* of the first domain */
    check_str(r.target.key, S("postmaster@catch.test"));
    check_ok(route(false, "postmaster@demo.test", &r)); /* which has none of its own */
    check_str(r.target.key, S("postmaster@catch.test"));
    house_add(&h, "postmaster@demo.test", (const char *const[]){"second@demo.test"}, 1);
    check_ok(route(false, "postmaster@demo.test", &r));
    check_str(r.target.key, S("postmaster@demo.test"));
}

static void senders(void **state) {
    static const struct {
        const char *sender;
        bool may;
    } cases[] = {
        {"user@demo.test", true},  {"USER+x@DEMO.test", true},  {"second@demo.test", false},
        {"list@demo.test", false}, {"nobody@demo.test", false}, {"x@catch.test", false},
        {"a@bar.example", false},  {"user@[192.0.2.1]", false},
    };
    addr_spec spec = {0};
    check_ok(mail_may_send_as(&h.mail, h.user, &spec, &h.memory)); /* <> */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ok(address_parse(str_c(cases[i].sender), true, &h.memory, &spec));
        err e = mail_may_send_as(&h.mail, h.user, &spec, &h.memory);
        assert_int_equal(failed(e), !cases[i].may);
        assert_true(!failed(e) || (e.kind == ERR_PEER && e.what == ERR_DENIED));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(ours), TEST(others), TEST(refused), TEST(postmasters), TEST(senders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
