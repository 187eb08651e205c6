#include "mail/bounce.h"

#include "base/utf8.h"
#include "mail/bounce_parts.h"
#include "mime/build.h"

enum { PART_MAX = 16 * 1024 * 1024 }; /* of the written parts: a thousand recipients with their histories */

/* RFC 6533: once an address or the header has UTF-8, the report is told in the "global" types. */
static bool needs_utf8(str sender, const bounce_recipient *recipients, size_t n, str original) {
    bool ascii = utf8_is_ascii(sender) && utf8_is_ascii(str_sub(original, 0, header_size(original)));
    for (size_t i = 0; i < n && ascii; i++)
        ascii = utf8_is_ascii(recipients[i].address) && utf8_is_ascii(recipients[i].original);
    return !ascii;
}

static void add_header(build *out, const bounce *b) {
    SCOPED_BUF to, from;
    buf_init(&to, 1024);
    buf_init(&from, 1024);
    buf_addf(&to, "<%.*s>", STR_ARG(b->sender));
    buf_addf(&from, "\"Mail Delivery System\" <MAILER-DAEMON@%.*s>", STR_ARG(b->config->host));
    build_date(out, (mime_date){.at = time_wall()});
    build_header(out, S("From"), buf_str(&from));
    build_header(out, S("To"), buf_str(&to));
    build_text_header(out, S("Subject"), bounce_subject(b));
    build_message_id(out, b->config->host);
    build_header(out, S("Auto-Submitted"), S("auto-replied")); /* RFC 3834 5 */
    build_multipart(out, S("report"), S("; report-type=delivery-status"));
}

static bool add_parts(build *out, const bounce *b, bool header_only) {
    SCOPED_BUF text, status;
    buf_init(&text, PART_MAX);
    buf_init(&status, PART_MAX);
    bounce_text(&text, b);
    build_part_text(out, buf_str(&text));
    bounce_status(&status, b);
    build_part(out, b->utf8 ? S("message/global-delivery-status") : S("message/delivery-status"), buf_str(&status));
    if (header_only)
        build_part(out, b->utf8 ? S("message/global-headers") : S("text/rfc822-headers"),
                   str_sub(b->original, 0, header_size(b->original)));
    else
        build_part(out, b->utf8 ? S("message/global") : S("message/rfc822"), b->original);
    return !text.over && !status.over;
}

static bool any_failed(const bounce *b) {
    for (size_t i = 0; i < b->n; i++)
        if (b->recipients[i].kind == BOUNCE_FAILED)
            return true;
    return false;
}

bool bounce_write(buf *out, const mail_config *c, str sender, str envid, int64_t arrived,
                  const bounce_recipient *recipients, size_t n, str original, bool ret_headers, uint64_t full_max) {
    const bounce b = {
        .config = c,
        .sender = sender,
        .envid = envid,
        .arrived = arrived,
        .recipients = recipients,
        .n = n,
        .original = original,
        .utf8 = needs_utf8(sender, recipients, n, original),
    };
    ASSERT(sender.n && n);
    /* RFC 3461 4.3: the whole message comes back only with news of a failure. */
    bool header_only = ret_headers || original.n > full_max || !any_failed(&b);
    build message;
    build_begin(&message, out);
    add_header(&message, &b);
    bool whole = add_parts(&message, &b, header_only);
    return build_end(&message) && whole;
}
