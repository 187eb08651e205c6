#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

err err_make(err_kind kind, err_what what, const char *text, const char *format, ...) {
    err e = {.kind = kind, .what = what, .text = text};
    va_list args;
    va_start(args, format);
    vsnprintf(e.log, sizeof e.log, format, args);
    va_end(args);
    return e;
}

err err_errno(const char *doing) {
    int code = errno;
    char reason[64];
    const char *said = strerror_r(code, reason, sizeof reason);
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return err_make(ERR_TEMP, ERR_FULL, "insufficient storage", "%s: %s", doing, said);
    case ENOENT:
        return err_make(ERR_TEMP, ERR_NOT_FOUND, "local error", "%s: %s", doing, said);
    case EACCES:
    case EPERM:
        return err_make(ERR_TEMP, ERR_DENIED, "local error", "%s: %s", doing, said);
    case EEXIST:
        return err_make(ERR_TEMP, ERR_EXISTS, "local error", "%s: %s", doing, said);
    default:
        return err_make(ERR_TEMP, ERR_IO, "local error", "%s: %s", doing, said);
    }
}

const char *err_kind_name(err_kind kind) {
    static const char *const names[] = {"none", "peer", "temp", "perm", "bug"};
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

const char *err_what_name(err_what what) {
    static const char *const names[] = {
        "other",  "syntax", "limit", "not_found", "exists",   "denied",      "over_quota",  "timeout",
        "closed", "full",   "io",    "corrupt",   "conflict", "unavailable", "unsupported", "tls",
    };
    return (size_t)what < sizeof names / sizeof *names ? names[what] : "?";
}

_Noreturn void assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "level=error event=assertion condition=\"%s\" file=%s line=%d\n", condition, file, line);
    abort();
}
