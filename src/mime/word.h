/* RFC 2047 encoded words and charsets. Pure functions, but that a thread keeps the iconv tables it has opened.
 * UTF-8, US-ASCII, ISO-8859-1 and windows-1252 are built in. Other tables are files: until charset_preload
 * has run, call in offload or thread, not on a loop. */
#ifndef GODWIT_MIME_WORD_H
#define GODWIT_MIME_WORD_H

#include "base/buf.h"

/* Appends the text with its encoded words decoded, as valid UTF-8. A word cannot bring in a CR, LF or NUL
 * (each is a space): what was one header line stays one line. */
bool word_decode(buf *out, str value);
/* Appends text as it may stand in a header: ASCII as it is, else UTF-8 B or Q words of at most 75 characters.
 * Bad UTF-8 is repaired; CR, LF and NUL become spaces; blanks at both ends, which a header cannot keep, are left out.
 */
bool word_encode(buf *out, str text);
/* The same for a phrase (a display name, RFC 2047 5 (3)): all of it becomes words. */
bool word_encode_phrase(buf *out, str text);

/* Converts bytes in a charset to valid UTF-8 (bad bytes as U+FFFD; an unknown charset as windows-1252). False when
 * over. Without a charset, and for US-ASCII, bytes above 127 are read as UTF-8 if they are that, else as windows-1252.
 */
bool charset_to_utf8(buf *out, str charset, str bytes);

/* Opens all tables, so that they stay loaded for all threads: once at start, before the process locks its files away.
 */
void charset_preload(void);

#endif
