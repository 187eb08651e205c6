#include "mail/forward.h"

#include "../net/check.h"
#include "base/limits.h"
#include "house.h"

static house h;

static int setup(void **state) {
    house_init(&h);
    return 0;
}

static int teardown(void **state) {
    house_free(&h);
    return 0;
}

static mail_plan expand(mail_envelope *e, const char *const *to) {
    mail_plan plan;
    e->recipients = arena_array(&h.memory, 16, sizeof *e->recipients);
    for (e->recipients_n = 0; to[e->recipients_n]; e->recipients_n++)
        e->recipients[e->recipients_n] = house_route(&h, to[e->recipients_n]);
    check_ok(mail_expand(&h.mail, e, &h.memory, &plan));
    return plan;
}

#define EXPAND(e, ...) expand(e, (const char *const[]){__VA_ARGS__, NULL})

static void one_each(void **state) {
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "user@demo.test", "a@bar.example", "x@catch.test");
    check_size(plan.n, 3);
    check_size(plan.links_n, 3);
    assert_int_equal(plan.copies[0].kind, COPY_LOCAL);
    assert_true(plan.copies[0].account == h.user);
    check_str(plan.copies[0].address, S("user@demo.test"));
    check_str(plan.copies[0].original, S(""));
    assert_int_equal(plan.copies[1].kind, COPY_REMOTE);
    check_str(plan.copies[1].address, S("a@bar.example"));
    assert_int_equal(plan.copies[2].kind, COPY_LOCAL);
}

static void a_list(void **state) {
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "list@demo.test");
    check_size(plan.n, 3);
    check_str(plan.copies[2].address, S("friend@elsewhere.example"));
    check_str(plan.copies[2].original, S("rfc822;list@demo.test")); /* what the sender wrote */
    assert_int_equal(plan.copies[2].kind, COPY_REMOTE);
}

/* Whoever is named twice, or reached in two ways, gets one copy. */
static void duplicates_are_folded(void **state) {
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "user@demo.test", "list@demo.test", "USER+x@demo.test", "Friend@elsewhere.example",
                            "friend@ELSEWHERE.example");
    check_size(plan.n, 3);
    check_size(plan.links_n, 1 + 3 + 1 + 1 + 1);
    for (size_t i = 1; i < plan.links_n; i++)
        assert_true(plan.links[i].recipient >= plan.links[i - 1].recipient);
}

static void loops_end(void **state) {
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "loop1@demo.test");
    check_size(plan.n, 1);
    assert_int_equal(plan.copies[0].kind, COPY_FAILED);
    assert_int_equal(plan.copies[0].result.what, ERR_CONFLICT);
    /* one that comes back to itself after having delivered is fine */
    house_add(&h, "round@demo.test", (const char *const[]){"user@demo.test", "round@demo.test"}, 2);
    plan = EXPAND(&e, "round@demo.test");
    check_size(plan.n, 1);
    assert_int_equal(plan.copies[0].kind, COPY_LOCAL);
    /* a catch-all that forwards into its own domain */
    house_add(&h, "@demo.test", (const char *const[]){"nobody@demo.test"}, 1);
    plan = EXPAND(&e, "whatever@demo.test");
    check_size(plan.n, 1);
    assert_int_equal(plan.copies[0].kind, COPY_FAILED);
}

static void levels_end(void **state) {
    for (size_t i = 0; i < 15; i++) {
        const char *next = arena_cstr(&h.memory, arena_strf(&h.memory, "level%zu@demo.test", i + 1));
        const char *key = arena_cstr(&h.memory, arena_strf(&h.memory, "level%zu@demo.test", i));
        house_add(&h, key, (const char *const[]){i == 14 ? "user@demo.test" : next}, 1);
    }
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "level5@demo.test"); /* ten levels */
    check_size(plan.n, 1);
    assert_int_equal(plan.copies[0].kind, COPY_LOCAL);
    plan = EXPAND(&e, "level4@demo.test");
    check_size(plan.n, 1);
    assert_int_equal(plan.copies[0].kind, COPY_FAILED);
    assert_int_equal(plan.copies[0].result.what, ERR_CONFLICT);
}

static void broken_members(void **state) {
    house_add(&h, "team@demo.test", (const char *const[]){"gone@demo.test", "off@demo.test", "user@demo.test"}, 3);
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "team@demo.test");
    check_size(plan.n, 3);
    assert_int_equal(plan.copies[0].kind, COPY_FAILED);
    assert_int_equal(plan.copies[0].result.what, ERR_NOT_FOUND);
    check_str(plan.copies[0].address, S("gone@demo.test"));
    assert_int_equal(plan.copies[1].result.what, ERR_CLOSED);
    assert_int_equal(plan.copies[2].kind, COPY_LOCAL);
}

/* RFC 3461 5.2.1: what was asked for a recipient holds for where he is forwarded to. */
static void wishes_go_along(void **state) {
    mail_envelope e = {0};
    mail_plan plan;
    e.recipients = arena_array(&h.memory, 1, sizeof *e.recipients);
    e.recipients[0] = house_route(&h, "list@demo.test");
    e.recipients[0].notify = NOTIFY_NEVER;
    e.recipients[0].original = S("rfc822;first@bar.example");
    e.recipients_n = 1;
    check_ok(mail_expand(&h.mail, &e, &h.memory, &plan));
    for (size_t i = 0; i < plan.n; i++) {
        assert_int_equal(plan.copies[i].notify, NOTIFY_NEVER);
        check_str(plan.copies[i].original, S("rfc822;first@bar.example"));
    }
}

/* Lists of lists: the work stays in proportion, and the budget is an ordinary error. */
static void large_lists(void **state) {
    static const char *members[LIMIT_FORWARDS];
    for (size_t list = 0; list < 3; list++) {
        for (size_t i = 0; i < LIMIT_FORWARDS; i++)
            members[i] = arena_cstr(&h.memory, arena_strf(&h.memory, "m%zu.%zu@bar.example", list, i));
        house_add(&h, arena_cstr(&h.memory, arena_strf(&h.memory, "big%zu@demo.test", list)), members, LIMIT_FORWARDS);
    }
    house_add(&h, "all@demo.test",
              (const char *const[]){"big0@demo.test", "big1@demo.test", "big2@demo.test", "all@demo.test"}, 4);
    mail_envelope e = {0};
    mail_plan plan = EXPAND(&e, "all@demo.test", "all@demo.test");
    check_size(plan.n, 3 * LIMIT_FORWARDS);
    check_size(plan.links_n, 6 * LIMIT_FORWARDS);
    static mail_recipient lists[LIMIT_RECIPIENTS / LIMIT_FORWARDS + 1];
    SCOPED_ARENA memory;
    arena_init(&memory, 256 << 20);
    for (e.recipients_n = 0; e.recipients_n < sizeof lists / sizeof *lists; e.recipients_n++)
        lists[e.recipients_n] = house_route(&h, "big0@demo.test");
    e.recipients = lists;
    err over = mail_expand(&h.mail, &e, &memory, &plan);
    check_fails(over, ERR_TEMP, ERR_LIMIT);
    check_str(str_c(over.text), S("Too many forwards"));
    e.recipients_n = 1;
    SCOPED_ARENA small;
    arena_init(&small, 100000);
    check_fails(mail_expand(&h.mail, &e, &small, &plan), ERR_TEMP, ERR_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_each),   TEST(a_list),         TEST(duplicates_are_folded), TEST(loops_end),
        TEST(levels_end), TEST(broken_members), TEST(wishes_go_along),       TEST(large_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
