#include "mime/build.h"

#include "base/codec.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "mime/lex.h"
#include "mime/word.h"

enum { LINE_MOST = 998 }; /* RFC 5322 2.1.1 */

void build_begin(build *b, buf *out) { *b = (build){.out = out}; }

static void check(build *b, bool ok) { b->failed = b->failed || !ok; }

static void add(build *b, str s) { check(b, buf_add(b->out, s)); }

void build_header(build *b, str name, str value) { check(b, header_print(b->out, name, value)); }

void build_text_header(build *b, str name, str utf8) {
    SCOPED_BUF value;
    buf_init(&value, 16 * utf8.n + 64); /* words of one character each would not be more */
    check(b, word_encode(&value, utf8));
    build_header(b, name, buf_str(&value));
}

void build_date(build *b, mime_date d) {
    SCOPED_BUF value;
    buf_init(&value, 64);
    check(b, date_print(&value, d));
    build_header(b, S("Date"), buf_str(&value));
}

/* What may stand right of the '@' of a message id: a domain or a literal. */
static bool host_valid(str host) {
    for (size_t i = 0; i < host.n; i++)
        if (!ascii_alnum(host.p[i]) && (unsigned char)host.p[i] < 128 && !str_has_byte(S(".-:[]"), host.p[i]))
            return false;
    return host.n > 0 && host.n <= 255;
}

void build_message_id(build *b, str host) {
    char id[RAND_ID];
    SCOPED_BUF value;
    buf_init(&value, 512);
    rand_id(id);
    check(b, host_valid(host) && buf_addf(&value, "<%.*s@%.*s>", RAND_ID, id, STR_ARG(host)));
    build_header(b, S("Message-ID"), buf_str(&value));
}

static bool lines_fit(str text) {
    for (str line; str_cut(&text, '\n', &line);)
        if (line.n > LINE_MOST + 1) /* its CR */
            return false;
    return true;
}

/* Content-Type, Content-Transfer-Encoding, the empty line and the text, without a CRLF of the part's end. */
static void add_text(build *b, str utf8) {
    SCOPED_BUF valid, lines;
    buf_init(&valid, 3 * utf8.n + 1);
    buf_init(&lines, 6 * utf8.n + 2);
    utf8_repair(&valid, utf8);
    crlf_normalize(&lines, buf_str(&valid));
    str text = buf_str(&lines);
    bool ascii = utf8_is_ascii(text);
    size_t escapes = 0; /* what quoted-printable would have to write with three characters */
    for (size_t i = 0; i < text.n; i++)
        escapes += (unsigned char)text.p[i] > 126 || text.p[i] == 0;
    build_header(b, S("Content-Type"), ascii ? S("text/plain; charset=us-ascii") : S("text/plain; charset=utf-8"));
    if (ascii && escapes == 0 && lines_fit(text)) {
        build_header(b, S("Content-Transfer-Encoding"), S("7bit"));
        add(b, S("\r\n"));
        add(b, text);
    } else if (escapes < text.n / 3) {
        build_header(b, S("Content-Transfer-Encoding"), S("quoted-printable"));
        add(b, S("\r\n"));
        check(b, qp_encode(b->out, text));
    } else {
        build_header(b, S("Content-Transfer-Encoding"), S("base64"));
        add(b, S("\r\n"));
        check(b, base64_encode_lines(b->out, text, 76));
    }
}

void build_body_text(build *b, str utf8) {
    build_header(b, S("MIME-Version"), S("1.0"));
    add_text(b, utf8);
    if (!str_ends(buf_str(b->out), S("\r\n")))
        add(b, S("\r\n"));
}

void build_multipart(build *b, str subtype, str params) {
    char id[RAND_ID];
    SCOPED_BUF value;
    buf_init(&value, 256 + subtype.n + params.n);
    rand_id(id);
    /* 128 random bits: no need to look whether a body has it. "=_" cannot be in quoted-printable or base64. */
    snprintf(b->boundary, sizeof b->boundary, "=_%.*s", RAND_ID, id);
    buf_add(&value, S("multipart/"));
    buf_add(&value, subtype);
    buf_add(&value, params);
    buf_addf(&value, "; boundary=\"%s\"", b->boundary);
    build_header(b, S("MIME-Version"), S("1.0"));
    build_header(b, S("Content-Type"), buf_str(&value));
}

static void open_part(build *b) {
    ASSERT(b->boundary[0]);
    add(b, S("\r\n--"));
    add(b, str_c(b->boundary));
    add(b, S("\r\n"));
}

void build_part(build *b, str type, str body) {
    SCOPED_BUF lines;
    buf_init(&lines, 2 * body.n + 1);
    crlf_normalize(&lines, body);
    bool nul = str_has_byte(body, 0);
    open_part(b);
    build_header(b, S("Content-Type"), type);
    if (!utf8_is_ascii(body))
        build_header(b, S("Content-Transfer-Encoding"), S("8bit"));
    add(b, S("\r\n"));
    if (!nul) {
        add(b, buf_str(&lines));
        return;
    }
    for (str rest = buf_str(&lines), piece; str_cut(&rest, 0, &piece);)
        add(b, piece);
}

void build_part_text(build *b, str utf8) {
    open_part(b);
    add_text(b, utf8);
}

/* An ASCII name in quotes, which every reader knows; else RFC 2231 4, with every byte outside attribute-char as %XX. */
static void add_filename(buf *value, str name) {
    buf_add(value, S("attachment; filename"));
    size_t before = value->n;
    buf_add_byte(value, '=');
    if (utf8_is_ascii(name) && lex_quote(value, name))
        return;
    buf_truncate(value, before);
    buf_add(value, S("*=utf-8''"));
    for (size_t i = 0; i < name.n; i++) {
        if (lex_token(name.p[i]) && !str_has_byte(S("*'%"), name.p[i]))
            buf_add_byte(value, name.p[i]);
        else
            buf_addf(value, "%%%02X", (unsigned)(unsigned char)name.p[i]);
    }
}

void build_attachment(build *b, str type, str filename, str bytes) {
    SCOPED_BUF disposition;
    buf_init(&disposition, 64 + 3 * filename.n);
    add_filename(&disposition, filename);
    open_part(b);
    build_header(b, S("Content-Type"), type);
    build_header(b, S("Content-Transfer-Encoding"), S("base64"));
    build_header(b, S("Content-Disposition"), buf_str(&disposition));
    add(b, S("\r\n"));
    check(b, base64_encode_lines(b->out, bytes, 76));
}

bool build_end(build *b) {
    if (b->boundary[0]) {
        add(b, S("\r\n--"));
        add(b, str_c(b->boundary));
        add(b, S("--\r\n"));
    }
    check(b, !b->out->over);
    return !b->failed;
}

bool crlf_normalize(buf *out, str text) {
    while (text.n) {
        size_t n = 0;
        while (n < text.n && text.p[n] != '\r' && text.p[n] != '\n')
            n++;
        buf_add(out, str_sub(text, 0, n));
        if (n == text.n)
            break;
        bool pair = text.p[n] == '\r' && n + 1 < text.n && text.p[n + 1] == '\n';
        buf_add(out, S("\r\n"));
        text = str_skip(text, n + (pair ? 2 : 1));
    }
    return !out->over;
}
