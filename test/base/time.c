#include "base/time.h"

#include "check.h"

/* The calendar counted day by day from 1 January of year 1, a Monday. */
static void every_day_of_the_calendar(void **state) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t at = INT64_C(-62135596800);
    int weekday = 1;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int days = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= days; day++, at += 86400, weekday = (weekday + 1) % 7) {
                if (day != 1 && day < 27)
                    continue;
                civil c = civil_of(at + 86399);
                if (c.year != year || c.month != month || c.day != day || c.weekday != weekday || c.hour != 23 ||
                    c.minute != 59 || c.second != 59 || civil_to_unix(&c) != at + 86399)
                    fail_msg("%04d-%02d-%02d", year, month, day);
            }
        }
    assert_true(at == INT64_C(253402300800)); /* 10000-01-01 */
}

static void known_moments(void **state) {
    static const struct {
        int64_t at;
        civil c;
    } cases[] = {
        {0, {1970, 1, 1, 0, 0, 0, 4}},
        {-1, {1969, 12, 31, 23, 59, 59, 3}},
        {951782400, {2000, 2, 29, 0, 0, 0, 2}},
        {INT32_MAX, {2038, 1, 19, 3, 14, 7, 2}},
        {INT64_C(4107542399), {2100, 2, 28, 23, 59, 59, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        civil c = civil_of(cases[i].at);
        assert_memory_equal(&c, &cases[i].c, sizeof c);
        assert_true(civil_to_unix(&c) == cases[i].at);
    }
}

static void both_clocks_advance(void **state) {
    int64_t mono = time_mono_ms(), wall = time_wall_ms();
    time_test_advance(3600 * 1000);
    assert_in_range(time_mono_ms() - mono, 3600 * 1000, 3660 * 1000);
    assert_in_range(time_wall_ms() - wall, 3600 * 1000, 3660 * 1000);
    assert_in_range(time_mono_us() / 1000 - time_mono_ms(), 0, 1000);
    assert_in_range(time_wall() - time_wall_ms() / 1000, 0, 1);
}

/* The wall clock may be set anywhere; nothing that waits may notice. */
static void wall_clock_jumps(void **state) {
    int64_t mono = time_mono_ms(), wall = time_wall_ms();
    deadline d = deadline_in(60000);
    time_test_wall_shift(-INT64_C(30) * 86400 * 1000);
    assert_true(time_wall_ms() < wall - INT64_C(29) * 86400 * 1000);
    assert_in_range(time_mono_ms() - mono, 0, 30000);
    assert_false(deadline_passed(d));
    time_test_wall_shift(INT64_C(60) * 86400 * 1000);
    assert_false(deadline_passed(d));
}

static void deadlines(void **state) {
    deadline far = deadline_in(100000), soon = deadline_in(1000);
    assert_true(deadline_sooner(far, soon).at_ms == soon.at_ms);
    assert_true(deadline_sooner(soon, far).at_ms == soon.at_ms);
    assert_in_range(deadline_left(far), 90000, 100000);
    assert_false(deadline_passed(soon));
    time_test_advance(1000);
    assert_true(deadline_passed(soon));
    assert_int_equal(deadline_left(soon), 0);
    assert_false(deadline_passed(far));
    assert_true(deadline_passed(deadline_in(0)));
}

static void local_offset(void **state) {
    setenv("TZ", "NPT-5:45", 1); /* POSIX counts west of Greenwich */
    tzset();
    assert_int_equal(time_local_offset(0), 345);
    setenv("TZ", "UTC0", 1);
    tzset();
    assert_int_equal(time_local_offset(1700000000), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_the_calendar),
        cmocka_unit_test(known_moments),
        cmocka_unit_test(both_clocks_advance),
        cmocka_unit_test(wall_clock_jumps),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(local_offset),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
