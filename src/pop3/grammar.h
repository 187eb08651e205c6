/* The words of POP3 (RFC 1939 3, RFC 2449 4): lines, commands, and the bodies of multi-line answers.
 *
 * Pure functions; called by the session on a loop, by tests and fuzz targets. Slices point into the input. */
#ifndef GODWIT_POP3_GRAMMAR_H
#define GODWIT_POP3_GRAMMAR_H

#include "base/buf.h"

enum {
    POP3_LINE_MOST = 512,        /* bytes with CRLF; RFC 2449 4 asks for 255 */
    POP3_SASL_LINE_MOST = 12290, /* RFC 5034 4: 12288 characters and CRLF */
};

typedef enum pop3_cut { POP3_CUT_MORE, POP3_CUT_LINE, POP3_CUT_LONG } pop3_cut;
/* The first line of the input, without its end: CRLF, or LF alone. `used`: how much of the input it took. A line that
 * is longer than `most`, or will be: POP3_CUT_LONG, with everything up to its end (or all there is) in `used`. */
pop3_cut pop3_line(str in, size_t most, str *line, size_t *used);
/* How long the line that begins the input may be. */
size_t pop3_line_most(str in, bool in_sasl);

typedef struct pop3_words {
    str keyword;
    str argument; /* everything behind the first space */
    bool has_argument;
} pop3_words;
/* False for an empty line, control characters, or bytes that are not UTF-8. */
bool pop3_parse(str line, pop3_words *out);
/* Exactly n decimal numbers, parted by spaces. */
bool pop3_numbers(str argument, size_t n, uint32_t *out);

/* A message on its way out, piece by piece (RFC 1939 3 and 7): lines that begin with a dot get a second one. Only CRLF
 * ends a line here, so that a client that does it as the RFC says has every byte as it was. */
typedef struct pop3_body {
    uint64_t lines_left; /* TOP: of the text, behind the header */
    bool top;
    bool in_header;
    bool at_start; /* of a line */
    bool empty;    /* nothing but CR in this line so far; here LF alone ends a line too */
    bool done;     /* TOP: no more is wanted */
    char last;
} pop3_body;
void pop3_body_all(pop3_body *b);
void pop3_body_top(pop3_body *b, uint64_t lines);
void pop3_body_add(pop3_body *b, str piece, buf *out);
void pop3_body_end(pop3_body *b, buf *out); /* the final dot, on a line of its own whatever came before */

#endif
