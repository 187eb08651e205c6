#include "base/utf8.h"
#include "mail/bounce_parts.h"
#include "mime/date.h"
#include "mime/header.h"

enum { FIELD = 4096 }; /* bytes of one value; the rest of a longer one is in the text for people */

/* "Name: prefix value", the value's bytes made harmless. */
static void add_field(buf *out, const bounce *b, const char *name, str prefix, str value) {
    SCOPED_BUF line;
    buf_init(&line, FIELD);
    buf_add(&line, prefix);
    utf8_escape(&line, value, !b->utf8);
    header_print(out, str_c(name), buf_str(&line));
}

static void add_date(buf *out, const char *name, int64_t at) {
    SCOPED_BUF value;
    buf_init(&value, 64);
    date_print(&value, (mime_date){.at = at});
    header_print(out, str_c(name), buf_str(&value));
}

/* RFC 6533 3: an address with characters outside ASCII is of type utf-8; where UTF-8 may not be written, they are
 * escaped. */
static void add_address(buf *out, const bounce *b, const char *name, str mailbox) {
    add_field(out, b, name, utf8_is_ascii(mailbox) ? S("rfc822; ") : S("utf-8; "), mailbox);
}

/* ORCPT, "type;address" (RFC 3461 4.2). */
static void add_original(buf *out, const bounce *b, str original) {
    str type, mailbox = original;
    if (!original.n || !str_cut(&mailbox, ';', &type) || !mailbox.n)
        return;
    SCOPED_BUF prefix;
    buf_init(&prefix, 128);
    if (utf8_escape(&prefix, type, true) && buf_add(&prefix, S("; ")))
        add_field(out, b, "Original-Recipient", buf_str(&prefix), mailbox);
}

static const char *action_of(bounce_kind kind) {
    static const char *const names[] = {[BOUNCE_FAILED] = "failed",
                                        [BOUNCE_DELAYED] = "delayed",
                                        [BOUNCE_DELIVERED] = "delivered",
                                        [BOUNCE_RELAYED] = "relayed"};
    return names[kind];
}

static bool is_status(str s) { /* RFC 3463 2 */
    str part;
    for (int i = 0; i < 3; i++) {
        uint32_t number;
        if (!str_cut(&s, '.', &part) || !str_to_u32(part, 999, &number) ||
            (i == 0 && number != 2 && number != 4 && number != 5))
            return false;
    }
    return s.p == NULL;
}

static str default_status(bounce_kind kind) {
    return kind == BOUNCE_FAILED ? S("5.0.0") : kind == BOUNCE_DELAYED ? S("4.0.0") : S("2.0.0");
}

static void add_recipient(buf *out, const bounce *b, const bounce_recipient *r) {
    buf_add(out, S("\r\n"));
    add_original(out, b, r->original);
    add_address(out, b, "Final-Recipient", r->address);
    add_field(out, b, "Action", S(""), str_c(action_of(r->kind)));
    add_field(out, b, "Status", S(""), is_status(r->status) ? r->status : default_status(r->kind));
    if (r->remote.n)
        add_field(out, b, "Remote-MTA", S("dns; "), r->remote);
    if (r->diagnostic.n) /* RFC 3464 2.3.6: "smtp" is for what an SMTP server said */
        add_field(out, b, "Diagnostic-Code", r->remote.n ? S("smtp; ") : S("x-godwit; "), r->diagnostic);
    if (r->last_attempt)
        add_date(out, "Last-Attempt-Date", r->last_attempt);
    if (r->kind == BOUNCE_DELAYED && r->retry_until)
        add_date(out, "Will-Retry-Until", r->retry_until);
}

void bounce_status(buf *out, const bounce *b) {
    if (b->envid.n)
        add_field(out, b, "Original-Envelope-Id", S(""), b->envid);
    add_field(out, b, "Reporting-MTA", S("dns; "), b->config->host);
    add_date(out, "Arrival-Date", b->arrived);
    for (size_t i = 0; i < b->n; i++)
        add_recipient(out, b, &b->recipients[i]);
}
