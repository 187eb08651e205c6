/* Building messages: bounces, reports, notices, `godwit send`. Pure; everything passes header_print, so nothing
 * can be injected. CRLF line ends throughout. */
#ifndef GODWIT_MIME_BUILD_H
#define GODWIT_MIME_BUILD_H

#include "mime/address.h"
#include "mime/date.h"
#include "mime/header.h"

typedef struct build {
    buf *out;
    char boundary[40];
    bool failed; /* sticky: over or refused; checked once at the end by build_end */
} build;

void build_begin(build *b, buf *out);
/* The value is a header value already: ASCII, or UTF-8 for SMTPUTF8. */
void build_header(build *b, str name, str value);
/* Unstructured text, encoded as needed. */
void build_text_header(build *b, str name, str utf8);
void build_date(build *b, mime_date d);
/* Random, in the host's name. */
void build_message_id(build *b, str host);
/* A single text/plain part: headers and body; 7bit, qp or base64 as it needs. */
void build_body_text(build *b, str utf8);
/* "report", "; report-type=delivery-status". */
void build_multipart(build *b, str subtype, str params);

/* Inside a multipart. The type is a Content-Type value. The body goes as 7bit or 8bit: its bytes are kept, but for bare
 * CR and LF, which become CRLF, and NUL, which is left out. */
void build_part(build *b, str type, str body);
void build_part_text(build *b, str utf8);
/* Any bytes as a file, in base64; a name that is not ASCII goes by RFC 2231. */
void build_attachment(build *b, str type, str filename, str bytes);

/* Closes the multipart; false when anything failed. */
bool build_end(build *b);

/* Makes line ends CRLF (bare CR and bare LF become CRLF), for text given by programs, never for received mail. */
bool crlf_normalize(buf *out, str text);

#endif
