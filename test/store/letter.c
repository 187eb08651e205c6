#include "kit.h"

#include "base/limits.h"
#include "base/mem.h"
#include "store/letter.h"

static err pack_one(kit *k, const store_accepted *m, letters *l) {
    err results[4];
    err e = letters_pack(l, k->s, m, 1, results);
    return e;
}

static void domains_are_keys(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "x"));
    static const char *const pairs[][2] = {
        {"a@Example.COM", "example.com"},
        {"a@example.com.", "example.com"},
        {"a@b@x.example", "x.example"},
        {"a@b\xC3\xBC"
         "cher.example",
         "xn--bcher-kva.example"},
        {"postmaster", ""},
        {"a@[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"},
    };
    enum { N = sizeof pairs / sizeof *pairs };
    store_recipient r[N];
    for (size_t i = 0; i < N; i++)
        r[i] = (store_recipient){str_c(pairs[i][0]), S(""), 0, S("relay")};
    store_accepted m = {.id = S("i"), .content = &c, .recipients = r, .recipients_n = N};
    letters l;
    assert_ok(pack_one(k, &m, &l));
    for (size_t i = 0; i < N; i++)
        assert_str(l.items[0].domains[i], str_c(pairs[i][1]));
    letters_free(&l, true);
}

static void limits(void **state) {
    kit *k = *state;
    store_content c = kit_content(k, kit_message(k, "x"));
    letters l;
    store_accepted m = {.id = S("i"), .content = &c, .recipients_n = LIMIT_RECIPIENTS + 1};
    assert_err(pack_one(k, &m, &l), ERR_PEER, ERR_LIMIT);
    m = (store_accepted){.id = S("i"), .content = &c, .sender = arena_strf(&k->a, "%700s", "x")};
    assert_err(pack_one(k, &m, &l), ERR_PEER, ERR_LIMIT);
    m = (store_accepted){.id = arena_strf(&k->a, "%101s", "x"), .content = &c};
    assert_err(pack_one(k, &m, &l), ERR_PEER, ERR_LIMIT);
    store_content empty = {.raw = S("")};
    m = (store_accepted){.id = S("i"), .content = &empty};
    assert_err(pack_one(k, &m, &l), ERR_PEER, ERR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(domains_are_keys), CASE(limits)};
    kit_backend = kit_backends[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
