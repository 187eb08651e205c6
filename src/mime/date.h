/* Dates: RFC 5322 3.3 with obsolete forms, and IMAP's internal date. Pure functions, callable from anywhere; called by
 * mail, imap, store and build. Printing refuses what parsing could not read back (a local year outside 1900-9999, a
 * zone of more than 99:59). */
#ifndef GODWIT_MIME_DATE_H
#define GODWIT_MIME_DATE_H

#include "base/buf.h"

typedef struct mime_date {
    int64_t at; /* Unix seconds */
    int zone;   /* minutes east of UTC as written */
} mime_date;

bool date_parse(str value, mime_date *out);               /* comments and folds allowed; years 1900-9999 */
bool date_print(buf *out, mime_date d);                   /* "Sat, 21 Nov 2026 01:54:26 +0000" */
bool date_parse_imap(str quoted_content, mime_date *out); /* "21-Nov-2026 01:54:26 +0000", RFC 9051 date-time */
bool date_print_imap(buf *out, mime_date d);

#endif
