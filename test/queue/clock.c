#include "../net/check.h"

#include "queue/clock.h"

enum { DAY = 86400 };

static void follows_the_wall(void **state) {
    queue_clock c;
    queue_clock_begin(&c);
    int64_t start = time_wall();
    time_test_advance(3600 * 1000);
    check(queue_clock_now(&c) - start >= 3600 && queue_clock_now(&c) - start < 3602);
    assert_int_equal(queue_clock_expires(&c, start, 1000), 1000);
    time_test_wall_shift(5000); /* steered, not set */
    check(queue_clock_now(&c) - start >= 3605);
    assert_int_equal(queue_clock_expires(&c, start, 1000), 1000);
    time_test_wall_shift(-5000);
    check(queue_clock_now(&c) - start >= 3605); /* stands still for five seconds */
}

static void ahead(void **state) {
    queue_clock c;
    queue_clock_begin(&c);
    int64_t start = time_wall();
    time_test_wall_shift((int64_t)30 * DAY * 1000);
    int64_t now = queue_clock_now(&c);
    check(now - start >= 30 * DAY);
    /* What was there before the jump gets the time back; what comes after it does not. */
    int64_t before = queue_clock_expires(&c, start - 10, start + DAY);
    check(before - (start + 31 * DAY) >= -1 && before - (start + 31 * DAY) <= 1);
    assert_int_equal(queue_clock_expires(&c, now, now + DAY), now + DAY);
    time_test_wall_shift((int64_t)-30 * DAY * 1000);
}

static void back(void **state) {
    queue_clock c;
    queue_clock_begin(&c);
    int64_t start = queue_clock_now(&c);
    time_test_wall_shift((int64_t)-DAY * 1000);
    check(queue_clock_now(&c) >= start);
    time_test_advance(600 * 1000);
    int64_t later = queue_clock_now(&c);
    check(later - start >= 600 && later - start < 602); /* goes on at its own pace */
    time_test_wall_shift((int64_t)DAY * 1000);
    int64_t again = queue_clock_now(&c);
    check(again >= later && again - later < 3);
    assert_int_equal(queue_clock_expires(&c, start - 5, 7), 7); /* coming back was no jump ahead */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_wall),
        cmocka_unit_test(ahead),
        cmocka_unit_test(back),
    };
    return cmocka_run_group_tests_name("queue_clock", tests, NULL, NULL);
}
