#include "mime/address.h"
#include "mime/word.h"
#include "mime_check.h"

static void spec_prints(str local, str domain, str expected) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    addr_spec spec = {.local = local, .domain = domain};
    assert_true(address_print(&out, &spec));
    assert_str(buf_str(&out), expected);
}

static void quotes_where_needed(void **state) {
    spec_prints(S("a.b+c"), S("d.e"), S("a.b+c@d.e"));
    spec_prints(S("a b"), S("d"), S("\"a b\"@d"));
    spec_prints(S("a@b"), S("d"), S("\"a@b\"@d"));
    spec_prints(S("a\"\\"), S("d"), S("\"a\\\"\\\\\"@d"));
    spec_prints(S("a..b"), S("d"), S("\"a..b\"@d"));
    spec_prints(S(""), S("d"), S("\"\"@d"));
    spec_prints(S(""), S(""), S(""));
    spec_prints(S("postmaster"), S(""), S("postmaster"));
    spec_prints(S("\xc3\xa9"), S("[192.0.2.1]"), S("\xc3\xa9@[192.0.2.1]"));
}

static void line_ends_and_nul_are_refused(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    const addr_spec bad[] = {
        {.local = S("a\r"), .domain = S("d")}, {.local = S("a\n"), .domain = S("d")},
        {.local = S("a\0"), .domain = S("d")}, {.local = S("a"), .domain = S("d\r\n")},
        {.local = S("a"), .domain = S("d\0")}, {.local = S("a"), .domain = S("d e")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(address_print(&out, &bad[i]));
}

static void spec_round_trip(void **state) {
    uint64_t seed = 9;
    for (int round = 0; round < 5000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF local, out;
        arena_init(&a, 10000);
        buf_init(&local, 100);
        buf_init(&out, 1000);
        for (uint32_t i = pick(&seed, 8); i > 0; i--)
            buf_add(&local,
                    PICK(&seed, S("a"), S("."), S("\""), S("\\"), S("@"), S(" "), S(">"), S("\xc3\xa9"), S("-")));
        addr_spec spec = {.local = buf_str(&local), .domain = PICK(&seed, S("a.example"), S("[192.0.2.1]"), S("b"))},
                  back;
        assert_true(address_print(&out, &spec));
        assert_false(failed(address_parse(buf_str(&out), true, &a, &back)));
        assert_str(back.local, spec.local);
        assert_str(back.domain, spec.domain);
    }
}

static void list_prints(const char *in, const char *expected) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    arena_init(&a, 10000);
    buf_init(&out, 10000);
    address_list list;
    assert_false(failed(address_list_parse(str_c(in), &a, &list)));
    assert_true(address_list_print(&out, &list));
    assert_str(buf_str(&out), str_c(expected));
}

static void lists(void **state) {
    list_prints("Joe Doe <a@b>,c@d", "Joe Doe <a@b>, c@d");
    list_prints("\"Doe, Joe\" <a@b>", "\"Doe, Joe\" <a@b>");
    list_prints("c@d (Joe. (x))", "\"Joe. (x)\" <c@d>");
    list_prints("G : a@b , c@d ; , e@f", "G: a@b, c@d;, e@f");
    list_prints("undisclosed-recipients:;", "undisclosed-recipients: ;");
    list_prints("<@x,@y:a@b>", "<@x,@y:a@b>");
    list_prints("\"a b\"@c", "\"a b\"@c");
    list_prints("X <>", "X <>");
    list_prints("", "");
}

static void names_are_encoded_when_they_must(void **state) {
    list_prints("J\xc3\xb6rg <a@b>", "=?utf-8?Q?J=C3=B6rg?= <a@b>");
    list_prints("=?utf-8?q?J=C3=B6rg?= Doe <a@b>", "=?utf-8?q?J=C3=B6rg?= Doe <a@b>");
    /* quotes would keep the words from being decoded */
    list_prints("\"=?utf-8?q?J=C3=B6rg?=, X\" <a@b>", "=?utf-8?Q?J=C3=B6rg=2C_X?= <a@b>");
}

static bool same(const address *x, const address *y) {
    SCOPED_BUF name_x, name_y;
    buf_init(&name_x, 10000);
    buf_init(&name_y, 10000);
    word_decode(&name_x, x->name);
    word_decode(&name_y, y->name);
    return x->kind == y->kind && str_eq(buf_str(&name_x), buf_str(&name_y)) && str_eq(x->local, y->local) &&
           str_eq(x->domain, y->domain) && str_eq(x->route, y->route);
}

static void random_list(uint64_t *seed, address *items, address_list *list) {
    bool group = false;
    *list = (address_list){.items = items};
    for (uint32_t i = pick(seed, 6); i > 0; i--) {
        if (!group && pick(seed, 4) == 0) {
            items[list->n++] =
                (address){.kind = ADDRESS_GROUP_START, .name = PICK(seed, S("G"), S("A, B"), S("\xc3\xa9"))};
            group = true;
        }
        items[list->n++] = (address){
            .kind = ADDRESS_MAILBOX,
            .name = PICK(seed, S(""), S("Joe"), S("Joe Q. Doe"), S("a\"b\\c"), S("\xc3\xa9t\xc3\xa9, x"), S("(x)"),
                         S("a  b"), S("a@b"), S("=?x"), S("\xe2\x82\xac uro <>;:")),
            .local = PICK(seed, S("a"), S("a.b"), S("a b"), S("a@b"), S("\""), S("\xc3\xa9"), S("..")),
            .domain = PICK(seed, S("c.example"), S("[192.0.2.1]"),
                           S("b\xc3\xbc"
                             "cher.example")),
            .route = PICK(seed, S(""), S(""), S("@x,@y")),
        };
        if (group && pick(seed, 3) == 0) {
            items[list->n++] = (address){.kind = ADDRESS_GROUP_END};
            group = false;
        }
    }
    if (group)
        items[list->n++] = (address){.kind = ADDRESS_GROUP_END};
}

static void list_round_trip(void **state) {
    uint64_t seed = 13;
    for (int round = 0; round < 3000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF out;
        address items[32];
        address_list list, back;
        arena_init(&a, 100000);
        buf_init(&out, 100000);
        random_list(&seed, items, &list);
        assert_true(address_list_print(&out, &list));
        assert_false(failed(address_list_parse(buf_str(&out), &a, &back)));
        assert_int_equal(back.n, list.n);
        assert_false(back.damaged);
        for (size_t i = 0; i < list.n; i++)
            if (!same(&list.items[i], &back.items[i]))
                fail_msg("%.*s", STR_ARG(buf_str(&out)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_where_needed),
        cmocka_unit_test(line_ends_and_nul_are_refused),
        cmocka_unit_test(spec_round_trip),
        cmocka_unit_test(lists),
        cmocka_unit_test(names_are_encoded_when_they_must),
        cmocka_unit_test(list_round_trip),
    };
    return cmocka_run_group_tests_name("address_print", tests, NULL, NULL);
}
