#include "auth/throttle.h"

#include "../base/check.h"
#include "base/time.h"

static addr at(const char *ip) {
    addr a;
    assert_true(addr_parse(str_c(ip), &a));
    return a;
}

static void per_client(void **state) {
    throttle *t = throttle_create(3, 0, 60000);
    addr bad = at("192.0.2.1"), good = at("192.0.2.2");
    for (int i = 0; i < 3; i++) {
        assert_false(throttle_refuses(t, &bad, S("a@x.test")));
        throttle_failed(t, &bad, S("a@x.test"));
    }
    assert_true(throttle_refuses(t, &bad, S("a@x.test")));
    assert_true(throttle_refuses(t, &bad, S("b@x.test")));
    assert_false(throttle_refuses(t, &good, S("a@x.test")));
    time_test_advance(59000);
    assert_true(throttle_refuses(t, &bad, S("a@x.test")));
    throttle_failed(t, &bad, S("a@x.test")); /* does not prolong the window */
    time_test_advance(1000);
    assert_false(throttle_refuses(t, &bad, S("a@x.test")));
    throttle_free(t);
}

static void per_account(void **state) {
    throttle *t = throttle_create(0, 5, 60000);
    addr owner = at("198.51.100.7");
    throttle_succeeded(t, &owner, S("a@x.test"));
    for (int i = 0; i < 5; i++) {
        char ip[40];
        snprintf(ip, sizeof ip, "192.0.2.%d", i);
        addr from = at(ip);
        assert_false(throttle_refuses(t, &from, S("a@x.test")));
        throttle_failed(t, &from, S("a@x.test"));
    }
    addr stranger = at("203.0.113.1");
    assert_true(throttle_refuses(t, &stranger, S("a@x.test")));
    assert_false(throttle_refuses(t, &stranger, S("b@x.test")));
    assert_false(throttle_refuses(t, &owner, S("a@x.test"))); /* the owner is not shut out by strangers */
    time_test_advance(60000);
    assert_false(throttle_refuses(t, &stranger, S("a@x.test")));
    throttle_free(t);
}

/* What one client may guess is not enough to lock an account. */
static void spent_client(void **state) {
    throttle *t = throttle_create(3, 5, 60000);
    addr bad = at("192.0.2.1"), other = at("192.0.2.2");
    for (int i = 0; i < 100; i++)
        throttle_failed(t, &bad, S("a@x.test"));
    assert_true(throttle_refuses(t, &bad, S("a@x.test")));
    assert_false(throttle_refuses(t, &other, S("a@x.test")));
    throttle_free(t);
}

static void networks(void **state) {
    throttle *t = throttle_create(1, 0, 60000);
    addr one = at("2001:db8:1:2::1"), neighbour = at("2001:db8:1:2:ffff::9"), next = at("2001:db8:1:3::1");
    throttle_failed(t, &one, S("a"));
    assert_true(throttle_refuses(t, &neighbour, S("a")));
    assert_false(throttle_refuses(t, &next, S("a")));
    addr v4 = at("192.0.2.55"), mapped = at("::ffff:192.0.2.55");
    throttle_failed(t, &v4, S("a"));
    assert_true(throttle_refuses(t, &mapped, S("a")));
    addr local = {.family = ADDR_UNIX};
    throttle_failed(t, &local, S("a"));
    assert_false(throttle_refuses(t, &local, S("a")));
    throttle_free(t);
}

/* Memory is fixed: a flood of new clients pushes out those with few failures first. */
static void flood(void **state) {
    throttle *t = throttle_create(3, 3, INT64_C(1) << 40);
    addr bad = at("192.0.2.1");
    for (int i = 0; i < 3; i++)
        throttle_failed(t, &bad, S("victim@x.test"));
    addr other = at("2001:db8::");
    for (uint32_t i = 0; i < 200000; i++) {
        memcpy(other.ip + 4, &i, 4);
        char name[40];
        int n = snprintf(name, sizeof name, "user%u@x.test", i);
        throttle_failed(t, &other, (str){name, (size_t)n});
    }
    assert_true(throttle_refuses(t, &bad, S("other@x.test")));
    addr stranger = at("203.0.113.1");
    assert_true(throttle_refuses(t, &stranger, S("victim@x.test")));
    throttle_free(t);
}

static void no_limits(void **state) {
    throttle *t = throttle_create(0, 0, 60000);
    addr from = at("192.0.2.1");
    for (int i = 0; i < 1000; i++)
        throttle_failed(t, &from, S("a"));
    assert_false(throttle_refuses(t, &from, S("a")));
    throttle_free(t);
    throttle_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(per_client), cmocka_unit_test(per_account), cmocka_unit_test(networks),
        cmocka_unit_test(flood),      cmocka_unit_test(no_limits),   cmocka_unit_test(spent_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
