#include "kit.h"

#include "relay/inside.h"

/* Any walk through a message gives its bytes, whatever the steps. */
static void any_steps(void **state) {
    static const size_t sizes[] = {30, 65535, 65536, 65537, 300000};
    static const size_t steps[] = {1000, 32768, 65536, 100000};
    static const principal rules = {.role = ROLE_DELIVER};
    kit *k = *state;
    SCOPED_BUF b, got;
    buf_init(&b, 1 << 20);
    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < 5; i++) {
        buf_clear(&b);
        buf_add(&b, S("Subject: x\r\n\r\n"));
        for (size_t n = 0; b.n < sizes[i]; n++)
            buf_addf(&b, "%zu,", n);
        k->message = str_sub(buf_str(&b), 0, sizes[i]);
        char id[16];
        snprintf(id, sizeof id, "m%zu", i);
        kit_accept(k, id, "bob@example.test", 86400);
        queue_entry *entries;
        size_t n;
        check_ok(queue_claim(k->store, &rules, S("t"), time_wall(), 3600, 1, &k->memory, &entries, &n));
        assert_int_equal(entries[0].size, sizes[i]);
        for (size_t s = 0; s < 4; s++) {
            relay_source source;
            relay_source_init(&source, k->store, entries[0].id);
            buf_clear(&got);
            for (str piece = S("x"); piece.n; buf_add(&got, piece))
                check_ok(relay_source_read(&source, got.n, steps[s], &piece));
            assert_true(str_eq(buf_str(&got), k->message));
            assert_true(!source.failed && source.window_memory.used <= 4 * 65536);
            relay_source_free(&source);
        }
    }
}

static void entry_is_gone(void **state) {
    kit *k = *state;
    relay_source source;
    str piece;
    relay_source_init(&source, k->store, 12345);
    assert_true(failed(relay_source_read(&source, 0, 1000, &piece)));
    assert_true(source.failed);
    relay_source_free(&source);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(any_steps), TEST(entry_is_gone)};
    return cmocka_run_group_tests_name("relay_source", tests, NULL, NULL);
}
