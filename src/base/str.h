/* Slices: a view of bytes with a length. A str never owns and never needs a NUL.
 *
 * Used by everybody. Pure functions, callable from loops, fibers and threads.
 * C strings exist only at the edges to libc and libraries (see arena_cstr). */
#ifndef GODWIT_BASE_STR_H
#define GODWIT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/banned.h"

typedef struct str {
    const char *p; /* may be NULL only when n is 0 */
    size_t n;
} str;

/* "Not found" of the str_find family. */
#define STR_NONE SIZE_MAX

/* A slice of a string literal, at no cost. */
#define S(literal) ((str){"" literal, sizeof(literal) - 1})

/* For printf: printf("%.*s", STR_ARG(s)); lengths beyond INT_MAX are cut. */
#define STR_ARG(s) ((s).n > INT32_MAX ? INT32_MAX : (int)(s).n), ((s).p ? (s).p : "")

str str_of(const char *p, size_t n);
str str_c(const char *z); /* from a C string; NULL gives the empty slice */

static inline bool str_empty(str s) { return s.n == 0; }

bool str_eq(str a, str b);
bool str_caseeq(str a, str b); /* ASCII case only */
int str_cmp(str a, str b);     /* bytewise, like memcmp, shorter first */
int str_casecmp(str a, str b);
bool str_starts(str s, str prefix);
bool str_casestarts(str s, str prefix);
bool str_ends(str s, str suffix);

/* Sub-slices; positions past the end give what there is, never an error. */
str str_sub(str s, size_t from, size_t n);
str str_skip(str s, size_t n);
str str_trim(str s); /* without SP and TAB at both ends */

size_t str_find(str s, char c);         /* first position, or STR_NONE */
size_t str_rfind(str s, char c);        /* last position, or STR_NONE */
size_t str_find_str(str s, str needle); /* linear time; the empty needle is found at 0 */
size_t str_casefind(str s, str needle); /* the same, ASCII case folded */
bool str_has_byte(str s, char c);

/* Cuts `rest` at the first `sep`: the part before goes to `head`, the part after
 * stays in `rest`. False when rest is exhausted (p == NULL); the last piece may be empty. */
bool str_cut(str *rest, char sep, str *head);

/* One line including its LF from the front of `rest`; false when there is no LF. */
bool str_cut_line(str *rest, str *line);

/* Whole slice as an unsigned decimal no larger than max. No sign, no blanks, no empty slice. */
bool str_to_u64(str s, uint64_t max, uint64_t *out);
bool str_to_u32(str s, uint32_t max, uint32_t *out);

/* ASCII classes that ignore the locale. */
static inline bool ascii_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool ascii_upper(char c) { return c >= 'A' && c <= 'Z'; }
static inline bool ascii_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool ascii_alpha(char c) { return ascii_upper(c) || ascii_lower(c); }
static inline bool ascii_blank(char c) { return c == ' ' || c == '\t'; }
static inline bool ascii_alnum(char c) { return ascii_alpha(c) || ascii_digit(c); }
static inline char ascii_to_lower(char c) { return ascii_upper(c) ? (char)(c + 32) : c; }
static inline char ascii_to_upper(char c) { return ascii_lower(c) ? (char)(c - 32) : c; }

#endif
