/* What tests of mime share: cmocka with comparisons of slices, a repeatable source of random input, and the
 * measurement behind "double the input, at most 2.5 times the time". Tests only. */
#ifndef GODWIT_TEST_MIME_MIME_CHECK_H
#define GODWIT_TEST_MIME_MIME_CHECK_H

#include "../base/check.h"

#include "base/arena.h"
#include "base/mem.h"

/* Sanitizers look at all memory a library function may read (for memmem that is all of the rest, each time) and widen
 * frames: there the code runs, but is not measured. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* A generator with a fixed seed: a failure happens again. */
static inline uint32_t pick(uint64_t *seed, uint32_t below) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

static inline str pick_str(uint64_t *seed, const str *of, size_t n) { return of[pick(seed, (uint32_t)n)]; }

/* One of the string literals given. */
#define PICK(seed, ...) pick_str(seed, (const str[]){__VA_ARGS__}, sizeof((const str[]){__VA_ARGS__}) / sizeof(str))

static inline void repeat(buf *out, str unit, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_add(out, unit);
}

static inline int64_t cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* `run` with this input takes less than so many microseconds. */
static inline void assert_quick(void (*run)(str), str input, int64_t most_us) {
    int64_t from = cpu_us();
    run(input);
    assert_true(SANITIZED || cpu_us() - from < most_us);
}

static inline int64_t best_time(void (*run)(str), str input, int times) {
    int64_t best = INT64_MAX;
    for (int i = 0; i < times; i++) {
        int64_t from = cpu_us();
        run(input);
        int64_t took = cpu_us() - from;
        best = took < best ? took : best;
    }
    return best;
}

static inline int64_t time_of(void (*run)(str), str before, str unit, size_t n, str behind, int times) {
    SCOPED_BUF input;
    buf_init(&input, (size_t)1 << 25);
    buf_add(&input, before);
    repeat(&input, unit, n);
    buf_add(&input, behind);
    return best_time(run, buf_str(&input), times);
}

/* For before, n times unit, behind: n grows until the time can be measured, then twice as many may take 2.5 times as
 * long. Measured again before it is called a failure: another process may have had the cache. */
static inline void assert_linear(void (*run)(str), str before, str unit, str behind) {
    enum { MEASURABLE_US = 1000, LARGEST = 1 << 23 };
    size_t n = 64;
    if (SANITIZED) {
        time_of(run, before, unit, 1000, behind, 1);
        return;
    }
    while (time_of(run, before, unit, n, behind, 1) < MEASURABLE_US) {
        n *= 2;
        if (n * unit.n > LARGEST)
            return; /* 8 MB in less than a millisecond */
    }
    int64_t one = 0, two = 0;
    for (int attempt = 0; attempt < 4; attempt++) {
        one = time_of(run, before, unit, n, behind, 4);
        two = time_of(run, before, unit, 2 * n, behind, 4);
        if (two <= one * 5 / 2)
            return;
    }
    fail_msg("\"%.*s\" %zu times: %lld us, twice as many: %lld us", STR_ARG(unit), n, (long long)one, (long long)two);
}

#endif
