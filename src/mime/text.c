/* Bodies of parts as bytes and as text. */
#include "base/codec.h"
#include "base/utf8.h"
#include "mime/html.h"
#include "mime/part.h"
#include "mime/word.h"

static str body_of(const part_tree *t, const part *p) { return str_sub(t->message, p->body_at, p->body_size); }

static bool is_text(const part *p) { return str_caseeq(p->type, S("text")); }

static bool encoded(const part *p, str name) { return str_caseeq(p->encoding, name); }

static bool decode(buf *out, const part *p, str body) {
    if (encoded(p, S("base64")))
        base64_decode_loose(out, body);
    else if (encoded(p, S("quoted-printable")))
        qp_decode(out, body);
    else
        buf_add(out, body);
    return !out->over;
}

/* The text in `body`, which is p's or the beginning of it. */
static bool decode_text(buf *out, const part *p, str body) {
    SCOPED_BUF bytes;
    buf_init(&bytes, body.n);
    if (encoded(p, S("base64")) || encoded(p, S("quoted-printable"))) {
        decode(&bytes, p, body);
        body = buf_str(&bytes);
    }
    return charset_to_utf8(out, header_param_get(&p->content_type, S("charset")), body);
}

bool part_decode(buf *out, const part_tree *t, const part *p) { return decode(out, p, body_of(t, p)); }

bool part_text(buf *out, const part_tree *t, const part *p) { return is_text(p) && decode_text(out, p, body_of(t, p)); }

str part_filename(const part *p) {
    str name = header_param_get(&p->disposition, S("filename"));
    if (!name.p)
        name = header_param_get(&p->content_type, S("name"));
    return name.p ? name : S("");
}

/* So much of a body that `room` bytes of text can be made of it: five bytes for one at worst (UTF-32 in base64), and
 * HTML is mostly tags. A preview of a huge part shall not cost the part. */
static str front_for(str body, size_t room, bool html) {
    size_t factor = html ? 32 : 8, least = html ? 256 * 1024 : 1024;
    if (room >= body.n / factor)
        return body;
    size_t n = room * factor;
    return str_sub(body, 0, n > least ? n : least);
}

static void add_text(buf *out, const part_tree *t, const part *p) {
    SCOPED_BUF text, plain;
    size_t room = out->max - out->n;
    bool html = str_caseeq(p->subtype, S("html"));
    str body = front_for(body_of(t, p), room, html);
    buf_init(&text, 4 * body.n + 16);
    buf_init(&plain, 4 * body.n + 16);
    decode_text(&text, p, body);
    str words = buf_str(&text);
    if (html) {
        html_text(&plain, words);
        words = buf_str(&plain);
    }
    buf_add(out, utf8_prefix(words, room));
}

static const part *next_in_tree(const part *p) {
    if (p->first)
        return p->first;
    while (p && !p->next)
        p = p->parent;
    return p ? p->next : NULL;
}

void message_text(buf *out, const part_tree *t) {
    bool any = false;
    for (const part *p = t->root; p && out->n < out->max; p = next_in_tree(p)) {
        if (!is_text(p) || p->body_size == 0)
            continue;
        if (any)
            buf_add_byte(out, '\n');
        add_text(out, t, p);
        any = true;
    }
}
