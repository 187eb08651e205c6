/* A streaming JSON writer (RFC 8259) onto a bounded buffer: commas, quoting and escapes in one place.
 *
 * Used by the structured log, `--json` output and the REST API. It keeps no reference to what it has
 * written, so the buffer may be sent and emptied (buf_consume) while a long document is being made.
 * Strings may hold any bytes: invalid UTF-8 becomes U+FFFD, and every code point that ends a line or
 * steers a terminal is escaped. Overflow is the buffer's: check buf.over once at the end.
 * Calls in an order that gives no JSON (a value without a key in an object, too many ends) are our
 * bugs and assert. Pure; callable anywhere.
 *
 *     json j = json_begin(&out);
 *     json_object(&j);
 *     json_key(&j, S("size"));
 *     json_u64(&j, size);
 *     json_put_str(&j, "from", sender);
 *     json_end(&j); */
#ifndef GODWIT_BASE_JSON_H
#define GODWIT_BASE_JSON_H

#include "base/buf.h"

enum { JSON_DEPTH = 32 }; /* deepest nesting of what we write */

typedef struct json {
    buf *out;
    unsigned depth;
    bool keyed;       /* a key was written, its value is next */
    uint64_t objects; /* bit d: level d is an object (else an array) */
    uint64_t filled;  /* bit d: level d has a member already */
} json;

json json_begin(buf *out);

void json_object(json *j); /* opens "{" */
void json_array(json *j);  /* opens "[" */
void json_end(json *j);    /* closes the innermost object or array */
void json_key(json *j, str key);

void json_str(json *j, str s);
void json_i64(json *j, int64_t v);
void json_u64(json *j, uint64_t v);
void json_bool(json *j, bool v);
void json_null(json *j);
void json_raw(json *j, str text); /* a value that is JSON already */

/* Key and value at once. */
void json_put_str(json *j, const char *key, str s);
void json_put_i64(json *j, const char *key, int64_t v);
void json_put_u64(json *j, const char *key, uint64_t v);
void json_put_bool(json *j, const char *key, bool v);
void json_put_null(json *j, const char *key);

/* A JSON string with its quotes, without a writer. */
bool json_quote(buf *out, str s);

#endif
