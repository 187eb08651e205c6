/* Whose change is it? In a session without a connection. */
#include <openssl/ssl.h>

#include "serve.h"

#include "imap/flag.h"

static served s;
static imap_box box;
static imap_session session;
static arena memory;
static const store_range all = {1, 4};

static int begin(void **state) {
    serve_start(&s, true);
    serve_fill(&s, 4);
    arena_init(&memory, 64 << 20);
    uint64_t modseq = serve_look(&s, "INBOX").modseq;
    box = (imap_box){.id = s.inbox, .changes_since = modseq, .expunges_since = modseq};
    session = (imap_session){.service = &s.service, .who = s.user, .box = &box};
    return 0;
}

static int finish(void **state) {
    serve_stop(&s);
    arena_free(&memory);
    return 0;
}

static void another(uint32_t first, uint32_t last, uint64_t flags) {
    store_range ranges = {first, last}, *conflict;
    store_flag_change change = {.op = FLAGS_ADD, .system_flags = flags, .unchanged_since = UINT64_MAX};
    store_message *changed;
    size_t n, conflict_n;
    must(
        store_flag(s.home.store, &s.user, s.inbox, &ranges, 1, &change, &memory, &changed, &n, &conflict, &conflict_n));
}

static imap_flagged flag(uint64_t flags, uint64_t since) {
    store_flag_change change = {.op = FLAGS_ADD, .system_flags = flags, .unchanged_since = since};
    imap_flagged done;
    must(imap_flag(&session, &all, 1, &change, &memory, &done));
    return done;
}

static void alone(void **state) {
    uint64_t before = box.changes_since;
    imap_flagged done = flag(FLAG_SEEN, UINT64_MAX);
    assert_int_equal(done.calm_n, 4);
    assert_int_equal(done.torn_n, 0);
    assert_int_equal(box.changes_since, before + 1);
    assert_int_equal(box.expunges_since, before + 1);
    done = flag(FLAG_SEEN, UINT64_MAX); /* so already */
    assert_int_equal(done.calm_n, 4);
    assert_int_equal(box.changes_since, before + 1);
}

/* Somebody set the same flag a moment ago: what else he did must not be taken for told. */
static void behind_another(void **state) {
    uint64_t before = box.changes_since;
    another(2, 3, FLAG_SEEN);
    imap_flagged done = flag(FLAG_SEEN, UINT64_MAX);
    assert_int_equal(done.calm_n, 2);
    assert_int_equal(done.torn_n, 2);
    assert_int_equal(done.conflict_n, 0);
    assert_int_equal(box.changes_since, before);
}

static void on_a_condition(void **state) {
    uint64_t before = box.changes_since;
    another(2, 2, FLAG_FLAGGED);
    another(3, 3, FLAG_FLAGGED);
    imap_flagged done = flag(FLAG_SEEN, before + 1);
    assert_int_equal(done.calm_n, 2);
    assert_int_equal(done.torn_n, 1);
    assert_int_equal(done.torn[0].uid, 2);
    assert_int_equal(done.conflict_n, 1);
    assert_int_equal(done.conflict[0].first, 3);
    done = flag(FLAG_DRAFT, 0);
    assert_int_equal(done.calm_n + done.torn_n, 0);
    assert_int_equal(done.conflict_n, 1);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(alone), CASE(behind_another), CASE(on_a_condition)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
