#include "base/utf8.h"
#include "mime/address.h"
#include "mime_check.h"

static void domain_is(str domain, str key) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    assert_str(domain_key(domain, &a), key);
}

static void is_no_domain(str domain) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    str key = domain_key(domain, &a);
    if (key.p)
        fail_msg("\"%.*s\" gave \"%.*s\"", STR_ARG(domain), STR_ARG(key));
}

static void domains_are_lower_case_a_labels(void **state) {
    domain_is(S("Example.ORG"), S("example.org"));
    domain_is(S("localhost"), S("localhost"));
    domain_is(S("example.org."), S("example.org"));
    domain_is(S("1a.2b.c3"), S("1a.2b.c3"));
    domain_is(S("r3---x.example"), S("r3---x.example"));
    domain_is(S("xn--Bcher-KVA.example"), S("xn--bcher-kva.example"));
    domain_is(S("b\xc3\xbc"
                "cher.example"),
              S("xn--bcher-kva.example"));
    domain_is(S("B\xc3\x9c"
                "CHER.example"),
              S("xn--bcher-kva.example"));
    domain_is(S("bu\xcc\x88"
                "cher.example"),
              S("xn--bcher-kva.example"));                                      /* u and combining diaeresis */
    domain_is(S("fa\xc3\x9f.de"), S("xn--fa-hia.de"));                          /* non-transitional */
    domain_is(S("\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b"), S("xn--fsq.xn--fsq")); /* ideographic full stop */
    domain_is(S("\xef\xbc\xa1.example"), S("a.example"));                       /* full-width A */
}

static void what_is_no_domain(void **state) {
    is_no_domain(S(""));
    is_no_domain(S("."));
    is_no_domain(S(".a"));
    is_no_domain(S("a.."));
    is_no_domain(S("a..b"));
    is_no_domain(S("-a"));
    is_no_domain(S("a-"));
    is_no_domain(S("a-.b"));
    is_no_domain(S("a_b"));
    is_no_domain(S("a b"));
    is_no_domain(S("a@b"));
    is_no_domain(S("a/b"));
    is_no_domain(S("a\0b"));
    is_no_domain(S("a\nb"));
    is_no_domain(S("192.0.2.1"));
    is_no_domain(S("[192.0.2.1]"));
    is_no_domain(S("123"));
    is_no_domain(S("\xe9.example"));
    is_no_domain(S("\xc3\xa9\0.example"));
    is_no_domain(S("\xe2\x84\x80.example")); /* "a/c" as one character */
    is_no_domain(S("a\xe2\x80\xae.example"));
    is_no_domain(S("\xef\xbc\xa0.example")); /* full-width @ */
}

static void lengths_are_limited(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF name;
    arena_init(&a, 100000);
    buf_init(&name, 100000);
    repeat(&name, S("a"), 63);
    assert_non_null(domain_key(buf_str(&name), &a).p);
    buf_add(&name, S("a"));
    assert_null(domain_key(buf_str(&name), &a).p);
    buf_clear(&name);
    repeat(&name, S("abcdefgh1."), 25);
    buf_add(&name, S("abc")); /* 253 */
    assert_non_null(domain_key(buf_str(&name), &a).p);
    buf_add(&name, S("d"));
    assert_null(domain_key(buf_str(&name), &a).p);
    buf_clear(&name);
    repeat(&name, S("\xc3\xa9"), 40000);
    assert_null(domain_key(buf_str(&name), &a).p);
}

static void key_is(str text, str key) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    assert_false(failed(address_parse(text, true, &a, &spec)));
    assert_str(address_key(&spec, &a), key);
}

static void equal_addresses_have_one_key(void **state) {
    key_is(S("John@Example.ORG"), S("john@example.org"));
    key_is(S("\"john\"@example.org."), S("john@example.org"));
    key_is(S("\"jo\\hn\"@example.org"), S("john@example.org"));
    key_is(S("\"a b\"@example.org"), S("a b@example.org"));
    key_is(S("\"x@y\"@example.org"), S("x@y@example.org"));
    key_is(S("\xc3\x89t\xc3\xa9@b\xc3\xbc"
             "cher.example"),
           S("\xc3\xa9t\xc3\xa9@xn--bcher-kva.example"));
    key_is(S("e\xcc\x81t\xc3\xa9@a.example"), S("\xc3\xa9t\xc3\xa9@a.example")); /* e and combining acute */
    key_is(S("stra\xc3\x9f"
             "e@a.example"),
           S("strasse@a.example"));
    key_is(S("\"\"@a.example"), S("@a.example"));
}

static void addresses_without_a_domain_name_have_no_key(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    const addr_spec none[] = {
        {.local = S(""), .domain = S("")},
        {.local = S("postmaster"), .domain = S("")},
        {.local = S("a"), .domain = S("[192.0.2.1]"), .literal = true},
        {.local = S("\xff"), .domain = S("a.example")},
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(address_key(&none[i], &a).p);
}

/* A key stays what it is when it is made a key again. */
static void keys_are_stable(void **state) {
    uint64_t seed = 11;
    for (int i = 0; i < 2000; i++) {
        SCOPED_ARENA a;
        SCOPED_BUF local, domain;
        arena_init(&a, 100000);
        buf_init(&local, 1000);
        buf_init(&domain, 1000);
        for (uint32_t k = 1 + pick(&seed, 8); k > 0; k--) {
            utf8_add(&local, pick(&seed, 3) ? 0xC0 + pick(&seed, 0x400) : 'A' + pick(&seed, 26));
            utf8_add(&domain, pick(&seed, 3) ? 0xC0 + pick(&seed, 0x200) : 'A' + pick(&seed, 26));
        }
        addr_spec spec = {.local = buf_str(&local), .domain = buf_str(&domain)};
        str domain_once = domain_key(spec.domain, &a);
        if (!domain_once.p)
            continue;
        assert_str(domain_key(domain_once, &a), domain_once);
        str once = address_key(&spec, &a);
        addr_spec again = {.local = str_sub(once, 0, once.n - domain_once.n - 1), .domain = domain_once};
        assert_str(address_key(&again, &a), once);
    }
}

static void a_spent_arena_gives_no_key(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 40);
    addr_spec spec = {.local = S("a-long-local-part"), .domain = S("example.org")};
    assert_null(address_key(&spec, &a).p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_are_lower_case_a_labels),
        cmocka_unit_test(what_is_no_domain),
        cmocka_unit_test(lengths_are_limited),
        cmocka_unit_test(equal_addresses_have_one_key),
        cmocka_unit_test(addresses_without_a_domain_name_have_no_key),
        cmocka_unit_test(keys_are_stable),
        cmocka_unit_test(a_spent_arena_gives_no_key),
    };
    return cmocka_run_group_tests_name("address_key", tests, NULL, NULL);
}
