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

/* Usable on every thread and in fibers, where cmocka's own assertions may not jump: says what failed, ends the test. */
#define check(condition)                                              \
    do {                                                              \
        if (!(condition))                                             \
            check_failed(#condition, (check_place){__FILE__, __LINE__}, ""); \
    } while (0)
#define check_ok(call)                                                               \
    do {                                                                             \
        err check_error = (call);                                                    \
        if (failed(check_error))                                                     \
            check_failed(#call, (check_place){__FILE__, __LINE__}, check_error.log); \
    } while (0)
#define check_fails(call, expected_kind, expected_what)                                      \
    do {                                                                                     \
        err check_error = (call);                                                            \
        if (check_error.kind != (expected_kind) || check_error.what != (expected_what))      \
            check_failed(#call, (check_place){__FILE__, __LINE__}, check_error.log);         \
    } while (0)
#define check_size(a, b) check_sizes(#a, a, b, (check_place){__FILE__, __LINE__})
#define check_str(a, b) check_strs(#a, a, b, (check_place){__FILE__, __LINE__})

typedef struct check_place {
    const char *file;
    int line;
} check_place;

_Noreturn static inline void check_failed(const char *what, check_place at, const char *log) {
    fprintf(stderr, "%s:%d: %s failed %s\n", at.file, at.line, what, log);
    fflush(NULL);
    abort();
}

static inline void check_sizes(const char *what, size_t is, size_t should, check_place at) {
    if (is == should)
        return;
    fprintf(stderr, "%s:%d: %s is %zu, not %zu\n", at.file, at.line, what, is, should);
    abort();
}

static inline void check_strs(const char *what, str is, str should, check_place at) {
    if (str_eq(is, should))
        return;
    fprintf(stderr, "%s:%d: %s is \"%.*s\", not \"%.*s\"\n", at.file, at.line, what, STR_ARG(is), STR_ARG(should));
    abort();
}

#endif
