/* The grammar of SMTP commands: lines, words, parameters, xtext. RFC 5321 4.1.1, 1870, 3030, 3461, 4954, 6152, 6531.
 *
 * Pure functions over slices; nothing is allocated, results point into the input. Addresses are read by
 * mime/address.h, the one address parser of the house. Called by the sessions here and by the client; anywhere. */
#ifndef GODWIT_SMTP_GRAMMAR_H
#define GODWIT_SMTP_GRAMMAR_H

#include "base/buf.h"
#include "base/err.h"

/* ---- lines and words ---- */

typedef enum smtp_line_kind {
    SMTP_LINE_NONE,    /* no line end yet; nothing used */
    SMTP_LINE_WHOLE,   /* ended by CRLF, nothing wrong inside */
    SMTP_LINE_BAD,     /* ended by CRLF, with a bare CR or a NUL inside */
    SMTP_LINE_BARE_LF, /* a LF without its CR: ends no command (RFC 5321 2.3.8); used up to and with it */
} smtp_line_kind;
smtp_line_kind smtp_line_take(str in, str *line, size_t *used);

/* "VERB arguments": blanks around the arguments are dropped. */
void smtp_words(str line, str *verb, str *args);

/* The path of "FROM:<...>" or "TO:<...>" with all behind it, from the '<'. False when `prefix` or the bracket is
 * missing. */
bool smtp_path_argument(str args, str prefix, str *path);

/* What may stand behind HELO, EHLO, LHLO: one printable word of at most 255 bytes. What it claims is never believed. */
bool smtp_hello_valid(str name);

/* ---- parameters of MAIL and RCPT ---- */

typedef struct smtp_param {
    str keyword;
    str value; /* p == NULL without "=" */
} smtp_param;
typedef enum smtp_param_next { SMTP_PARAM_END, SMTP_PARAM_ONE, SMTP_PARAM_BAD } smtp_param_next;
/* Walks " KEYWORD[=value]" (RFC 5321 4.1.2 Mail-parameters). */
smtp_param_next smtp_param_take(str *rest, smtp_param *out);

typedef enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME } smtp_body;

typedef struct smtp_mail_params {
    uint64_t size; /* 0 when not declared */
    smtp_body body;
    bool smtputf8;
    bool ret_headers; /* RET=HDRS */
    str envid;        /* xtext as it came; "" when absent */
    str auth;         /* xtext as it came; "" when absent */
} smtp_mail_params;
/* ERR_SYNTAX: 501 5.5.4; ERR_UNSUPPORTED: 555 5.5.4 (a parameter not known). */
err smtp_mail_params_parse(str rest, smtp_mail_params *out) MUST_USE;

typedef struct smtp_rcpt_params {
    unsigned notify; /* NOTIFY_ bits of store/store.h */
    str orcpt;       /* "rfc822;xtext" as it came; "" when absent */
} smtp_rcpt_params;
err smtp_rcpt_params_parse(str rest, smtp_rcpt_params *out) MUST_USE;

/* RFC 3461 4. Decoding refuses what is no xtext and what decodes to a control byte, so that no decoded value can carry
 * a line. */
bool smtp_xtext_decode(buf *out, str in);
bool smtp_xtext_encode(buf *out, str in);
/* "rfc822;xtext" or "utf-8;..." (RFC 6533 3) to "type;address" in plain text. */
bool smtp_orcpt_decode(buf *out, str in);

/* ---- BDAT, AUTH ---- */

typedef enum smtp_bdat {
    SMTP_BDAT_OK,
    SMTP_BDAT_TAIL,    /* the size is known, what follows it is wrong: the chunk can be thrown away */
    SMTP_BDAT_UNKNOWN, /* no size can be read, or it is beyond 2^64: where the next command begins cannot be known */
} smtp_bdat;
smtp_bdat smtp_bdat_parse(str args, uint64_t *size, bool *last);

/* "MECHANISM [initial-response]"; an initial response of "=" is an empty one (RFC 4954 4). */
bool smtp_auth_parse(str args, str *mechanism, bool *has_initial, str *initial);

#endif
