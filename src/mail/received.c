#include "mail/received.h"

#include "base/time.h"
#include "mime/date.h"

enum { HELO_MOST = 255 };

/* A domain or an address literal as far as its characters go: enough that it cannot leave its place in the field. */
static bool is_name(str s) {
    if (s.n == 0 || s.n > HELO_MOST)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!ascii_alnum(c) && c != '-' && c != '.' && c != '_' && c != ':' && c != '[' && c != ']')
            return false;
    }
    return true;
}

/* The words of a comment: letters, digits and a few signs; all else would need quoting that nobody reads. */
static void add_words(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        buf_add_byte(out, ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == ' ' ? c : '?');
    }
}

static void add_address(buf *out, const addr *client) {
    char text[ADDR_TEXT];
    addr_print(client, text);
    str ip = str_c(text);
    buf_addf(out, str_has_byte(ip, ':') ? "[IPv6:%s]" : "[%s]", text);
}

/* "from helo (name [192.0.2.1])", the last part alone being our own knowledge. */
static void add_from(buf *out, const mail_trace *t) {
    buf_addf(out, "from %.*s (", STR_ARG(is_name(t->helo) ? t->helo : S("unknown")));
    if (t->client->family == ADDR_UNIX || t->client->family == ADDR_NONE) {
        buf_add(out, S("local"));
    } else {
        if (is_name(t->client_name))
            buf_addf(out, "%.*s ", STR_ARG(t->client_name));
        add_address(out, t->client);
    }
    buf_add(out, S(")\r\n\t"));
    if (t->tls.n) {
        buf_add(out, S("("));
        add_words(out, t->tls);
        buf_add(out, S(")\r\n\t"));
    }
}

void received_print(buf *out, const mail_config *c, const mail_envelope *e, const mail_trace *t, int64_t now) {
    buf_add(out, S("Received: "));
    if (t->client)
        add_from(out, t);
    buf_addf(out, "by %.*s (Godwit) with ", STR_ARG(c->host));
    add_words(out, t->protocol.n ? t->protocol : S("local"));
    buf_addf(out, " id %s", e->id);
    /* With more than one recipient "for" would tell each of the others, blind copies included (RFC 5321 7.2). */
    if (e->recipients_n == 1)
        buf_addf(out, "\r\n\tfor <%.*s>", STR_ARG(e->recipients[0].address));
    buf_add(out, S(";\r\n\t"));
    date_print(out, (mime_date){.at = now, .zone = time_local_offset(now)});
    buf_add(out, S("\r\n"));
}
