/* Encodings of bytes as text. Pure functions; append to the caller's bounded buffer.
 *
 * Decoders return false on input that does not follow the grammar (the buffer may hold a prefix
 * then) and when the buffer is over. */
#ifndef GODWIT_BASE_CODEC_H
#define GODWIT_BASE_CODEC_H

#include "base/buf.h"

bool hex_encode(buf *out, str in); /* lower case */
bool hex_decode(buf *out, str in); /* either case */
int hex_value(char c);             /* of one digit, or -1 */

/* RFC 4648 4. Strict: padding needed, no blanks, no bits left over. */
bool base64_encode(buf *out, str in);
bool base64_decode(buf *out, str in);

/* RFC 2045 6.8, for bodies: lines of at most `width` characters (a multiple of 4, 76 usual), each ended by CRLF. */
bool base64_encode_lines(buf *out, str in, size_t width);
/* Lenient as mail needs it: skips anything outside the alphabet, stops at padding, forgives a missing end. */
void base64_decode_loose(buf *out, str in);

/* RFC 2045 6.7. Encodes text with CRLF line ends kept; decodes leniently (a bad escape stays as it came). */
bool qp_encode(buf *out, str in);
void qp_decode(buf *out, str in);

/* RFC 4648 5 without padding, for names in URLs and files. */
bool base64url_encode(buf *out, str in);
bool base64url_decode(buf *out, str in);

#endif
