/* The lexical pieces RFC 5322 3.2 builds everything from: blanks, comments, quoted strings, atoms.
 *
 * Internal to mime: address, date and parameter parsers share them, so that a comment or a quoted
 * string means the same everywhere. Pure functions over slices; each moves `s` forward over what it
 * read, never recurses, and reads each byte once. Text handed out never holds CR, LF or NUL. */
#ifndef GODWIT_MIME_LEX_H
#define GODWIT_MIME_LEX_H

#include "base/buf.h"

/* SP, TAB, and the CR and LF of folds (a bare one is a blank here, it never ends anything). */
static inline bool lex_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool lex_atext(char c); /* RFC 5322 3.2.3, with bytes above 127 (RFC 6532 3.2) */
bool lex_token(char c); /* RFC 2045 5.1 */

/* True when s is a dot-atom: atoms with single dots between. */
bool lex_dot_atom(str s);

void lex_skip_blanks(str *s);
/* Blanks and comments. */
void lex_skip_cfws(str *s);

/* At '(': the comment with those nested in it. `text` (may be NULL) gets its content, escapes resolved.
 * False when it was not closed: all of s is consumed then. */
bool lex_comment(str *s, buf *text);
/* At '"': a quoted string, the same way. */
bool lex_quoted(str *s, buf *text);

/* Appends s as a quoted string; false when it has CR, LF or NUL, which no escape can carry, or when over. */
bool lex_quote(buf *out, str s);

/* Appends s without CR, LF and NUL. */
void lex_add_clean(buf *out, str s);
/* Makes the text from position `from` on one line: CR, LF and NUL become spaces. */
void lex_one_line(buf *text, size_t from);

#endif
