/* What a FETCH asks for (RFC 9051 6.4.5, RFC 7162 3.1.4), parsed.
 *
 * Pure; lives in the command's arena. At most IMAP_FETCH_ITEMS items. Called by imap/cmd_fetch; carried out by
 * imap/fetch. */
#ifndef GODWIT_IMAP_FETCH_ITEM_H
#define GODWIT_IMAP_FETCH_ITEM_H

#include "imap/grammar.h"

enum { IMAP_FETCH_ITEMS = 200, IMAP_SECTION_DEPTH = 64, IMAP_SECTION_FIELDS = 1000 };

typedef enum imap_fetch_kind {
    FETCH_FLAGS,
    FETCH_INTERNALDATE,
    FETCH_SIZE,
    FETCH_ENVELOPE,
    FETCH_STRUCTURE, /* BODYSTRUCTURE */
    FETCH_BASIC,     /* BODY: the structure without extension data */
    FETCH_UID,
    FETCH_MODSEQ,
    FETCH_SECTION, /* BODY[...], RFC822, RFC822.HEADER, RFC822.TEXT */
    FETCH_BINARY,
    FETCH_BINARY_SIZE,
} imap_fetch_kind;

typedef enum imap_section {
    SECTION_ALL, /* of the message, or with numbers the part's content */
    SECTION_HEADER,
    SECTION_FIELDS, /* HEADER.FIELDS */
    SECTION_FIELDS_NOT,
    SECTION_TEXT,
    SECTION_MIME,
} imap_section;

typedef struct imap_fetch_item {
    imap_fetch_kind kind;
    imap_section section;
    const uint32_t *numbers; /* of the part; none: the message */
    size_t numbers_n;
    const str *fields;
    size_t fields_n;
    bool peek, partial;
    uint64_t offset, length; /* of a partial */
    str label;               /* as the answer names it: "BODY[1.MIME]<0>" */
} imap_fetch_item;

typedef struct imap_fetch {
    imap_fetch_item *items;
    size_t n;
    bool has_uid, has_flags, has_modseq;
    bool sets_seen; /* an item that is no peek */
    bool wants_envelope, wants_structure;
    uint64_t changed_since; /* 0: all */
} imap_fetch;

/* Items or a macro, then the modifiers. False: wrong, or more items than allowed. */
bool imap_scan_fetch(imap_scan *s, imap_fetch *out);
/* Adds an item the answer must have though it was not asked for. */
void imap_fetch_add(imap_fetch *f, imap_fetch_kind kind);

#endif
