/* What every test program begins with: cmocka and the headers it wants before it, comparisons of slices, and
 * the end of a child process that was meant to abort. Tests only. */
#ifndef GODWIT_TEST_BASE_CHECK_H
#define GODWIT_TEST_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

/* assert_str(actual, expected): shows both when they differ. */
#define assert_str(...) check_str(__VA_ARGS__, __FILE__, __LINE__)

static inline void check_str(str actual, str expected, const char *file, int line) {
    if (str_eq(actual, expected))
        return;
    print_error("got      \"%.*s\" (%zu bytes)\nexpected \"%.*s\" (%zu bytes)\n", STR_ARG(actual), actual.n,
                STR_ARG(expected), expected.n);
    _fail(file, line);
}

/* Runs in a child that must not get to the end; returns whether it was ended by a failed assertion of ours. */
static inline bool aborts(void (*run)(void)) {
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO);
        run();
        _exit(0);
    }
    int status;
    return waitpid(child, &status, 0) == child && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
