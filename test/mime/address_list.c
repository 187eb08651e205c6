#include "base/limits.h"
#include "mime/address.h"
#include "mime_check.h"

/* Items as lines "name|local|domain|route", groups as "name{" and "}"; "!" at the end of a damaged list. */
static void describe(buf *out, const address_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        const address *item = &list->items[i];
        if (i > 0)
            buf_add(out, S(" ; "));
        if (item->kind == ADDRESS_GROUP_START)
            buf_addf(out, "%.*s{", STR_ARG(item->name));
        else if (item->kind == ADDRESS_GROUP_END)
            buf_add(out, S("}"));
        else
            buf_addf(out, "%.*s|%.*s|%.*s|%.*s", STR_ARG(item->name), STR_ARG(item->local), STR_ARG(item->domain),
                     STR_ARG(item->route));
    }
    if (list->damaged)
        buf_add(out, S("!"));
}

static void list_is_str(str text, str expected) {
    SCOPED_ARENA a;
    SCOPED_BUF got;
    arena_init(&a, 100000);
    buf_init(&got, 100000);
    address_list list;
    assert_false(failed(address_list_parse(text, &a, &list)));
    describe(&got, &list);
    assert_str(buf_str(&got), expected);
}

static void list_is(const char *text, const char *expected) { list_is_str(str_c(text), str_c(expected)); }

static void mailboxes(void **state) {
    list_is("a@b", "|a|b|");
    list_is("<a@b>", "|a|b|");
    list_is("Joe <a@b>", "Joe|a|b|");
    list_is(" Joe Q. Doe\t<a.b@c.d> , x@y ", "Joe Q. Doe|a.b|c.d| ; |x|y|");
    list_is("\"Doe, Joe\" <a@b>", "Doe, Joe|a|b|");
    list_is("\"a \\\"b\\\" c\" <a@b>", "a \"b\" c|a|b|");
    list_is("Joe \"Q\" Doe <a@b>", "Joe Q Doe|a|b|");
    list_is("\"\" <a@b>", "|a|b|");
    list_is("Joe<a@b>", "Joe|a|b|");
    list_is("\"a b\"@c", "|a b|c|");
    list_is("X <\"a@b\"@c>", "X|a@b|c|");
    list_is("a@[192.0.2.1]", "|a|[192.0.2.1]|");
    list_is("a@[ IPv6:2001:db8::1 ]", "|a|[IPv6:2001:db8::1]|");
    list_is("", "");
    list_is("  ", "");
    list_is(",, a@b ,,", "|a|b|");
}

static void encoded_words_stay_encoded(void **state) {
    list_is("=?utf-8?q?J=C3=B6?= =?utf-8?q?rg?= <a@b>", "=?utf-8?q?J=C3=B6?= =?utf-8?q?rg?=|a|b|");
    list_is("=?utf-8?q?x=40y?=@b", "|=?utf-8?q?x=40y?=|b|"); /* never decoded into an address */
}

static void utf8_and_raw_bytes(void **state) {
    list_is("J\xc3\xb6rg <j\xc3\xb6@b\xc3\xbc"
            "cher.example>",
            "J\xc3\xb6rg|j\xc3\xb6|b\xc3\xbc"
            "cher.example|");
    list_is("J\xf6rg <a@b>", "J\xf6rg|a|b|");
}

static void comments(void **state) {
    list_is("a@b (Joe Doe)", "Joe Doe|a|b|");
    list_is("a@b (Joe (the) \\) Doe)", "Joe (the) ) Doe|a|b|");
    list_is("(x) a (y) @ (z) b (Joe)", "Joe|a|b|");
    list_is("Joe (hidden) Doe <a@b> (also hidden)", "Joe Doe|a|b|");
    list_is("<a@b> (Joe)", "Joe|a|b|");
    list_is("(only a comment)", "");
    list_is("(x), a@b", "|a|b|");
    list_is("a(x)@b(y).c", "y|a|b.c|");
}

static void folds(void **state) {
    list_is("Joe\r\n Doe\r\n\t<a@b>,\r\n c@d", "Joe Doe|a|b| ; |c|d|");
    list_is("\"Joe\r\n Doe\" <a@b>", "Joe Doe|a|b|");
    list_is("a@b\r\n (Joe)", "Joe|a|b|");
}

static void groups(void **state) {
    list_is("undisclosed-recipients:;", "undisclosed-recipients{ ; }");
    list_is("Friends: a@b, C <c@d>;", "Friends{ ; |a|b| ; C|c|d| ; }");
    list_is("\"A, B\" : a@b ; , x@y", "A, B{ ; |a|b| ; } ; |x|y|");
    list_is("A:;B:;", "A{ ; } ; B{ ; }");
    list_is("A: a@b", "A{ ; |a|b| ; }!");
    list_is("A: B: c@d;", "A{ ; |c|d| ; }!");
    list_is("a@b;", "|a|b|!");
    list_is(": a@b", "|a|b|!");
}

static void obsolete_forms(void **state) {
    list_is("<@x,@y.z:a@b>", "|a|b|@x,@y.z");
    list_is("Joe <@x , , @y : a@b>", "Joe|a|b|@x,@y");
    list_is("a . b @ c . d", "|a.b|c.d|");
    list_is("<a . b @ c . d>", "|a.b|c.d|");
    list_is("\"a\".b@c", "|a.b|c|");
    list_is("J. R. <a@b>", "J. R.|a|b|");
}

static void what_can_be_read_is_there(void **state) {
    list_is("root", "|root||!");
    list_is("Some Body", "Some Body|||!");
    list_is("<>", "|||");
    list_is("Some Body <>", "Some Body|||");
    list_is("<root>", "|root||!");
    list_is("@b", "||b|!");
    list_is("a@", "|a||!");
    list_is("Joe a@b", "Joe|a|b|!");
    list_is("a@b c@d", "|a|b| ; |c|d|!");
    list_is("<a@b> <c@d>", "|a|b| ; |c|d|!");
    list_is("Joe <a@b, c@d", "Joe|a|b| ; |c|d|!");
    list_is("<a@b", "|a|b|!");
    list_is("a@b>", "|a|b|!");
    list_is("a@b (open", "open|a|b|!");
    list_is("\"open <a@b>", "|open <a@b>||!");
    list_is("a)b@c", "|a|| ; |b|c|!");
    list_is("[list] Joe <a@b>", "[list] Joe|a|b|");
    list_is("a@[192.0.2.1", "|a|[192.0.2.1]|!");
    list_is("<a b@c>", "|ab|c|!");
    list_is("<@x a@b>", "|a|b|@x!");
    list_is("a..b.@c", "|a..b.|c|");
}

/* However an address is disguised, the domain is what stands behind the last '@' outside of quotes and comments. */
static void disguised_addresses_have_one_reading(void **state) {
    list_is("a@b@c", "|a@b|c|!");
    list_is("<a@b@c>", "|a@b|c|!");
    list_is("\"a@b\" <c@d>", "a@b|c|d|");
    list_is("a@b <c@d>", "|a|b| ; |c|d|!");
    list_is("<a@b>c@d", "|a|b| ; |c|d|!");
    list_is("(<a@b>) c@d", "<a@b>|c|d|");
    list_is("c@d (a@b)", "a@b|c|d|");
    list_is("\"a@b\"@d", "|a@b|d|");
    list_is("a%b@c", "|a%b|c|");
    list_is("=?utf-8?q?=3Ca=40b=3E?= <c@d>", "=?utf-8?q?=3Ca=40b=3E?=|c|d|");
    list_is_str(S("a@b\0, c@d"), S("|a|b| ; |c|d|"));
    list_is_str(S("a\0@b"), S("|a|b|"));
    list_is_str(S("a@b\n, c@d"), S("|a|b| ; |c|d|"));
    list_is_str(S("a@b\rc@d"), S("|a|b| ; |c|d|!"));
}

static void clean(str s) {
    for (size_t i = 0; i < s.n; i++)
        assert_true(s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != 0);
}

static void check_invariants(str text) {
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    address_list list;
    assert_false(failed(address_list_parse(text, &a, &list)));
    bool group = false;
    for (size_t i = 0; i < list.n; i++) {
        clean(list.items[i].name);
        clean(list.items[i].local);
        clean(list.items[i].domain);
        clean(list.items[i].route);
        assert_true(list.items[i].kind != ADDRESS_GROUP_START || !group);
        assert_true(list.items[i].kind != ADDRESS_GROUP_END || group);
        if (list.items[i].kind != ADDRESS_MAILBOX)
            group = list.items[i].kind == ADDRESS_GROUP_START;
    }
    assert_false(group);
}

/* Any bytes: groups are balanced, nothing carries a line end. */
static void any_bytes_give_a_sound_list(void **state) {
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        SCOPED_BUF in;
        buf_init(&in, 1000);
        for (uint32_t i = pick(&seed, 16); i > 0; i--)
            buf_add(&in,
                    PICK(&seed, S("a"), S("b"), S("."), S("@"), S("<"), S(">"), S(","), S(";"), S(":"), S("\""),
                         S("\\"), S("("), S(")"), S("["), S("]"), S(" "), S("\r\n "), S("\n"), S("\0"), S("\xff")));
        check_invariants(buf_str(&in));
    }
}

static void every_cut_of_a_list_gives_a_sound_list(void **state) {
    str whole = S("Joe \"Q\\\"\" <@a,@b:c . d@[1.2.3.4]> (x (y)), G: a@b, \"c\"@d;, e");
    for (size_t n = 0; n <= whole.n; n++)
        check_invariants(str_sub(whole, 0, n));
}

static void addresses_are_counted(void **state) {
    SCOPED_BUF in;
    SCOPED_ARENA a;
    address_list list;
    buf_init(&in, 1 << 24);
    arena_init(&a, 1 << 26);
    repeat(&in, S("a@b,"), LIMIT_ADDRESSES);
    assert_false(failed(address_list_parse(buf_str(&in), &a, &list)));
    assert_int_equal(list.n, LIMIT_ADDRESSES);
    assert_false(list.damaged);
    buf_add(&in, S("c@d"));
    err e = address_list_parse(buf_str(&in), &a, &list);
    assert_true(e.kind == ERR_PEER && e.what == ERR_LIMIT);
    assert_int_equal(list.n, LIMIT_ADDRESSES); /* those before the limit are there */
    assert_true(list.damaged);
    assert_str(list.items[0].local, S("a"));
}

static void a_spent_arena_keeps_what_was_read(void **state) {
    SCOPED_BUF in;
    buf_init(&in, 10000);
    buf_add(&in, S("G:"));
    repeat(&in, S("a@b,"), 100);
    for (size_t max = 0; max < 9000; max += 7) {
        SCOPED_ARENA a;
        arena_init(&a, max);
        address_list list;
        err e = address_list_parse(buf_str(&in), &a, &list);
        assert_true(failed(e) && e.what == ERR_LIMIT);
        assert_true(list.n == 0 || list.items[list.n - 1].kind == ADDRESS_GROUP_END);
        assert_true(max < 1000 || list.n > 5);
    }
}

static void run_list(str s) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 26);
    address_list list;
    err e = address_list_parse(s, &a, &list);
    assert_true(!failed(e) || e.what == ERR_LIMIT);
}

static void half_a_million_addresses_are_refused_quickly(void **state) {
    SCOPED_BUF in;
    buf_init(&in, 1 << 26);
    repeat(&in, S("Some Body <someone@example.org>,\r\n "), 500000);
    assert_quick(run_list, buf_str(&in), 200000);
}

static void is_linear(void **state) {
    static const str units[] = {{"\"a\" ", 4}, {"(x)", 3}, {"((", 2},   {"a@", 2}, {".", 1},  {"<", 1},    {",", 1},
                                {"\r\n ", 3},  {"[", 1},   {"<@a,", 4}, {"a:", 2}, {"a;", 2}, {"\\\"", 2}, {"a b ", 4}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        assert_linear(run_list, S(""), units[i], S(""));
    assert_linear(run_list, S("<@x"), S(",@x"), S(":a@b>"));
    assert_linear(run_list, S("a@"), S("b."), S("c"));
    assert_linear(run_list, S("<a@b"), S(" x"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailboxes),
        cmocka_unit_test(encoded_words_stay_encoded),
        cmocka_unit_test(utf8_and_raw_bytes),
        cmocka_unit_test(comments),
        cmocka_unit_test(folds),
        cmocka_unit_test(groups),
        cmocka_unit_test(obsolete_forms),
        cmocka_unit_test(what_can_be_read_is_there),
        cmocka_unit_test(disguised_addresses_have_one_reading),
        cmocka_unit_test(any_bytes_give_a_sound_list),
        cmocka_unit_test(every_cut_of_a_list_gives_a_sound_list),
        cmocka_unit_test(addresses_are_counted),
        cmocka_unit_test(a_spent_arena_keeps_what_was_read),
        cmocka_unit_test(half_a_million_addresses_are_refused_quickly),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("address_list", tests, NULL, NULL);
}
