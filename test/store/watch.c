#include "kit.h"

#include "base/mem.h"
#include "store/watch.h"

static void count_up(void *arg) { ++*(int *)arg; }

static void each_hears_its_own(void **state) {
    (void)state;
    enum { MANY = 3000 };
    watches *w = watches_create();
    int *calls = mem_array(MANY, sizeof *calls);
    store_watch **all = mem_array(MANY, sizeof *all);
    for (int i = 0; i < MANY; i++)
        all[i] = watches_add(w, i / 10, i % 10, count_up, &calls[i]);
    store_touch touched[] = {{7, 3}, {8, 0}, {7, 3}, {9999, 1}};
    watches_fire(w, touched, 4, false);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(calls[i], i == 73 ? 2 : i == 80);
    for (int i = 0; i < MANY; i += 2)
        store_watch_remove(all[i]);
    watches_fire_all(w);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(calls[i], (i == 73 ? 2 : i == 80) + i % 2);
    for (int i = 1; i < MANY; i += 2)
        store_watch_remove(all[i]);
    watches_free(w);
    free(all);
    free(calls);
}

static void the_queue_has_one_watcher(void **state) {
    (void)state;
    watches *w = watches_create();
    int calls = 0, others = 0;
    watches_fire(w, NULL, 0, true);
    watches_queue(w, count_up, &calls);
    watches_fire(w, NULL, 0, true);
    watches_fire(w, NULL, 0, false);
    watches_fire_all(w);
    assert_int_equal(calls, 2);
    watches_queue(w, count_up, &others);
    watches_fire(w, NULL, 0, true);
    assert_true(calls == 2 && others == 1);
    watches_queue(w, NULL, NULL);
    watches_fire(w, NULL, 0, true);
    assert_int_equal(others, 1);
    watches_free(w);
    watches_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_hears_its_own),
                                       cmocka_unit_test(the_queue_has_one_watcher)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
