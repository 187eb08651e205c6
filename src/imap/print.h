/* How values look on the wire (RFC 9051 9): strings, mailbox names, flags, dates, and the response codes of RFC 5530.
 *
 * Pure; append to the caller's buffer. Called by every command. */
#ifndef GODWIT_IMAP_PRINT_H
#define GODWIT_IMAP_PRINT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "store/store.h"

bool imap_print_string(buf *out, str s);  /* quoted when it can be, else a literal; NUL becomes 0x80 */
bool imap_print_astring(buf *out, str s); /* an atom when it can be */
/* A mailbox name (UTF-8): modified UTF-7, or with `utf8` as it is. */
bool imap_print_mailbox(buf *out, str name, bool utf8);

/* "\Seen \Flagged work"; bits without a keyword are left out. */
bool imap_print_flags(buf *out, uint64_t flags, const str *keywords, size_t keywords_n);
uint64_t imap_flag_of(str name);              /* FLAG_SEEN ..., 0 for a name that is no system flag */
str imap_special_name(store_special special); /* "\Drafts"; "" for none */
store_special imap_special_of(str name);

bool imap_print_date(buf *out, int64_t at, int zone); /* quoted date-time */

/* The response code of an error with its bracket and a blank behind, "[NONEXISTENT] "; "" when there is none to say. */
str imap_error_code(const err *e);

#endif
