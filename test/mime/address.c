#include "base/limits.h"
#include "mime/address.h"
#include "mime_check.h"

static void path_is(str text, str local, str domain, str behind) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    str rest;
    err e = address_path(text, true, &a, &spec, &rest);
    if (failed(e))
        fail_msg("%.*s: %s", STR_ARG(text), e.text);
    assert_str(spec.local, local);
    assert_str(spec.domain, domain);
    assert_str(rest, behind);
}

static void path_is_bad(str text) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    str rest;
    err e = address_path(text, true, &a, &spec, &rest);
    if (!failed(e))
        fail_msg("read: %.*s", STR_ARG(text));
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, ERR_SYNTAX);
}

static void paths(void **state) {
    path_is(S("<a@b.example> SIZE=1"), S("a"), S("b.example"), S(" SIZE=1"));
    path_is(S("<John.Doe+tag@Example.ORG>"), S("John.Doe+tag"), S("Example.ORG"), S(""));
    path_is(S("<!#$%&'*+-/=?^_`{|}~@x>"), S("!#$%&'*+-/=?^_`{|}~"), S("x"), S(""));
    path_is(S("<a@x-y.1a.b>>"), S("a"), S("x-y.1a.b"), S(">"));
}

static void empty_path_and_postmaster_have_no_domain(void **state) {
    path_is(S("<>"), S(""), S(""), S(""));
    path_is(S("<> BODY=8BITMIME"), S(""), S(""), S(" BODY=8BITMIME"));
    path_is(S("<postmaster>"), S("postmaster"), S(""), S(""));
    path_is(S("<PostMaster>"), S("PostMaster"), S(""), S(""));
    path_is_bad(S("<root>"));
    path_is_bad(S("<@>"));
    path_is_bad(S("<@b>"));
    path_is_bad(S("<a@>"));
}

static void quoted_local_parts(void **state) {
    path_is(S("<\"a b\"@c>"), S("a b"), S("c"), S(""));
    path_is(S("<\"a\\\"b\\\\c\"@c>"), S("a\"b\\c"), S("c"), S(""));
    path_is(S("<\"a\\bc\"@c>"), S("abc"), S("c"), S(""));
    path_is(S("<\"\"@c>"), S(""), S("c"), S(""));
    path_is(S("<\"a>b\"@c>x"), S("a>b"), S("c"), S("x"));
    path_is_bad(S("<\"a@c>"));
    path_is_bad(S("<\"a\"b@c>"));
    path_is_bad(S("<a\"b\"@c>"));
    path_is_bad(S("<\"a\"\"b\"@c>"));
    path_is_bad(S("<\"a\\"));
    path_is_bad(S("<\"a\tb\"@c>"));
}

static void address_literals(void **state) {
    path_is(S("<a@[192.0.2.1]>"), S("a"), S("[192.0.2.1]"), S(""));
    path_is(S("<a@[IPv6:2001:db8::1]>"), S("a"), S("[IPv6:2001:db8::1]"), S(""));
    path_is(S("<a@[ipv6:::ffff:192.0.2.1]>"), S("a"), S("[ipv6:::ffff:192.0.2.1]"), S(""));
    path_is_bad(S("<a@[]>"));
    path_is_bad(S("<a@[192.0.2]>"));
    path_is_bad(S("<a@[192.0.2.256]>"));
    path_is_bad(S("<a@[2001:db8::1]>"));
    path_is_bad(S("<a@[IPv6:192.0.2.1]>"));
    path_is_bad(S("<a@[tag:content]>"));
    path_is_bad(S("<a@[192.0.2.1>"));
    path_is_bad(S("<a@[192.0.2.1].b>"));
    path_is_bad(S("<a@b.[192.0.2.1]>"));
    path_is_bad(S("<a@[192.0.2.1\0]>"));
    path_is_bad(S("<a@[192.0.2.1\r\n]>"));
}

static void literal_and_utf8_are_told(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    assert_false(failed(address_parse(S("a@[192.0.2.1]"), false, &a, &spec)));
    assert_true(spec.literal && !spec.utf8);
    assert_false(failed(address_parse(S("a@b"), true, &a, &spec)));
    assert_true(!spec.literal && !spec.utf8);
    assert_false(failed(address_parse(S("\xc3\xa9@b"), true, &a, &spec)));
    assert_true(spec.utf8);
    assert_false(failed(address_parse(S("a@b\xc3\xbc"
                                        "cher.example"),
                                      true, &a, &spec)));
    assert_true(spec.utf8);
}

static void utf8_needs_permission_and_must_be_valid(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    err e = address_parse(S("\xc3\xa9@b"), false, &a, &spec);
    assert_true(e.kind == ERR_PEER && e.what == ERR_UNSUPPORTED);
    path_is_bad(S("<\xe9@b>"));
    path_is_bad(S("<a@b\xe9>"));
    path_is_bad(S("<\"\xc3\"@b>"));
    path_is_bad(S("<a\xc2\x85"
                  "b@c>")); /* C1: next line */
    path_is_bad(S("<a\xe2\x80\xa8"
                  "b@c>")); /* line separator */
    path_is_bad(S("<a\xe2\x80\xae"
                  "b@c>")); /* right-to-left override */
}

static void source_routes_are_dropped(void **state) {
    path_is(S("<@a.example:b@c>"), S("b"), S("c"), S(""));
    path_is(S("<@a,@b.example,@[192.0.2.1]:b@c> x"), S("b"), S("c"), S(" x"));
    path_is(S("<@a:postmaster>"), S("postmaster"), S(""), S(""));
    path_is_bad(S("<@a:>"));
    path_is_bad(S("<@a>"));
    path_is_bad(S("<@a b@c>"));
    path_is_bad(S("<@a,b@c>"));
    path_is_bad(S("<@a,:b@c>"));
    path_is_bad(S("<@:b@c>"));
    path_is_bad(S("<@a:@b:c@d>"));
    path_is_bad(S("<,@a:c@d>"));
}

static void domains(void **state) {
    path_is(S("<a@b.>"), S("a"), S("b"), S("")); /* the root's dot names the same host */
    path_is_bad(S("<a@b..>"));
    path_is_bad(S("<a@.b>"));
    path_is_bad(S("<a@b..c>"));
    path_is_bad(S("<a@.>"));
    path_is_bad(S("<a@-b>"));
    path_is_bad(S("<a@b->"));
    path_is_bad(S("<a@b.-c.d>"));
    path_is_bad(S("<a@b_c>"));
    path_is_bad(S("<a@b c>"));
    path_is_bad(S("<a@192.0.2.1>"));
    path_is_bad(S("<a@b.123>"));
}

/* What strangers try to be relayed with. Each must be refused, or be an address at the domain after the last '@'
 * with everything else in the local part: there is no second way to read it. */
static void relay_tricks_have_one_reading(void **state) {
    path_is(S("<victim%remote.example@local.example>"), S("victim%remote.example"), S("local.example"), S(""));
    path_is(S("<remote.example!victim@local.example>"), S("remote.example!victim"), S("local.example"), S(""));
    path_is(S("<a!b!victim%remote@local.example>"), S("a!b!victim%remote"), S("local.example"), S(""));
    path_is(S("<\"victim@remote.example\"@local.example>"), S("victim@remote.example"), S("local.example"), S(""));
    path_is(S("<\"victim@remote.example@x\"@local.example>"), S("victim@remote.example@x"), S("local.example"), S(""));
    path_is(S("<\"victim%remote.example\"@[192.0.2.1]>"), S("victim%remote.example"), S("[192.0.2.1]"), S(""));
    path_is(S("<@local.example:victim@remote.example>"), S("victim"), S("remote.example"), S(""));
    path_is(S("<@remote.example:victim@local.example>"), S("victim"), S("local.example"), S(""));
    path_is(S("<@local.example,@x:\"a@b\"@remote.example>"), S("a@b"), S("remote.example"), S(""));
    path_is(S("<victim@remote.example.>"), S("victim"), S("remote.example"), S(""));
    path_is(S("<\"victim@remote.example\\\"\"@local.example>"), S("victim@remote.example\""), S("local.example"),
            S(""));
}

/* What a lenient parser would read as an address somewhere else. */
static const char *const relay_tricks[] = {
    "<..victim@local.example>",
    "<victim.@local.example>",
    "<victim@remote.example@local.example>",
    "<victim@remote.example,x@local.example>",
    "victim@remote.example",
    "<victim@remote.example%local.example>",
    "<victim@[remote.example]>",
    "<\"victim\"remote.example@local.example>",
    "<victim@remote.example:local.example>",
    "<victim(@local.example)@remote.example>",
    "< victim@remote.example>",
    "<victim@remote.example >",
    "<victim @remote.example>",
    "<victim@ remote.example>",
    "<<victim@remote.example>>",
    "<victim@remote.example><x@local.example>x@y",
    "<\"victim@remote.example>",
    "<victim\\@remote.example@local.example>",
    "<:victim@remote.example>",
    "<;victim@remote.example>",
    "<victim@remote.example;>",
    "<victim@/etc/passwd>",
    "<|/bin/sh@>",
    "<victim@local.example@>",
    "<@@local.example>",
    "<@local.example@remote.example:victim>",
    "<victim@\"remote.example\">",
    "<victim@remote\\.example>",
    "<victim@[192.0.2.1]remote.example>",
    "<victim@remote.example%00local.example>",
    "<\"\"victim@remote.example>",
    "<victim\"@remote.example\">",
};

static void relay_tricks_that_are_refused(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    addr_spec spec;
    str rest = S("");
    for (size_t i = 0; i < sizeof relay_tricks / sizeof *relay_tricks; i++)
        if (!failed(address_path(str_c(relay_tricks[i]), true, &a, &spec, &rest)) && rest.n == 0)
            fail_msg("read: %s", relay_tricks[i]);
}

static void control_bytes_are_refused(void **state) {
    for (int c = 0; c < 256; c++) {
        char texts[][8] = {"<aX@c>", "<a@cX>", "<\"X\"@c>"};
        for (size_t i = 0; i < 3; i++) {
            texts[i][strcspn(texts[i], "X")] = (char)c;
            SCOPED_ARENA a;
            arena_init(&a, 1000);
            addr_spec spec;
            str rest;
            bool read = !failed(address_path(str_of(texts[i], i == 2 ? 7 : 6), false, &a, &spec, &rest)) && rest.n == 0;
            if (c < 32 || c >= 127)
                assert_false(read);
        }
    }
}

static err parse_lengths(size_t local, size_t label, size_t labels) {
    SCOPED_BUF text;
    SCOPED_ARENA a;
    buf_init(&text, 10000);
    arena_init(&a, 10000);
    repeat(&text, S("a"), local);
    buf_add(&text, S("@"));
    for (size_t i = 0; i < labels; i++) {
        buf_add(&text, i ? S(".") : S(""));
        repeat(&text, S("b"), label);
    }
    addr_spec spec;
    return address_parse(buf_str(&text), false, &a, &spec);
}

static void lengths_are_limited(void **state) {
    assert_false(failed(parse_lengths(64, 63, 1)));
    assert_true(failed(parse_lengths(64, 64, 1)));
    assert_false(failed(parse_lengths(64, 50, 5)));  /* 254 bytes */
    assert_true(failed(parse_lengths(64, 50, 6)));   /* 305 */
    assert_true(failed(parse_lengths(66, 50, 5)));   /* 321 in all */
    assert_false(failed(parse_lengths(100, 50, 1))); /* longer than 64, as bounce addresses are: RFC 5321 4.5.3.1 */
    assert_true(failed(parse_lengths(LIMIT_ADDRESS, 3, 1)));
    assert_true(failed(parse_lengths(100000, 3, 1)));
}

static void parse_takes_the_whole_text(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    assert_false(failed(address_parse(S("a@b"), false, &a, &spec)));
    assert_false(failed(address_parse(S("postmaster"), false, &a, &spec)));
    assert_false(failed(address_parse(S(""), false, &a, &spec)));
    assert_int_equal(spec.local.n + spec.domain.n, 0);
    assert_true(failed(address_parse(S("a@b "), false, &a, &spec)));
    assert_true(failed(address_parse(S(" a@b"), false, &a, &spec)));
    assert_true(failed(address_parse(S("<a@b>"), false, &a, &spec)));
    assert_true(failed(address_parse(S("@x:a@b"), false, &a, &spec)));
    assert_true(failed(address_parse(S("a"), false, &a, &spec)));
    assert_true(failed(address_parse(S("a@b,c@d"), false, &a, &spec)));
}

/* No beginning of an address is taken for the whole of it. */
static void a_cut_path_is_refused(void **state) {
    str whole = S("<@a,@b:\"x y\\\"z\"@sub.example>");
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    addr_spec spec;
    str rest;
    for (size_t n = 0; n < whole.n; n++)
        assert_true(failed(address_path(str_sub(whole, 0, n), false, &a, &spec, &rest)));
    assert_false(failed(address_path(whole, false, &a, &spec, &rest)));
}

static void a_spent_arena_is_an_error(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 0);
    addr_spec spec;
    assert_int_equal(address_parse(S("\"a\\b\"@c"), false, &a, &spec).what, ERR_LIMIT);
}

static void run_path(str s) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 26);
    addr_spec spec;
    str rest;
    if (!failed(address_path(s, true, &a, &spec, &rest)))
        assert_true(s.n < 1000);
}

static void is_linear(void **state) {
    assert_linear(run_path, S("<"), S("a"), S("@b>"));
    assert_linear(run_path, S("<\""), S("\\\""), S("\"@b>"));
    assert_linear(run_path, S("<"), S("@a,"), S("@a:x>"));
    assert_linear(run_path, S("<a@"), S("b."), S("c>"));
    assert_linear(run_path, S("<\xc3\xa9@"), S("\xc3\xa9"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(empty_path_and_postmaster_have_no_domain),
        cmocka_unit_test(quoted_local_parts),
        cmocka_unit_test(address_literals),
        cmocka_unit_test(literal_and_utf8_are_told),
        cmocka_unit_test(utf8_needs_permission_and_must_be_valid),
        cmocka_unit_test(source_routes_are_dropped),
        cmocka_unit_test(domains),
        cmocka_unit_test(relay_tricks_have_one_reading),
        cmocka_unit_test(relay_tricks_that_are_refused),
        cmocka_unit_test(control_bytes_are_refused),
        cmocka_unit_test(lengths_are_limited),
        cmocka_unit_test(parse_takes_the_whole_text),
        cmocka_unit_test(a_cut_path_is_refused),
        cmocka_unit_test(a_spent_arena_is_an_error),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
