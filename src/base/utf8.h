/* UTF-8. Pure functions. */
#ifndef GODWIT_BASE_UTF8_H
#define GODWIT_BASE_UTF8_H

#include "base/buf.h"

bool utf8_valid(str s);                       /* RFC 3629: no surrogates, no overlong forms */
bool utf8_is_ascii(str s);                    /* no byte above 127 */
bool utf8_add(buf *out, uint32_t code_point); /* what is no character becomes U+FFFD */
/* Decodes one code point from the front of *s; a bad byte gives U+FFFD and moves on by one. False at the end. */
bool utf8_next(str *s, uint32_t *code_point);
/* Copies s with every bad byte as U+FFFD. */
bool utf8_repair(buf *out, str s);
/* The longest prefix of at most n bytes that cuts no character. */
str utf8_prefix(str s, size_t n);
/* Code points that end a line, steer a terminal or turn the reading direction: never to be shown as they are. */
bool utf8_unprintable(uint32_t code_point);
/* Appends bytes of a peer as one line of text: bytes that are no character, and unprintable ones, as \xNN; with
 * ascii_only all above 127 too. */
bool utf8_escape(buf *out, str bytes, bool ascii_only);

#endif
