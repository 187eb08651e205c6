/* A SEARCH program (RFC 9051 6.4.4, RFC 4731, RFC 7162 3.1.5, RFC 5032), parsed into a tree.
 *
 * Pure; lives in the command's arena. At most IMAP_SEARCH_KEYS keys, nested at most IMAP_SEARCH_DEPTH deep: past one of
 * them the command is refused. Called by imap/cmd_search; evaluated by imap/search_match. */
#ifndef GODWIT_IMAP_SEARCH_KEY_H
#define GODWIT_IMAP_SEARCH_KEY_H

#include "imap/sequence.h"

enum { IMAP_SEARCH_KEYS = 2000, IMAP_SEARCH_DEPTH = 32 };

typedef enum imap_search_kind {
    SEARCH_AND,      /* all children; none: every message */
    SEARCH_OR,       /* one of its two children */
    SEARCH_NOT,      /* its one child */
    SEARCH_NOTHING,  /* RECENT, NEW: this server knows no \Recent (RFC 9051 dropped it) */
    SEARCH_FLAG,     /* flag */
    SEARCH_KEYWORD,  /* text: its name */
    SEARCH_SEQUENCE, /* set, of sequence numbers */
    SEARCH_UID,      /* set */
    SEARCH_LARGER,   /* number */
    SEARCH_SMALLER,
    SEARCH_BEFORE, /* number: day (since 1970) of the internal date */
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_OLDER, /* number: seconds, RFC 5032 */
    SEARCH_YOUNGER,
    SEARCH_MODSEQ,     /* number: at least */
    SEARCH_SENTBEFORE, /* from here on the envelope is needed */
    SEARCH_SENTON,
    SEARCH_SENTSINCE,
    SEARCH_FROM, /* text */
    SEARCH_TO,
    SEARCH_CC,
    SEARCH_BCC,
    SEARCH_SUBJECT,
    SEARCH_HEADER, /* field, text: the header is needed */
    SEARCH_BODY,   /* the whole message is needed */
    SEARCH_TEXT,
} imap_search_kind;

typedef struct imap_search_key {
    imap_search_kind kind;
    struct imap_search_key *first, *next; /* children; next child of the same parent */
    uint64_t flag, number;
    str field;
    str text;      /* as given: UTF-8 */
    bool by_bytes; /* ASCII: letters compare without case as they stand */
    imap_set set;
} imap_search_key;

enum { RETURN_MIN = 1, RETURN_MAX = 2, RETURN_ALL = 4, RETURN_COUNT = 8, RETURN_SAVE = 16 };

typedef struct imap_search {
    imap_search_key *root; /* SEARCH_AND */
    bool extended;         /* RETURN was said: the answer is ESEARCH */
    unsigned returns;
    bool bad_charset; /* parsed no further: answer BADCHARSET */
    bool has_modseq;
    bool has_envelope;         /* some key can be answered from it */
    bool has_header, has_text; /* some key needs the header, the whole message */
    size_t keys;
} imap_search;

/* All of the command's arguments. */
bool imap_scan_search(imap_scan *s, imap_search *out);

#endif
