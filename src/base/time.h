/* Time behind one seam, so that tests can turn the clock.
 *
 * Monotonic time drives deadlines and timers; wall time is for headers, rows and logs only.
 * Thread-safe. */
#ifndef GODWIT_BASE_TIME_H
#define GODWIT_BASE_TIME_H

#include "base/str.h"

int64_t time_mono_ms(void);
int64_t time_mono_us(void);
int64_t time_wall(void);    /* Unix seconds */
int64_t time_wall_ms(void); /* Unix milliseconds */

/* Tests only: moves both clocks forward (or, the wall clock alone, anywhere). */
void time_test_advance(int64_t ms);
void time_test_wall_shift(int64_t ms);

/* A point on the monotonic clock by which something must have happened. */
typedef struct deadline {
    int64_t at_ms;
} deadline;

deadline deadline_in(int64_t ms); /* ms >= 0 from now */
deadline deadline_sooner(deadline a, deadline b);
int64_t deadline_left(deadline d); /* ms left, 0 when passed */
bool deadline_passed(deadline d);

/* Broken-down UTC, proleptic Gregorian; valid for years 1 to 9999. */
typedef struct civil {
    int year, month, day; /* month 1-12, day 1-31 */
    int hour, minute, second;
    int weekday; /* 0 = Sunday */
} civil;
civil civil_of(int64_t unix_seconds);
int64_t civil_to_unix(const civil *c);

int time_local_offset(int64_t unix_seconds); /* minutes east of UTC of this machine at that time */

#endif
