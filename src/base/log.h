/* Structured events: a name from the catalogue and typed fields, as logfmt or JSON lines on stderr,
 * or to journald when stderr is its stream.
 *
 * Low layers return errors; the owner of a decision logs once. Never log a secret: passwords,
 * tokens, keys and message text have no field helper. Thread-safe; may be called anywhere; one
 * write(2) a line, so lines never mix. A field value is cut at LIMIT_LOG_FIELD bytes and control
 * bytes are escaped, so no peer can forge a line.
 *
 *     log_info("smtp.accepted", lf_str("from", sender), lf_u64("size", size)); */
#ifndef GODWIT_BASE_LOG_H
#define GODWIT_BASE_LOG_H

#include "base/err.h"

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;
typedef enum log_format { LOG_LOGFMT, LOG_JSON } log_format;

typedef struct log_field {
    const char *key; /* NULL ends the list */
    enum { LF_STR, LF_I64, LF_U64, LF_BOOL } type;
    union {
        str s;
        int64_t i;
        uint64_t u;
        bool b;
    } value;
} log_field;

static inline log_field lf_str(const char *key, str s) { return (log_field){key, LF_STR, {.s = s}}; }
static inline log_field lf_i64(const char *key, int64_t i) { return (log_field){key, LF_I64, {.i = i}}; }
static inline log_field lf_u64(const char *key, uint64_t u) { return (log_field){key, LF_U64, {.u = u}}; }
static inline log_field lf_bool(const char *key, bool b) { return (log_field){key, LF_BOOL, {.b = b}}; }
log_field lf_c(const char *key, const char *z);
log_field lf_err(const err *e); /* key "error": the log text, or the peer text */

#define log_debug(event, ...) log_emit(LOG_DEBUG, event, (const log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})
#define log_info(event, ...)  log_emit(LOG_INFO, event, (const log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})
#define log_warn(event, ...)  log_emit(LOG_WARN, event, (const log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})
#define log_error(event, ...) log_emit(LOG_ERROR, event, (const log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})

void log_emit(log_level level, const char *event, const log_field *fields);
/* At start and at reload, from one thread. fd 2 unless a test captures; when that is journald's stream
 * (JOURNAL_STREAM), events go there with their fields instead of as text. */
void log_setup(log_format format, log_level least, int fd);
bool log_level_of(str name, log_level *out); /* debug, info, warn, error */

/* Tests only: where journald listens. The string must live on. */
void log_test_journal(const char *path);

#endif
