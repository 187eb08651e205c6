/* The three forms of one log event: logfmt, JSON, and the native datagram of journald.
 *
 * Called by base/log.c alone, apart so that the forms can be tested without descriptors. Pure functions;
 * append to the caller's bounded buffer. A line always comes out whole: fields that no longer fit are left
 * out and `cut=true` says so. */
#ifndef GODWIT_BASE_LOG_LINE_H
#define GODWIT_BASE_LOG_LINE_H

#include "base/buf.h"
#include "base/log.h"

typedef struct log_event {
    int64_t at_ms; /* Unix milliseconds; < 0: the line carries no time (journald adds its own) */
    log_level level;
    const char *name;
    const log_field *fields; /* ended by a NULL key; NULL for none */
} log_event;

void log_line_logfmt(buf *out, const log_event *event); /* ends with LF */
void log_line_json(buf *out, const log_event *event);   /* ends with LF */
/* https://systemd.io/JOURNAL_NATIVE_PROTOCOL: the message in logfmt, and each field as GODWIT_<KEY>. */
void log_line_journal(buf *out, const log_event *event);

int log_line_priority(log_level level); /* syslog's number, RFC 5424 6.2.1 */
const char *log_level_name(log_level level);

#endif
