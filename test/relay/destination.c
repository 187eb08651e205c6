#include "kit.h"

#include "../net/on_loop.h"
#include "relay/inside.h"

static arena memory;

static int begin(void **state) {
    arena_init(&memory, 1 << 20);
    return 0;
}
static int end(void **state) {
    arena_free(&memory);
    return 0;
}

typedef struct record {
    uint16_t preference;
    const char *host;
} record;

static relay_destination order(const record *records, size_t n, const char *own) {
    dns_answer answer = {.status = DNS_FOUND, .n = n};
    answer.mx = arena_array(&memory, n + 1, sizeof *answer.mx);
    for (size_t i = 0; i < n; i++) {
        answer.mx[i].preference = records[i].preference;
        answer.mx[i].host = str_c(records[i].host);
    }
    relay_destination out;
    relay_destination_order(&answer, str_c(own), 25, &memory, &out);
    return out;
}

static void by_preference(void **state) {
    static const record records[] = {{30, "c"}, {10, "a"}, {20, "b"}, {65535, "d"}, {0, "first"}};
    relay_destination d = order(records, 5, "us");
    static const char *const want[] = {"first", "a", "b", "c", "d"};
    assert_int_equal(d.n, 5);
    for (size_t i = 0; i < 5; i++)
        check_str(d.hosts[i].name, str_c(want[i]));
}

/* RFC 5321 5.1: equal ones in random order, so that they share the load. */
static void equals_are_shuffled(void **state) {
    static const record records[] = {{10, "a"}, {10, "b"}, {10, "c"}, {20, "last"}};
    size_t firsts[3] = {0};
    for (int i = 0; i < 600; i++) {
        relay_destination d = order(records, 4, "us");
        assert_int_equal(d.n, 4);
        check_str(d.hosts[3].name, S("last"));
        firsts[d.hosts[0].name.p[0] - 'a']++;
        arena_free(&memory);
    }
    for (int i = 0; i < 3; i++)
        assert_true(firsts[i] > 100);
}

static void our_own_name(void **state) {
    static const record records[] = {{10, "a"}, {20, "US.test."}, {20, "b"}, {30, "c"}};
    relay_destination d = order(records, 4, "us.TEST");
    assert_int_equal(d.n, 1);
    check_str(d.hosts[0].name, S("a"));
    d = order(records + 1, 3, "us.test");
    assert_int_equal(d.n, 0);
    assert_int_equal(d.why.fate, SAID_NEVER);
    check_str(d.why.status, S("5.4.6"));
}

static void null_mx(void **state) {
    static const record records[] = {{0, ""}, {10, "a"}};
    relay_destination d = order(records, 1, "us");
    assert_int_equal(d.n, 0);
    assert_int_equal(d.why.fate, SAID_NEVER);
    check_str(d.why.status, S("5.1.10"));
    d = order(records, 2, "us"); /* RFC 7505 3: only alone does it say anything */
    assert_int_equal(d.n, 1);
    static const record dot[] = {{0, "."}};
    check_str(order(dot, 1, "us").why.status, S("5.1.10"));
}

static void literals(void **state) {
    addr a;
    assert_true(relay_literal(S("[192.0.2.1]"), &a) && a.family == ADDR_V4);
    assert_true(relay_literal(S("[IPv6:2001:db8::1]"), &a) && a.family == ADDR_V6);
    assert_true(relay_literal(S("[ipv6:::1]"), &a));
    static const char *const none[] = {
        "[2001:db8::1]", "[IPv6:192.0.2.1]", "[192.0.2]", "192.0.2.1", "[", "[]", "[x]", ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(relay_literal(str_c(none[i]), &a));
}

static void smarthosts(void **state) {
    static const struct {
        const char *text, *name;
        uint16_t port;
        int family;
        bool mx_first;
    } good[] = {
        {"mail.example.net", "mail.example.net", 25, ADDR_NONE, true},
        {"mail.example.net:587", "mail.example.net", 587, ADDR_NONE, true},
        {"[mail.example.net]", "mail.example.net", 25, ADDR_NONE, false},
        {"[mail.example.net]:587", "mail.example.net", 587, ADDR_NONE, false},
        {"192.0.2.1", "192.0.2.1", 25, ADDR_V4, false},
        {"192.0.2.1:2525", "192.0.2.1", 2525, ADDR_V4, false},
        {"[192.0.2.1]:2525", "192.0.2.1", 2525, ADDR_V4, false},
        {"2001:db8::1", "2001:db8::1", 25, ADDR_V6, false},
        {"[2001:db8::1]:2525", "2001:db8::1", 2525, ADDR_V6, false},
        {"[IPv6:2001:db8::1]", "IPv6:2001:db8::1", 25, ADDR_V6, false},
        {"unix:/run/lmtp", "unix:/run/lmtp", 25, ADDR_UNIX, false},
    };
    relay_host h;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check_ok(relay_host_parse(str_c(good[i].text), 25, &h));
        check_str(h.name, str_c(good[i].name));
        assert_int_equal(h.port, good[i].port);
        assert_int_equal(h.literal.family, good[i].family);
        assert_true(h.literal.family == ADDR_NONE || h.literal.family == ADDR_UNIX || h.literal.port == good[i].port);
        assert_int_equal(h.mx_first, good[i].mx_first);
    }
    static const char *const bad[] = {"host:",   "host:0", "host:65536", "host:x", ":25",           "[host",
                                      "[host]x", "[]",     "[host]:",    "a:b:25", "[192.0.2.1]:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (relay_host_parse(str_c(bad[i]), 25, &h).kind != ERR_PERM && !str_eq(str_c(bad[i]), S("[host]:")))
            fail_msg("%s was taken", bad[i]);
}

/* ---- with a name server ---- */

typedef struct lookup {
    kit *kit;
    const char *domain;
    relay_destination out;
} lookup;

static void run(void *arg) {
    lookup *l = arg;
    relay_destination_find(l->kit->relay, str_c(l->domain), &l->kit->memory, &l->out, deadline_in(10000));
}

static relay_destination find(kit *k, const char *domain) {
    if (!k->relay)
        check_ok(relay_create(&k->relay, &k->config));
    lookup l = {.kit = k, .domain = domain};
    in_fiber(0, run, &l);
    return l.out;
}

static void lookups(void **state) {
    static const struct {
        const char *domain;
        size_t n;
        const char *first;
        queue_fate fate;
        const char *status;
    } cases[] = {
        {"example.test", 2, "mx1.example.test", 0, NULL},
        {"alone.example.test", 1, "alone.example.test", 0, NULL},
        {"nothing.example.test", 1, "nothing.example.test", 0, NULL},
        {"null.example.test", 0, NULL, SAID_NEVER, "5.1.10"},
        {"absent.example.test", 0, NULL, SAID_NEVER, "5.1.2"},
        {"loops.example.test", 0, NULL, SAID_NEVER, "5.4.6"},
        {"own.example.test", 1, "better.example.test", 0, NULL},
        {"broken.test", 0, NULL, SAID_LATER, "4.4.3"}, /* bogus is not absent */
        {"[127.0.0.2]", 1, "[127.0.0.2]", 0, NULL},
        {"[nonsense]", 0, NULL, SAID_NEVER, "5.1.3"},
        {"", 0, NULL, SAID_NEVER, "5.1.3"},
    };
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        relay_destination d = find(k, cases[i].domain);
        check_size(d.n, cases[i].n);
        if (d.n) {
            check_str(d.hosts[0].name, str_c(cases[i].first));
            assert_int_equal(d.hosts[0].port, k->config.port);
        } else {
            assert_int_equal(d.why.fate, cases[i].fate);
            check_str(d.why.status, str_c(cases[i].status));
        }
    }
}

static void by_smarthost(void **state) {
    kit *k = *state;
    k->config.smarthost = S("example.test:587");
    relay_destination d = find(k, "whatever.invalid");
    assert_int_equal(d.n, 2);
    check_str(d.hosts[0].name, S("mx1.example.test"));
    assert_int_equal(d.hosts[0].port, 587);
    relay_free(k->relay);
    k->relay = NULL;
    k->config.smarthost = S("[example.test]:587");
    d = find(k, "whatever.invalid");
    assert_int_equal(d.n, 1);
    check_str(d.hosts[0].name, S("example.test"));
    relay_free(k->relay);
    k->relay = NULL;
    k->config.smarthost = S("absent.example.test"); /* our own mistake returns no mail */
    d = find(k, "whatever.invalid");
    assert_int_equal(d.n, 1);
}

#define PURE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        PURE(by_preference), PURE(equals_are_shuffled), PURE(our_own_name), PURE(null_mx),
        PURE(literals),      PURE(smarthosts),          TEST(lookups),      TEST(by_smarthost),
    };
    return cmocka_run_group_tests_name("relay_destination", tests, kit_group_begin, kit_group_end);
}
