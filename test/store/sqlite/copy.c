#include "kit.h"

#include "base/limits.h"

/* A message is worth more than its labels: what the target has no room for stays behind. */
static void keywords_without_room_are_left_out(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    store_content c = kit_content(k, kit_message(k, "x"));
    str many[LIMIT_KEYWORDS], own[] = {S("here"), S("k0")};
    uint32_t uid, v;
    for (size_t i = 0; i < LIMIT_KEYWORDS; i++)
        many[i] = arena_strf(&k->a, "k%zu", i);
    assert_ok(store_append(k->s, &k->as_anna, trash, &c, 0, many, LIMIT_KEYWORDS, 0, 0, &uid, &v));
    assert_ok(store_append(k->s, &k->as_anna, inbox, &c, FLAG_SEEN, own, 2, 0, 0, &uid, &v));
    store_uid_pair *pairs;
    store_range all = {1, UINT32_MAX};
    size_t n;
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, false, &k->a, &pairs, &n, &v));
    store_message *m = kit_messages(k, &k->as_anna, trash, 0, &n);
    assert_true(n == 2 && m[1].flags == (FLAG_SEEN | 1 << FLAG_KEYWORD_SHIFT));
    kit_check(k);
}

static void a_move_leaves_the_content_alone(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash");
    for (int i = 0; i < 5; i++)
        kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    kit_trace_begin();
    kit_reopen(k);
    store_uid_pair *pairs;
    store_range all = {1, UINT32_MAX};
    size_t n;
    uint32_t v;
    assert_ok(store_copy(k->s, &k->as_anna, inbox, &all, 1, trash, true, &k->a, &pairs, &n, &v));
    assert_int_equal(kit_trace_of("content (").runs, 0);
    assert_int_equal(kit_trace_of("shared").runs, 0);
    assert_int_equal(kit_trace_of("UPDATE account").runs, 0);
    kit_trace_end();
    kit_check(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(keywords_without_room_are_left_out), CASE(a_move_leaves_the_content_alone)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
