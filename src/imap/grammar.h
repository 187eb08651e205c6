/* The tokens of IMAP (RFC 9051 9) over one collected command.
 *
 * Pure functions: each takes its token from the front of `rest` and answers true, or answers false and the command is
 * wrong. Slices point into the command; only quoted strings with escapes are copied to the arena. NUL is never let
 * through. Called by the command files, and by imap/envelope to read back what the store rendered. */
#ifndef GODWIT_IMAP_GRAMMAR_H
#define GODWIT_IMAP_GRAMMAR_H

#include "base/arena.h"

typedef struct imap_scan {
    str rest;
    arena *memory;
} imap_scan;

bool imap_scan_byte(imap_scan *s, char c);
bool imap_scan_sp(imap_scan *s);             /* one SP */
bool imap_scan_end(imap_scan *s);            /* nothing but blanks is left */
bool imap_scan_word(imap_scan *s, str word); /* these letters, any case; nothing is taken when they are not there */

bool imap_scan_tag(imap_scan *s, str *out);
bool imap_scan_atom(imap_scan *s, str *out);
bool imap_scan_string(imap_scan *s, str *out);  /* quoted or literal */
bool imap_scan_astring(imap_scan *s, str *out); /* atom with ']', or string */
bool imap_scan_nstring(imap_scan *s, str *out, bool *nil);
bool imap_scan_list_mailbox(imap_scan *s, str *out); /* with wildcards, or string */
bool imap_scan_flag(imap_scan *s, str *out);         /* "\Seen" or a keyword */

bool imap_scan_number(imap_scan *s, uint32_t *out);
bool imap_scan_number64(imap_scan *s, uint64_t *out);
bool imap_scan_nz_number(imap_scan *s, uint32_t *out);

/* "{n}" CRLF whose bytes were streamed elsewhere: takes the announcement alone. `binary` for "~{n}". */
bool imap_scan_streamed(imap_scan *s, bool *binary);

#endif
