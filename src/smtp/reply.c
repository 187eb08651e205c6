#include "smtp/reply.h"

#include <stdarg.h>

#include "mail/mail.h"
#include "smtp/session.h"

enum { TEXT_MOST = 480, FORMAT_MOST = 1024 }; /* a reply line is at most 512 bytes, RFC 5321 4.5.3.1.5 */

static void add_clean(buf *out, str line) {
    line = str_sub(line, 0, TEXT_MOST);
    for (size_t i = 0; i < line.n; i++)
        buf_add_byte(out, line.p[i] < ' ' || line.p[i] > '~' ? '?' : line.p[i]);
}

void smtp_say_print(buf *out, unsigned code, const char *status, str text) {
    str line = S("");
    if (!text.p)
        text = S("");
    while (str_cut(&text, '\n', &line)) {
        buf_addf(out, "%u%c", code, text.p ? '-' : ' ');
        if (*status)
            buf_addf(out, "%s ", status);
        add_clean(out, line);
        buf_add(out, S("\r\n"));
    }
}

void smtp_say_text(smtp_session *s, unsigned code, const char *status, str text) {
    if (code >= 500)
        s->errors++;
    smtp_say_print(conn_out(s->conn), code, status, text);
}

void smtp_say(smtp_session *s, unsigned code, const char *status, const char *format, ...) {
    char text[FORMAT_MOST];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= 0)
        smtp_say_text(s, code, status, str_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

unsigned smtp_code_of(const err *e) {
    if (!failed(*e))
        return 250;
    if (e->kind == ERR_TEMP || e->kind == ERR_BUG)
        return e->what == ERR_FULL ? 452 : 451;
    switch (e->what) {
    case ERR_OVER_QUOTA:
        return 452;
    case ERR_LIMIT:
        return 552;
    case ERR_CONFLICT:
    case ERR_WHAT_OTHER:
        return 554;
    default:
        return 550;
    }
}

void smtp_say_err(smtp_session *s, const err *e, str subject) {
    const char *text = e->text && *e->text ? e->text : "Local error";
    if (subject.n)
        smtp_say(s, smtp_code_of(e), mail_status(e), "<%.*s> %s", STR_ARG(subject), text);
    else
        smtp_say(s, smtp_code_of(e), mail_status(e), "%s", text);
}
