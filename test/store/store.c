/* Opening, closing, several openers, many threads. */
#include "kit.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* ---- opening ---- */

static void opening_refuses(void **state) {
    kit *k = *state;
    store *s = NULL;
    store_config c = k->config;
    c.kind = S("clay tablets");
    assert_err(store_open(&s, &c), ERR_PERM, ERR_UNSUPPORTED);
    c = k->config;
    c.path = S("/proc/none/such");
    assert_true(failed(store_open(&s, &c)));
    c = k->config;
    c.path = S("/nowhere");
    c.read_only = true;
    assert_true(failed(store_open(&s, &c)));
    assert_null(s);
    store_close(NULL);
}

static unsigned mode_of(const kit *k, const char *name) {
    char path[200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", k->dir, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void nobody_else_may_look(void **state) {
    kit *k = *state;
    assert_int_equal(mode_of(k, ""), 0700);
    assert_int_equal(mode_of(k, "blobs"), 0700);
    assert_int_equal(mode_of(k, "store.db") & 077, 0);
    assert_int_equal(mode_of(k, "store.db-wal") & 077, 0);
}

static void a_read_only_opener_sees_a_running_store(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), id;
    store *other = kit_open_second(k, true);
    kit_append(k, &k->as_anna, inbox, kit_message(k, "while open"));
    str out;
    assert_ok(store_read(other, &k->as_anna, inbox, 1, 0, 1000, &k->a, &out));
    assert_str(out, kit_message(k, "while open"));
    assert_err(store_domain_add(other, &admin, S("x.example"), &id), ERR_PERM, ERR_DENIED);
    store_content c = kit_content(k, kit_message(k, "x"));
    uint32_t uid, v;
    assert_err(store_append(other, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_PERM, ERR_DENIED);
    assert_ok(store_poke(other));
    store_close(other);
    kit_close(k); /* and a store that nobody runs */
    k->s = kit_open_second(k, true);
    assert_ok(store_read(k->s, &k->as_anna, inbox, 1, 0, 1000, &k->a, &out));
    assert_int_equal(out.n, kit_message(k, "while open").n);
}

static void count_up(void *arg) { ++*(_Atomic int *)arg; }

static void another_process_is_noticed(void **state) {
    kit *k = *state;
    _Atomic int box = 0, queue = 0;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), id;
    store *other = kit_open_second(k, false);
    assert_ok(store_poke(k->s));
    store_watch *w = store_watch_add(k->s, &k->as_anna, inbox, count_up, (void *)&box);
    queue_watch(k->s, count_up, (void *)&queue);
    assert_ok(store_poke(k->s));
    assert_true(box == 0 && queue == 0);
    assert_ok(store_domain_add(other, &admin, S("x.example"), &id));
    assert_ok(store_poke(k->s));
    assert_true(box == 1 && queue == 1); /* it cannot know what changed, so everybody looks */
    assert_ok(store_poke(k->s));
    assert_int_equal(box, 1);
    store_watch_remove(w);
    queue_watch(k->s, NULL, NULL);
    store_close(other);
}

static void watchers_hear_of_their_mailbox_alone(void **state) {
    kit *k = *state;
    _Atomic int inbox_calls = 0, list_calls = 0;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX"), trash = kit_box(k, &k->as_anna, "Trash"), id;
    store_watch *a = store_watch_add(k->s, &k->as_anna, inbox, count_up, (void *)&inbox_calls);
    store_watch *b = store_watch_add(k->s, &k->as_anna, 0, count_up, (void *)&list_calls);
    kit_append(k, &k->as_anna, trash, kit_message(k, "x"));
    assert_int_equal(inbox_calls, 0);
    kit_append(k, &k->as_anna, inbox, kit_message(k, "x"));
    assert_int_equal(inbox_calls, 1);
    kit_flag(k, &k->as_anna, inbox, 1, FLAGS_ADD, FLAG_SEEN);
    assert_int_equal(inbox_calls, 2);
    kit_flag(k, &k->as_anna, inbox, 1, FLAGS_ADD, FLAG_SEEN); /* nothing changed */
    assert_int_equal(inbox_calls, 2);
    assert_ok(kit_accept(k, "id", kit_message(k, "x"), k->anna, NULL, 0));
    assert_int_equal(inbox_calls, 3);
    assert_int_equal(list_calls, 0);
    assert_ok(store_mailbox_create(k->s, &k->as_anna, S("new"), SPECIAL_NONE, &id));
    assert_int_equal(list_calls, 1);
    assert_ok(store_account_remove(k->s, &admin, k->anna)); /* sessions see it vanish */
    assert_true(inbox_calls == 4 && list_calls == 2);
    store_watch_remove(a);
    store_watch_remove(b);
    store_watch_remove(NULL);
}

/* ---- many at once ---- */

enum { THREADS = 20, EACH = 25 };

typedef struct crowd {
    kit *k;
    store_content content;
    int64_t box;
    _Atomic int stored, refused;
    uint32_t uids[THREADS * EACH];
} crowd;

static void *append_many(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < EACH; i++) {
        uint32_t uid, v;
        err e = store_append(c->k->s, &c->k->as_anna, c->box, &c->content, 0, NULL, 0, 0, 0, &uid, &v);
        if (!failed(e))
            c->uids[c->stored++] = uid;
        else if (e.what == ERR_OVER_QUOTA)
            c->refused++;
    }
    return NULL;
}

static void together(crowd *c) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void many_threads_share_commits(void **state) {
    kit *k = *state;
    crowd c = {.k = k, .box = kit_box(k, &k->as_anna, "INBOX"), .content = kit_content(k, kit_message(k, "crowd"))};
    kit_trace_begin();
    kit_reopen(k);
    together(&c);
    uint64_t commits = kit_trace_of("BEGIN IMMEDIATE").runs, inserts = kit_trace_of("INSERT INTO message ").runs;
    uint64_t savepoints = kit_trace_of("SAVEPOINT").runs;
    kit_trace_end();
    assert_int_equal(c.stored, THREADS * EACH);
    assert_int_equal(inserts, THREADS * EACH);
    assert_int_equal(savepoints, 0);
    assert_true(commits < THREADS * EACH / 2);
    qsort(c.uids, THREADS * EACH, sizeof *c.uids, by_number);
    for (uint32_t i = 0; i < THREADS * EACH; i++)
        assert_int_equal(c.uids[i], i + 1); /* each its own, none left out */
    kit_check(k);
}

static void quota_is_exact_in_a_crowd(void **state) {
    kit *k = *state;
    crowd c = {.k = k, .box = kit_box(k, &k->as_anna, "INBOX"), .content = kit_content(k, kit_message(k, "crowd"))};
    store_account set = {.quota_bytes = c.content.raw.n * 200 + 5}, got;
    assert_ok(store_account_set(k->s, &admin, k->anna, ACCOUNT_SET_QUOTA, &set));
    together(&c);
    assert_int_equal(c.stored, 200);
    assert_int_equal(c.refused, THREADS * EACH - 200);
    assert_ok(store_account_get(k->s, &admin, S("anna@example.org"), &k->a, &got));
    assert_true(got.used_bytes == c.content.raw.n * 200 && got.messages == 200);
    kit_check(k);
}

static void *watch_and_let_go(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < 2000; i++)
        store_watch_remove(store_watch_add(c->k->s, &c->k->as_anna, c->box, count_up, (void *)&c->refused));
    return NULL;
}

static void watches_come_and_go_during_commits(void **state) {
    kit *k = *state;
    crowd c = {.k = k, .box = kit_box(k, &k->as_anna, "INBOX"), .content = kit_content(k, kit_message(k, "crowd"))};
    pthread_t watcher;
    assert_int_equal(pthread_create(&watcher, NULL, watch_and_let_go, &c), 0);
    together(&c);
    pthread_join(watcher, NULL);
    assert_int_equal(c.stored, THREADS * EACH);
}

static const struct CMUnitTest tests[] = {
    CASE(opening_refuses),
    CASE(nobody_else_may_look),
    CASE(a_read_only_opener_sees_a_running_store),
    CASE(another_process_is_noticed),
    CASE(watchers_hear_of_their_mailbox_alone),
    CASE(many_threads_share_commits),
    CASE(quota_is_exact_in_a_crowd),
    CASE(watches_come_and_go_during_commits),
};

KIT_MAIN(tests)
