#include "base/time.h"

#include <stdatomic.h>

static _Atomic int64_t test_both_ms, test_wall_ms;

static int64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_mono_us(void) { return clock_us(CLOCK_MONOTONIC) + atomic_load(&test_both_ms) * 1000; }
int64_t time_mono_ms(void) { return time_mono_us() / 1000; }
int64_t time_wall_ms(void) {
    return clock_us(CLOCK_REALTIME) / 1000 + atomic_load(&test_both_ms) + atomic_load(&test_wall_ms);
}
int64_t time_wall(void) { return time_wall_ms() / 1000; }

void time_test_advance(int64_t ms) { atomic_fetch_add(&test_both_ms, ms); }
void time_test_wall_shift(int64_t ms) { atomic_fetch_add(&test_wall_ms, ms); }

deadline deadline_in(int64_t ms) { return (deadline){time_mono_ms() + ms}; }
deadline deadline_sooner(deadline a, deadline b) { return a.at_ms < b.at_ms ? a : b; }
bool deadline_passed(deadline d) { return deadline_left(d) == 0; }
int64_t deadline_left(deadline d) {
    int64_t left = d.at_ms - time_mono_ms();
    return left > 0 ? left : 0;
}

/* Days since 1970-01-01 of a civil date, by counting in 400-year eras that begin on 1 March. */
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t civil_to_unix(const civil *c) {
    return days_of(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

civil civil_of(int64_t unix_seconds) {
    int64_t days = unix_seconds / 86400, rest = unix_seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    int64_t weekday = (days % 7 + 11) % 7; /* 1970-01-01 was a Thursday */
    return (civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
        .weekday = (int)weekday,
    };
}

int time_local_offset(int64_t unix_seconds) {
    struct tm local;
    time_t at = (time_t)unix_seconds;
    return localtime_r(&at, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}
