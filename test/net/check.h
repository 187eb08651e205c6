/* What every test of net/ includes first. */
#ifndef GODWIT_TEST_NET_CHECK_H
#define GODWIT_TEST_NET_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

/* ThreadSanitizer knows some 8,000 threads and fibers at most, and is slow. */
#define SLOW_SANITIZER 0
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef SLOW_SANITIZER
#define SLOW_SANITIZER 1
#endif
#endif

/* Usable on every thread and in fibers, where cmocka's own assertions may not jump: says what failed and ends the test. */
#define check(condition) \
    do { if (!(condition)) check_failed(#condition, __FILE__, __LINE__, ""); } while (0)
#define check_ok(call) \
    do { err check_error = (call); if (failed(check_error)) check_failed(#call, __FILE__, __LINE__, check_error.log); } while (0)
#define check_fails(call, expected_kind, expected_what) \
    do { err check_error = (call); \
         if (check_error.kind != (expected_kind) || check_error.what != (expected_what)) \
             check_failed(#call, __FILE__, __LINE__, check_error.log); } while (0)
#define check_size(a, b) \
    do { size_t check_a = (a), check_b = (b); \
         if (check_a != check_b) check_sizes_differ(#a, check_a, #b, check_b, __FILE__, __LINE__); } while (0)
#define check_str(a, b) \
    do { str check_a = (a), check_b = (b); \
         if (!str_eq(check_a, check_b)) check_strs_differ(#a, check_a, check_b, __FILE__, __LINE__); } while (0)

_Noreturn static inline void check_failed(const char *what, const char *file, int line, const char *log) {
    fprintf(stderr, "%s:%d: %s failed %s\n", file, line, what, log);
    fflush(NULL);
    abort();
}

_Noreturn static inline void check_sizes_differ(const char *a, size_t x, const char *b, size_t y, const char *file, int line) {
    fprintf(stderr, "%s:%d: %s is %zu, %s is %zu\n", file, line, a, x, b, y);
    abort();
}

_Noreturn static inline void check_strs_differ(const char *a, str x, str y, const char *file, int line) {
    fprintf(stderr, "%s:%d: %s is \"%.*s\", not \"%.*s\"\n", file, line, a, STR_ARG(x), STR_ARG(y));
    abort();
}

#endif
