/* The part tree of a message with byte offsets, and what IMAP shows of it.
 *
 * Pure functions over the message as it is stored; offsets count from its first byte. Budgets:
 * LIMIT_MIME_DEPTH, LIMIT_MIME_PARTS, the arena; past one of them the rest of the message is one
 * opaque part, never an error (a message is always served). Linear time. Called by store, mail, imap. */
#ifndef GODWIT_MIME_PART_H
#define GODWIT_MIME_PART_H

#include "mime/header.h"

typedef struct part {
    struct part *parent, *first, *last, *next; /* children in order; a message/rfc822 part has one child */
    size_t header_at, header_size;             /* with the empty line */
    size_t body_at, body_size;                 /* before the CRLF that belongs to the boundary */
    uint32_t body_lines;                       /* lines of the body, RFC 9051 body-fld-lines */
    str type, subtype;          /* as written; defaults filled in (RFC 2045 5.2; message/rfc822 in a digest) */
    header_params content_type; /* parameters, decoded */
    str encoding;               /* as written, "7BIT" when absent */
    header_params disposition;  /* value empty when absent */
    str id, description, md5, language, location; /* raw values, p == NULL when absent */
    bool multipart, message;                      /* has children of that kind */
} part;

typedef struct part_tree {
    str message;
    part *root;
    size_t parts;
    bool cut; /* a budget was spent: below some point nothing was parsed */
} part_tree;

err part_tree_parse(str message, arena *a, part_tree *out) MUST_USE;

/* IMAP section numbers, RFC 9051 6.4.5: {2,1} is BODY[2.1]; NULL when there is none. n == 0 is the root. */
const part *part_find(const part_tree *t, const uint32_t *numbers, size_t n);

/* ENVELOPE and BODYSTRUCTURE as they go over the wire (RFC 9051 7.5.2), parentheses included. Strings with bytes an
 * IMAP quoted string cannot carry go as literals. `extended` false gives BODY. `message` may be its header alone. An
 * address list or folded text that the arena cannot hold is cut or NIL; false only when `out` is over. */
bool envelope_print(buf *out, str message, arena *a);
bool structure_print(buf *out, const part_tree *t, const part *from, bool extended);

/* Decodes the transfer encoding (an unknown one is none); for text parts charset too (UTF-8 out, HTML as it is). False
 * when over, and for the text of a part that is none. */
bool part_decode(buf *out, const part_tree *t, const part *p);
bool part_text(buf *out, const part_tree *t, const part *p);
str part_filename(const part *p); /* decoded; empty when none */

/* What search and previews see: the decoded text of all text parts, HTML without its tags, with a line end between
 * parts; at most out->max bytes (that is no error), and no more work than so many need. */
void message_text(buf *out, const part_tree *t);

#endif
