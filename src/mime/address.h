/* Addresses: one parser for everything, RFC 5321 (envelope) and RFC 5322 (headers), with RFC 6531/6532.
 *
 * Pure functions over slices; results live in the caller's arena or point into the input.
 * Called by smtp, mail, imap, queue, ctl. */
#ifndef GODWIT_MIME_ADDRESS_H
#define GODWIT_MIME_ADDRESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* One addr-spec, unquoted: `local` is the local part without quotes and escapes. */
typedef struct addr_spec {
    str local;
    str domain;   /* without the brackets' content changed: "[192.0.2.1]" keeps them; empty for <> and <postmaster> */
    bool literal; /* the domain is an address literal */
    bool utf8;    /* a byte above 127 somewhere: needs SMTPUTF8 */
} addr_spec;

/* A Mailbox or <path> as it stands in MAIL FROM / RCPT TO, without the angle brackets' outside:
 * `s` is all text up to and with '>'; `rest` gets what follows. A source route (RFC 5321 C) is parsed and dropped.
 * "<>" gives empty local and domain; "<postmaster>" (any case) gives that local and an empty domain.
 * A final dot of the domain is dropped. Control bytes, NUL, bare CR or LF, a domain past 255 bytes, an address past
 * LIMIT_ADDRESS: ERR_PEER/ERR_SYNTAX. (A local part past 64 bytes is let through: bounce addresses have them.)
 * UTF-8 without allow_utf8: ERR_PEER/ERR_UNSUPPORTED. */
err address_path(str s, bool allow_utf8, arena *a, addr_spec *out, str *rest) MUST_USE;
/* The same grammar without brackets and routes, nothing may follow: for configuration, command line, store.
 * The empty text is the null sender. */
err address_parse(str s, bool allow_utf8, arena *a, addr_spec *out) MUST_USE;

/* local@domain, the local part quoted when it must be; nothing for the null sender. False when over, or when there is
 * a byte that cannot be printed (no parser here lets one in). */
bool address_print(buf *out, const addr_spec *spec);

/* The form in which addresses are compared and stored: domain in lower-case A-labels (UTS 46), a final dot
 * removed, the local part NFC and case-folded, unquoted. p == NULL when the domain is no domain name (so too for the
 * null sender, postmaster alone and address literals), or when the arena is spent. */
str address_key(const addr_spec *spec, arena *a);
/* A domain alone in that form. p == NULL when it is not a valid domain name (LDH labels, 63/253 bytes). */
str domain_key(str domain, arena *a);

/* A header's address list, RFC 5322 3.4 with the obsolete forms and RFC 6854 groups. */
typedef struct address {
    enum { ADDRESS_MAILBOX, ADDRESS_GROUP_START, ADDRESS_GROUP_END } kind;
    str name;          /* of the person or group, unquoted, encoded words kept; a comment when there is no name */
    str local, domain; /* of a mailbox, unquoted; both may be empty for what cannot be read */
    str route;         /* obsolete source route, usually empty */
} address;

typedef struct address_list {
    address *items;
    size_t n;
    bool damaged; /* something could not be read; what could is there */
} address_list;

/* Never fails on bytes (lenient, linear time); only on the budget: LIMIT_ADDRESSES, arena. Even then `out` has what was
 * read before. `value` may be folded. No text in the list has CR, LF or NUL; groups are balanced and never nested. */
err address_list_parse(str value, arena *a, address_list *out) MUST_USE;
/* Prints as a header value, names as RFC 2047 words or quoted strings as they need; no folding. */
bool address_list_print(buf *out, const address_list *list);

#endif
