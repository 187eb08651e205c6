#include "store/sqlite/writer.h"

#include "kit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "store/sqlite/schema.h"

typedef struct room {
    char path[64];
    writer *w;
    store_owner owner;
    _Atomic int changes, touches;
} room;

static bool never(void *arg, const blob_id *id) { return (void)arg, (void)id, false; }
static void ignore(void *arg, const blob_id *id) { (void)arg, (void)id; }
static void ignore_all(void *arg) { (void)arg; }

static void note(void *arg, const store_touch *touched, size_t n, bool queue) {
    (void)touched, (void)queue;
    room *r = arg;
    r->changes++;
    r->touches += (int)n;
}

static int begin(void **state) {
    room *r = mem_alloc(sizeof *r);
    snprintf(r->path, sizeof r->path, "/tmp/writer-XXXXXX");
    close(mkstemp(r->path));
    r->owner = (store_owner){r, never, ignore, note, ignore_all};
    db d;
    assert_ok(db_open(&d, r->path, DB_WRITER));
    assert_ok(schema_migrate(&d, schema_steps, schema_steps_n));
    assert_ok(DB_RUN(&d, "CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    assert_ok(writer_start(&r->w, &d, &r->owner));
    *state = r;
    return 0;
}

static int64_t rows(room *r) {
    db d;
    int64_t n = -1;
    assert_ok(db_open(&d, r->path, DB_READER));
    assert_ok(DB_FIRST(&d, &n, NULL, "SELECT count(*) FROM t"));
    db_close(&d);
    return n;
}

static int end(void **state) {
    room *r = *state;
    char path[80];
    writer_stop(r->w);
    unlink(r->path);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", r->path, i ? "-wal" : "-shm");
        unlink(path);
    }
    free(r);
    return 0;
}

/* ---- changes ---- */

typedef struct change {
    int64_t number;
    bool fails, after_writing;
    int runs;
    _Atomic bool *gate; /* waits until it is open */
    _Atomic bool *begun;
} change;

static err make_change(tx *t, void *arg) {
    change *c = arg;
    c->runs++;
    if (c->begun)
        *c->begun = true;
    while (c->gate && !*c->gate)
        usleep(1000);
    if (c->fails && !c->after_writing)
        return err_make(ERR_PEER, ERR_CONFLICT, "refused", "");
    TRY(DB_RUN(t->d, "INSERT INTO t (a) VALUES (?1)", I(c->number)));
    tx_touch(t, 1, c->number % 3);
    return c->fails ? err_make(ERR_PEER, ERR_CONFLICT, "refused", "") : OK;
}

typedef struct asked {
    room *r;
    change c;
    err result;
    pthread_t thread;
} asked;

static void *ask(void *arg) {
    asked *a = arg;
    a->result = writer_run(a->r->w, make_change, &a->c);
    return NULL;
}

/* All of them in one batch: the first holds the writer until the others wait behind it. */
static void run_together(room *r, asked *all, int n) {
    _Atomic bool gate = false, begun = false;
    asked first = {.r = r, .c = {.number = 1000000, .gate = &gate, .begun = &begun}};
    pthread_create(&first.thread, NULL, ask, &first);
    while (!begun)
        usleep(1000);
    for (int i = 0; i < n; i++) {
        all[i].r = r;
        pthread_create(&all[i].thread, NULL, ask, &all[i]);
    }
    usleep(100000);
    gate = true;
    pthread_join(first.thread, NULL);
    for (int i = 0; i < n; i++)
        pthread_join(all[i].thread, NULL);
    assert_ok(first.result);
}

static void one_refusal_costs_the_others_nothing(void **state) {
    room *r = *state;
    asked all[10] = {0};
    for (int i = 0; i < 10; i++)
        all[i].c = (change){.number = i, .fails = i == 4};
    run_together(r, all, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(all[i].result.kind, i == 4 ? ERR_PEER : ERR_NONE);
        assert_int_equal(all[i].c.runs, 1);
    }
    assert_int_equal(rows(r), 10);   /* nine, and the first */
    assert_int_equal(r->changes, 1); /* one commit */
}

static void a_late_failure_undoes_its_own_alone(void **state) {
    room *r = *state;
    asked all[10] = {0};
    for (int i = 0; i < 10; i++)
        all[i].c = (change){.number = i, .fails = i == 4 || i == 7, .after_writing = true};
    run_together(r, all, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(all[i].result.kind, i == 4 || i == 7 ? ERR_PEER : ERR_NONE);
    assert_int_equal(rows(r), 9);
}

static void touches_are_told_after_the_commit(void **state) {
    room *r = *state;
    change c = {.number = 1};
    assert_ok(writer_run(r->w, make_change, &c));
    assert_true(r->changes == 1 && r->touches == 1);
    c = (change){.number = 2, .fails = true};
    assert_err(writer_run(r->w, make_change, &c), ERR_PEER, ERR_CONFLICT);
    assert_int_equal(r->changes, 1);
}

static void a_batch_is_bounded(void **state) {
    enum { MANY = LIMIT_WRITE_BATCH + 50 };
    room *r = *state;
    asked *all = mem_array(MANY, sizeof *all);
    for (int i = 0; i < MANY; i++)
        all[i].c.number = i;
    run_together(r, all, MANY);
    for (int i = 0; i < MANY; i++)
        assert_ok(all[i].result);
    assert_true(r->changes >= 2);
    free(all);
}

/* ---- the limit, with fibers, which are cheap to have ten thousand of ---- */

static struct {
    room *r;
    _Atomic int done, refused, started;
} flood;

static void one_of_many(void *arg) {
    change c = {.number = (int64_t)(intptr_t)arg};
    err e = writer_run(flood.r->w, make_change, &c);
    if (failed(e) && e.kind == ERR_TEMP && e.what == ERR_LIMIT)
        flood.refused++;
    flood.done++;
}

static void start_many(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < LIMIT_WRITES_WAITING + 5; i++) {
        if (!failed(fiber_start("flood", one_of_many, (void *)i)))
            flood.started++;
    }
}

static bool flooded(void *arg) { return (void)arg, flood.refused >= 5; }
static bool all_done(void *arg) { return (void)arg, flood.done == LIMIT_WRITES_WAITING + 5; }

static void past_the_limit_changes_are_refused(void **state) {
    flood.r = *state;
    _Atomic bool gate = false, begun = false;
    asked first = {.r = flood.r, .c = {.number = 1000000, .gate = &gate, .begun = &begun}};
    pthread_create(&first.thread, NULL, ask, &first);
    while (!begun)
        usleep(1000);
    assert_ok(loops_start(1));
    loop_post(loop_at(0), start_many, NULL);
    kit_wait(flooded, NULL);
    gate = true;
    kit_wait(all_done, NULL);
    pthread_join(first.thread, NULL);
    loops_stop();
    assert_int_equal(flood.started, LIMIT_WRITES_WAITING + 5);
    assert_int_equal(flood.refused, 5);
    assert_int_equal(rows(flood.r), LIMIT_WRITES_WAITING + 1);
}

#define HERE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        HERE(one_refusal_costs_the_others_nothing), HERE(a_late_failure_undoes_its_own_alone),
        HERE(touches_are_told_after_the_commit),    HERE(a_batch_is_bounded),
        HERE(past_the_limit_changes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
