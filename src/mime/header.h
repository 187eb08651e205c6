/* The header of a message or part as fields with their raw bytes kept.
 *
 * A field ends at CRLF not followed by SP or TAB (a bare LF or CR never ends one: smuggling); the
 * header ends at the empty line. Pure functions over slices. Called by mail, imap, store, smtp. */
#ifndef GODWIT_MIME_HEADER_H
#define GODWIT_MIME_HEADER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

typedef struct header_field {
    str raw;   /* all bytes with the final CRLF */
    str name;  /* as written */
    str value; /* after the colon, folds and all, without the final CRLF */
} header_field;

/* Walks the fields of `rest`; false at the empty line (consumed) or at the end. A line that is no
 * field is given with an empty name. */
bool header_next(str *rest, header_field *out);

/* Length of the header with the empty line; message.n when there is none. */
size_t header_size(str message);

/* The first field of that name (ASCII case); false when absent. `header` may be the whole message. */
bool header_find(str header, str name, header_field *out);
size_t header_count(str header, str name);

/* Unfolds: CRLF before blanks is removed, blanks at both ends too. Returns the input when nothing is folded;
 * p == NULL when the arena is spent. A bare CR or LF stays. */
str header_unfold(str value, arena *a);
/* Unfolded and RFC 2047 words decoded, as valid UTF-8; p == NULL when the arena is spent. */
str header_text(str value, arena *a);

/* A structured value with parameters: `form-data; name="x"; filename*=utf-8''…` with RFC 2231 continuations,
 * charsets and the broken variants found in the wild. Never fails on bytes, only when the arena is spent.
 * Of a parameter given twice the first counts; those past LIMIT_MIME_PARAMS are not read. */
typedef struct header_param {
    str name;     /* lower case */
    str value;    /* UTF-8; CR, LF and NUL that an encoding hid are spaces */
    str raw_name; /* for IMAP: with a '*' behind when the raw value is charset'language'percent-encoded */
    str raw;      /* continuations joined, quotes gone, nothing else decoded */
} header_param;
typedef struct header_params {
    str value; /* before the first ';', trimmed, as written */
    header_param *params;
    size_t n;
} header_params;
err header_params_parse(str value, arena *a, header_params *out) MUST_USE;
str header_param_get(const header_params *p, str name); /* p == NULL when absent */

/* Appends "Name: value\r\n" folded at 78 columns where blanks allow, 998 always (RFC 5322 2.1.1): a word longer than
 * that is broken, and of more than 256 blanks in a row some are left out. Unfolding gives the value without blanks at
 * its ends. A CR, LF or NUL in name or value is refused (false, nothing is added): no header injection. */
bool header_print(buf *out, str name, str value);

#endif
