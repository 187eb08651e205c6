/* The words of an HTML text, for search and previews. Internal to mime; a pure function.
 *
 * No parser of HTML: tags, comments, scripts and styles go, blocks become lines, character references characters.
 * The result is text to look at, never to be shown as HTML. Linear time. */
#ifndef GODWIT_MIME_HTML_H
#define GODWIT_MIME_HTML_H

#include "base/buf.h"

bool html_text(buf *out, str html); /* UTF-8 in and out */

#endif
