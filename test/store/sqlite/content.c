#include "kit.h"

#include "base/buf.h"

static void owners_are_counted_only_when_there_are_several(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM shared"), 0);
    store_uid_pair *pairs;
    store_range all = {1, UINT32_MAX}, *gone;
    size_t n;
    uint32_t v;
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, false, &k->a, &pairs, &n, &v));
    assert_int_equal(kit_int(k, "SELECT refs FROM shared"), 2);
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, false, &k->a, &pairs, &n, &v));
    assert_int_equal(kit_int(k, "SELECT refs FROM shared"), 3);
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, true, &k->a, &pairs, &n, &v));
    assert_int_equal(kit_int(k, "SELECT refs FROM shared"), 3);
    all = (store_range){1, 2};
    assert_ok(store_expunge(k->s, &k->as_anna, trash, &all, 1, true, &k->a, &gone, &n));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM shared"), 0);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 1);
    assert_ok(store_expunge(k->s, &k->as_anna, trash, NULL, 0, true, &k->a, &gone, &n));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 0);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM summary"), 0);
}

static void long_texts_are_chunks(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    SCOPED_BUF raw;
    buf_init(&raw, 2 << 20);
    buf_add(&raw, S("Subject: long\r\n\r\n"));
    while (raw.n < 600000)
        buf_addf(&raw, "line %zu\r\n", raw.n);
    kit_append(k, &k->as_anna, inbox, buf_str(&raw));
    assert_int_equal(kit_int(k, "SELECT chunks FROM content"), 5);
    assert_int_equal(kit_int(k, "SELECT count(*) FROM chunk"), 4); /* the first lies in the row itself */
    assert_true(kit_int(k, "SELECT sum(length(body)) FROM chunk") < 300000);
    store_range *gone;
    size_t n;
    assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
    assert_int_equal(kit_int(k, "SELECT count(*) FROM chunk"), 0);
}

/* A number that came back could show one message in place of another to whoever still holds it. */
static void content_numbers_are_not_used_again(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), last = 0;
    for (int i = 0; i < 3; i++) {
        kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
        size_t n;
        store_message *m = kit_messages(k, &k->as_anna, inbox, 0, &n);
        assert_true(m->content > last);
        last = m->content;
        store_range *gone;
        assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(owners_are_counted_only_when_there_are_several),
                                       CASE(long_texts_are_chunks), CASE(content_numbers_are_not_used_again)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
