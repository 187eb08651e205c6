#include "smtp/client_body.h"

/* Bytes up to the next CR or LF. */
static size_t plain_size(str s) {
    const char *cr = memchr(s.p, '\r', s.n);
    size_t n = cr ? (size_t)(cr - s.p) : s.n;
    const char *lf = memchr(s.p, '\n', n);
    return lf ? (size_t)(lf - s.p) : n;
}

static void add_plain(smtp_encoder *e, str s, buf *out) {
    if (e->dots && !e->in_line && s.p[0] == '.')
        buf_add_byte(out, '.');
    buf_add(out, s);
    e->in_line = true;
}

void smtp_encode_block(smtp_encoder *e, str in, buf *out) {
    while (in.n) {
        char c = in.p[0];
        if (e->after_cr) {
            e->after_cr = false;
            if (c == '\n') {
                buf_add(out, S("\r\n"));
                e->in_line = false;
                in = str_skip(in, 1);
                continue;
            }
            add_plain(e, S(" "), out);
        }
        if (c == '\r') {
            e->after_cr = true;
            in = str_skip(in, 1);
        } else if (c == '\n') {
            add_plain(e, S(" "), out);
            in = str_skip(in, 1);
        } else {
            size_t n = plain_size(in);
            add_plain(e, str_sub(in, 0, n), out);
            in = str_skip(in, n);
        }
    }
}

void smtp_encode_end(smtp_encoder *e, buf *out) {
    if (e->after_cr)
        add_plain(e, S(" "), out);
    e->after_cr = false;
    if (!e->dots)
        return;
    if (e->in_line)
        buf_add(out, S("\r\n"));
    buf_add(out, S(".\r\n"));
}
