/* A strict reader of what IMAP responses are made of, to check that output follows the grammar: lists in parentheses,
 * NIL, numbers, quoted strings and literals, single spaces between. Tests only. */
#ifndef GODWIT_TEST_MIME_IMAP_READER_H
#define GODWIT_TEST_MIME_IMAP_READER_H

#include "base/str.h"

typedef enum imap_kind { IMAP_BAD, IMAP_LIST, IMAP_NIL, IMAP_NUMBER, IMAP_STRING } imap_kind;

static inline bool imap_skip(str *s, char c) {
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

static inline bool imap_quoted(str *s) {
    while (s->n && s->p[0] != '"') {
        if (s->p[0] == '\\')
            *s = str_skip(*s, 1);
        if (s->n == 0 || s->p[0] == '\r' || s->p[0] == '\n' || s->p[0] == 0 || (unsigned char)s->p[0] > 127)
            return false;
        *s = str_skip(*s, 1);
    }
    return imap_skip(s, '"');
}

static inline bool imap_literal(str *s) {
    size_t close = str_find(*s, '}');
    uint64_t n;
    if (close == STR_NONE || !str_to_u64(str_sub(*s, 0, close), SIZE_MAX, &n))
        return false;
    *s = str_skip(*s, close + 1);
    if (!str_starts(*s, S("\r\n")) || s->n - 2 < n || str_has_byte(str_sub(*s, 2, n), 0))
        return false;
    *s = str_skip(*s, 2 + n);
    return true;
}

static inline imap_kind imap_value(str *s);

/* After '(': values with a space between, but for lists, which may follow each other directly as in body-type-mpart
 * and env-from. */
static inline bool imap_list(str *s) {
    imap_kind last = IMAP_BAD;
    for (bool first = true; !imap_skip(s, ')'); first = false) {
        bool space = !first && imap_skip(s, ' ');
        imap_kind kind = imap_value(s);
        if (kind == IMAP_BAD || (!first && !space && (kind != IMAP_LIST || last != IMAP_LIST)))
            return false;
        last = kind;
    }
    return last != IMAP_BAD; /* no list in these responses is empty */
}

static inline imap_kind imap_value(str *s) {
    if (imap_skip(s, '('))
        return imap_list(s) ? IMAP_LIST : IMAP_BAD;
    if (imap_skip(s, '"'))
        return imap_quoted(s) ? IMAP_STRING : IMAP_BAD;
    if (imap_skip(s, '{'))
        return imap_literal(s) ? IMAP_STRING : IMAP_BAD;
    if (str_starts(*s, S("NIL"))) {
        *s = str_skip(*s, 3);
        return IMAP_NIL;
    }
    size_t n = 0;
    while (n < s->n && ascii_digit(s->p[n]))
        n++;
    *s = str_skip(*s, n);
    return n ? IMAP_NUMBER : IMAP_BAD;
}

/* All of s is one list. */
static inline bool imap_is_list(str s) { return imap_value(&s) == IMAP_LIST && s.n == 0; }

#endif
