/* Errors as small values that say what to do.
 *
 * A function that can fail returns err; ERR_NONE (kind 0) is success. `kind` decides what happens
 * next, `what` names the condition for code that must tell cases apart, `text` may be shown to the
 * peer (a static string, no secrets), `log` is for the operator. Low layers return errors; the
 * owner of the decision logs once. */
#ifndef GODWIT_BASE_ERR_H
#define GODWIT_BASE_ERR_H

#include "base/str.h"

typedef enum err_kind {
    ERR_NONE = 0,
    ERR_PEER, /* their fault: say so, go on */
    ERR_TEMP, /* try again later */
    ERR_PERM, /* never will work */
    ERR_BUG,  /* our fault: log loudly, answer as temporary */
} err_kind;

typedef enum err_what {
    ERR_WHAT_OTHER = 0,
    ERR_SYNTAX, /* bytes that do not follow their grammar */
    ERR_LIMIT,  /* a budget or limit was reached */
    ERR_NOT_FOUND,
    ERR_EXISTS,
    ERR_DENIED, /* the authorisation gate said no, or wrong credentials */
    ERR_OVER_QUOTA,
    ERR_TIMEOUT,     /* a deadline passed */
    ERR_CLOSED,      /* the other side is gone */
    ERR_FULL,        /* no space on the device */
    ERR_IO,          /* the device failed */
    ERR_CORRUPT,     /* stored data failed its checksum, signed data its signature */
    ERR_CONFLICT,    /* somebody else changed it, or it is in use */
    ERR_UNAVAILABLE, /* a service we need does not answer */
    ERR_UNSUPPORTED,
    ERR_TLS,
} err_what;

typedef struct err {
    err_kind kind;
    err_what what;
    const char *text; /* static; for the peer */
    char log[112];    /* for the operator; may be empty */
} err;

#define OK ((err){.kind = ERR_NONE})

static inline bool failed(err e) { return e.kind != ERR_NONE; }

/* Leaves the function with the error when there is one. */
#define TRY(expression) \
    do { \
        err try_error = (expression); \
        if (try_error.kind != ERR_NONE) \
            return try_error; \
    } while (0)

#define MUST_USE __attribute__((warn_unused_result))

/* text: static. The format makes the log text; pass "" for none. */
err err_make(err_kind kind, err_what what, const char *text, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
err err_errno(const char *doing); /* from errno: ENOSPC is ERR_FULL, EIO is ERR_IO, all ERR_TEMP */

const char *err_kind_name(err_kind kind);
const char *err_what_name(err_what what);

/* On in production, for our own bugs only, never for input: logs and aborts. */
#define ASSERT(condition) \
    do { \
        if (!(condition)) \
            assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)
_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
