#include "kit.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_store_of_the_future_is_left_alone(void **state) {
    kit *k = *state;
    kit_close(k);
    kit_sql(k, "UPDATE meta SET value = 1000 WHERE key = 'schema'");
    k->s = NULL;
    assert_err(store_open(&k->s, &k->config), ERR_PERM, ERR_UNSUPPORTED);
    store_config look = k->config;
    look.read_only = true;
    assert_err(store_open(&k->s, &look), ERR_PERM, ERR_UNSUPPORTED);
    kit_sql(k, "UPDATE meta SET value = 1 WHERE key = 'schema'");
    assert_ok(store_open(&k->s, &k->config));
    kit_check(k);
}

static void something_else_is_no_store(void **state) {
    kit *k = *state;
    char path[100];
    kit_close(k);
    snprintf(path, sizeof path, "%s/store.db", k->dir);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fputs("not a database\n", f);
    fclose(f);
    err e = store_open(&k->s, &k->config);
    assert_true(e.kind == ERR_TEMP && e.what == ERR_CORRUPT);
}

/* Several processes opening a new store at once make one of it. */
static void *open_and_close(void *arg) {
    kit *k = arg;
    store *s = NULL;
    err e = store_open(&s, &k->config);
    store_close(s);
    return (void *)(intptr_t)failed(e);
}

static void many_openers(void **state) {
    kit *k = *state;
    char path[100];
    kit_close(k);
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm", "lock", "clean"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", k->dir, files[i]);
        unlink(path);
    }
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, open_and_close, k);
    for (int i = 0; i < 6; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_ok(store_open(&k->s, &k->config));
    kit_check(k);
}

/* Readers see one moment, however long the writing goes on. */
static void *write_on(void *arg) {
    kit *k = arg;
    store_content c;
    arena a;
    arena_init(&a, 1 << 20);
    uint32_t uid, v;
    store_mailbox box;
    err e = store_content_of(S("Subject: x\r\n\r\nx\r\n"), &a, &c);
    if (!failed(e))
        e = store_mailbox_get(k->s, &k->as_anna, S("INBOX"), &a, &box);
    for (int i = 0; i < 300 && !failed(e); i++)
        e = store_append(k->s, &k->as_anna, box.id, &c, 0, NULL, 0, 0, 0, &uid, &v);
    arena_free(&a);
    return (void *)(intptr_t)failed(e);
}

static void reads_are_of_one_moment(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    pthread_t writing;
    pthread_create(&writing, NULL, write_on, k);
    uint64_t last = 0;
    while (last < 300) {
        store_mailbox box;
        store_range *r;
        size_t n;
        uint64_t listed = 0;
        assert_ok(store_uids(k->s, &k->as_anna, inbox, &k->a, &box, &r, &n));
        for (size_t i = 0; i < n; i++)
            listed += r[i].last - r[i].first + 1;
        assert_int_equal(listed, box.messages);
        assert_true(box.messages >= last && box.uidnext == box.messages + 1);
        last = box.messages;
        kit_clear(k);
    }
    void *result;
    pthread_join(writing, &result);
    assert_null(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_store_of_the_future_is_left_alone), CASE(something_else_is_no_store),
                                       CASE(many_openers), CASE(reads_are_of_one_moment)};
    kit_backend = "sqlite";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
