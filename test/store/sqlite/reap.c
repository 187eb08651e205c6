/* Large removals answer at once and are cleared away in portions, by the next start if need be. */
#include "kit.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "store/backend.h"

enum { MANY = 1500 };

static void fill(kit *k, int64_t from, int64_t to) {
    store_uid_pair *pairs;
    store_range all = {1, UINT32_MAX};
    size_t n;
    uint32_t v;
    kit_append(k, &k->as_anna, from, kit_message(k, "x"));
    while (kit_look(k, &k->as_anna, to).messages < MANY) {
        assert_ok(store_copy(k->s, &k->as_anna, from, &all, 1, to, false, &k->a, &pairs, &n, &v));
        assert_ok(store_copy(k->s, &k->as_anna, to, &all, 1, from, false, &k->a, &pairs, &n, &v));
    }
}

static bool no_messages(void *arg) { return kit_int(arg, "SELECT count(*) FROM message") == 0; }
static bool nothing_gone(void *arg) { return kit_int(arg, "SELECT count(*) FROM gone") == 0; }

static void a_large_account_goes(void **state) {
    kit *k = *state;
    fill(k, kit_box(k, &k->as_anna, "INBOX"), kit_box(k, &k->as_anna, "Trash"));
    kit_trace_begin();
    kit_reopen(k);
    assert_ok(store_account_remove(k->s, &admin, k->anna));
    kit_wait(no_messages, k);
    kit_wait(nothing_gone, k);
    assert_true(kit_trace_of("SELECT account, mailbox FROM gone").runs > MANY / 200);
    kit_trace_end();
    assert_int_equal(kit_int(k, "SELECT count(*) FROM content"), 0);
    kit_check(k);
}

static void the_next_start_goes_on(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    fill(k, inbox, kit_box(k, &k->as_anna, "Trash"));
    kit_close(k);
    char sql[200]; /* as if it had ended just after the removal */
    snprintf(sql, sizeof sql,
             "INSERT INTO gone SELECT account, id FROM mailbox WHERE name = 'Trash';"
             "UPDATE account SET used = used - (SELECT bytes FROM mailbox WHERE name = 'Trash' AND account = %lld),",
             (long long)k->anna);
    char whole[500];
    snprintf(whole, sizeof whole,
             "%s messages = messages - (SELECT messages FROM mailbox WHERE name = 'Trash' AND account = %lld) WHERE id "
             "= %lld;"
             "DELETE FROM mailbox WHERE name = 'Trash';",
             sql, (long long)k->anna, (long long)k->anna);
    kit_sql(k, whole);
    k->s = kit_open_second(k, false);
    kit_wait(nothing_gone, k);
    assert_int_equal(kit_int(k, "SELECT count(DISTINCT mailbox) FROM message"), 1);
    kit_check(k);
}

static void what_another_process_removed_is_cleared_too(void **state) {
    kit *k = *state;
    fill(k, kit_box(k, &k->as_anna, "INBOX"), kit_box(k, &k->as_anna, "Trash"));
    kit_sql(k, "INSERT INTO gone SELECT account, id FROM mailbox WHERE name = 'Trash';"
               "DELETE FROM mailbox WHERE name = 'Trash';");
    assert_ok(store_poke(k->s));
    kit_wait(nothing_gone, k);
}

/* ---- attachments: a file goes only when it is certain, whatever becomes of the commit, that nobody needs it ---- */

/* The backend alone, with this test as its owner. Blobs are named by their first byte. */
typedef struct bare {
    kit *k;
    void *b;
    int64_t inbox, trash;
    _Atomic bool gate; /* shut: whoever asks for blob 'G' waits */
    _Atomic int removed, too_early;
} bare;

static bool present(void *arg, const blob_id *id) {
    bare *x = arg;
    while (id->bytes[0] == 'G' && !x->gate)
        usleep(1000);
    return true;
}

/* What another connection sees is what is left when this transaction is not committed. */
static void removed(void *arg, const blob_id *id) {
    bare *x = arg;
    x->removed += id->bytes[0] == 'A';
    x->too_early += kit_int(x->k, "SELECT count(*) FROM blob WHERE refs > 0 AND substr(hash, 1, 1) = x'41'") > 0;
}

static void ignore(void *arg, const store_touch *touched, size_t n, bool queue) {
    (void)arg, (void)touched, (void)n, (void)queue;
}
static void ignore_all(void *arg) { (void)arg; }

static void bare_open(bare *x, kit *k, store_owner *owner) {
    *x = (bare){.k = k, .inbox = kit_box(k, &k->as_anna, "INBOX"), .trash = kit_box(k, &k->as_anna, "Trash")};
    kit_close(k);
    *owner = (store_owner){x, present, removed, ignore, ignore_all};
    assert_ok(store_sqlite.open(&x->b, &k->config, owner));
}

static void bare_close(bare *x) {
    store_sqlite.close(x->b);
    x->k->s = kit_open_second(x->k, false);
}

static void append(bare *x, int64_t mailbox, char blob) {
    blob_ref ref = {.size = 1};
    memset(ref.id.bytes, blob, BLOB_ID);
    store_packed packed = {.size = 1, .recipe = S("r"), .head = S("h"), .blobs = &ref, .blobs_n = 1};
    uint32_t uid, uidvalidity;
    assert_ok(store_sqlite.append(x->b, x->k->anna, mailbox, &packed, 0, NULL, 0, 1, 0, &uid, &uidvalidity));
}

static void *append_at_the_gate(void *arg) {
    bare *x = arg;
    append(x, x->inbox, 'G');
    return NULL;
}

static void *expunge_trash(void *arg) {
    bare *x = arg;
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    store_range *gone;
    size_t n;
    assert_ok(store_sqlite.expunge(x->b, x->k->anna, x->trash, NULL, 0, true, &a, &gone, &n));
    assert_int_equal(n, 1);
    return NULL;
}

static void *forget(void *arg) {
    bare *x = arg;
    blob_ref ref = {.size = 1};
    memset(ref.id.bytes, 'A', BLOB_ID);
    assert_ok(store_sqlite.blob_forget(x->b, &ref, 1));
    return NULL;
}

static bool is_removed(void *arg) { return ((bare *)arg)->removed > 0; }

/* The last owner's removal and somebody's change of mind about the same file meet in one transaction. */
static void a_file_outlives_a_removal_that_may_fail(void **state) {
    bare x;
    store_owner owner;
    bare_open(&x, *state, &owner);
    append(&x, x.trash, 'A');
    void *(*const changes[])(void *) = {append_at_the_gate, expunge_trash, forget};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, changes[i], &x), 0);
        usleep(100000); /* they wait in this order, behind the gate */
    }
    x.gate = true;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    kit_wait(is_removed, &x);
    assert_int_equal(x.too_early, 0);
    bare_close(&x);
}

static void a_file_outlives_a_clearing_that_may_fail(void **state) {
    bare x;
    store_owner owner;
    bare_open(&x, *state, &owner);
    append(&x, x.trash, 'A');
    assert_ok(store_sqlite.mailbox_remove(x.b, x.k->anna, S("Trash")));
    kit_wait(is_removed, &x);
    assert_int_equal(x.too_early, 0);
    bare_close(&x);
}

/* One that no row ever knew goes at once. */
static void a_file_nobody_knows_goes(void **state) {
    bare x;
    store_owner owner;
    bare_open(&x, *state, &owner);
    forget(&x);
    assert_int_equal(x.removed, 1);
    bare_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_large_account_goes),
                                       CASE(the_next_start_goes_on),
                                       CASE(what_another_process_removed_is_cleared_too),
                                       CASE(a_file_outlives_a_removal_that_may_fail),
                                       CASE(a_file_outlives_a_clearing_that_may_fail),
                                       CASE(a_file_nobody_knows_goes)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
