/* The options mechanism: one table is the only truth about what can be configured.
 *
 * A table row names section, option, type, range, default and one line of help, and where the value
 * lives (an offset into the caller's structure). The file reader, `godwit check`, the man page and the
 * reference come from the table. Pure; runs at start and at reload, off the loops. */
#ifndef GODWIT_BASE_OPTIONS_H
#define GODWIT_BASE_OPTIONS_H

#include "base/arena.h"
#include "base/err.h"

typedef enum option_type {
    OPTION_BOOL,     /* bool: yes/no/true/false/on/off/1/0 */
    OPTION_COUNT,    /* uint64_t */
    OPTION_SIZE,     /* uint64_t bytes; suffixes K M G (powers of 1024) */
    OPTION_DURATION, /* int64_t milliseconds; suffixes ms s m h d, default s */
    OPTION_TEXT,     /* str, lives in the arena */
    OPTION_CHOICE,   /* int: index into choices */
    OPTION_LIST,     /* option_list: words separated by blanks or commas, at most LIMIT_OPTION_LIST */
} option_type;

typedef struct option_list {
    str *items;
    size_t n;
} option_list;

typedef struct option {
    const char *section; /* "smtp", or "listener" for `[listener "name"]` */
    const char *name;    /* "max-size" */
    option_type type;
    size_t offset;              /* offsetof(the structure, field) */
    const char *initial;        /* the default, as text in the same grammar */
    int64_t least, most;        /* range of COUNT, SIZE, DURATION (ms); most 0: no upper end */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    const char *help;           /* one line, ends with a full stop */
} option;

/* Writes every default of the rows of `section` into `target`. */
err options_defaults(const option *table, size_t rows, const char *section, void *target, arena *a) MUST_USE;
/* Sets one option; the error's log text says what is wrong and what would be right. ERR_NOT_FOUND: no such
 * option; ERR_SYNTAX: not of its type; ERR_LIMIT: out of range. On failure the old value stays. */
err options_set(const option *table, size_t rows, str section, str name, str value, void *target, arena *a) MUST_USE;
/* The row, or NULL; `near` (may be NULL) gets the most similar name of the section for "did you mean". */
const option *options_find(const option *table, size_t rows, str section, str name, const option **near);
/* The current value of a row as text in the grammar of the file. */
str options_print(const option *row, const void *target, arena *a); /* p == NULL when the arena is full */

bool size_parse(str s, uint64_t *out);       /* "25M" */
bool duration_parse(str s, int64_t *out_ms); /* "5m", "1h30m", "90" is seconds */

#endif
