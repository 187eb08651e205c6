/* Reading encoded words; RFC 2047, with what senders get wrong. */
#include "base/codec.h"
#include "base/utf8.h"
#include "mime/lex.h"
#include "mime/word.h"

enum { CHARSET_MOST = 64 };

typedef struct word {
    str charset;
    str text;
    bool base64;
} word;

typedef struct decoder {
    buf *out;
    str rest;
    size_t end;  /* bytes of rest at the next "?=", counted from its end, so that none is searched for twice */
    str charset; /* of what waits in `bytes` */
    buf bytes;   /* decoded, not yet converted: a character may be cut in two by the border of two words */
} decoder;

/* Where the next "?=" at or behind `at` is, or STR_NONE. */
static size_t next_end(decoder *d, size_t at) {
    if (d->end != STR_NONE && d->end > d->rest.n - at) {
        size_t found = str_find_str(str_skip(d->rest, at), S("?="));
        d->end = found == STR_NONE ? STR_NONE : d->rest.n - at - found;
    }
    return d->end == STR_NONE ? STR_NONE : d->rest.n - d->end;
}

/* "=?charset?B?text?=" at the front of rest. Blanks within the text are wrong but common. */
static bool take_word(decoder *d, word *w) {
    str s = d->rest;
    size_t n = 2;
    while (n < s.n && n < 2 + CHARSET_MOST && lex_token(s.p[n]))
        n++;
    if (n == 2 || n + 3 > s.n || s.p[n] != '?' || s.p[n + 2] != '?')
        return false;
    char encoding = ascii_to_upper(s.p[n + 1]);
    if (encoding != 'B' && encoding != 'Q')
        return false;
    size_t end = next_end(d, n + 3);
    if (end == STR_NONE)
        return false;
    w->charset = str_sub(s, 2, n - 2);
    w->charset.n = str_find(w->charset, '*') == STR_NONE ? w->charset.n : str_find(w->charset, '*'); /* RFC 2231 5 */
    w->text = str_sub(s, n + 3, end - n - 3);
    w->base64 = encoding == 'B';
    d->rest = str_skip(s, end + 2);
    return true;
}

/* RFC 2047 4.2. */
static void decode_q(buf *out, str text) {
    for (size_t i = 0; i < text.n; i++) {
        int high = i + 2 < text.n ? hex_value(text.p[i + 1]) : -1;
        int low = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;
        if (text.p[i] == '=' && high >= 0 && low >= 0) {
            buf_add_byte(out, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_add_byte(out, text.p[i] == '_' ? ' ' : text.p[i]);
        }
    }
}

/* Converts what waits. */
static void flush(decoder *d) {
    if (d->bytes.n == 0)
        return;
    size_t from = d->out->n;
    charset_to_utf8(d->out, d->charset, buf_str(&d->bytes));
    lex_one_line(d->out, from);
    buf_clear(&d->bytes);
}

static void add_decoded(decoder *d, const word *w) {
    if (!str_caseeq(d->charset, w->charset))
        flush(d);
    d->charset = w->charset;
    if (w->base64)
        base64_decode_loose(&d->bytes, w->text);
    else
        decode_q(&d->bytes, w->text);
}

static size_t blanks(str s) {
    size_t n = 0;
    while (n < s.n && lex_blank(s.p[n]))
        n++;
    return n;
}

bool word_decode(buf *out, str value) {
    decoder d = {.out = out, .rest = value, .end = value.n + 1};
    bool after_word = false; /* blanks between two words are no text, RFC 2047 6.2 */
    word w;
    buf_init(&d.bytes, value.n);
    while (d.rest.n && !out->over) {
        size_t gap = after_word ? blanks(d.rest) : 0;
        str behind = d.rest;
        d.rest = str_skip(d.rest, gap);
        if (str_starts(d.rest, S("=?")) && take_word(&d, &w)) {
            add_decoded(&d, &w);
            after_word = true;
            continue;
        }
        d.rest = behind;
        flush(&d);
        after_word = false;
        /* Plain text up to what may be the next word; at least one byte, as the one here is none. */
        size_t n = str_find_str(str_skip(d.rest, gap + 1), S("=?"));
        str text = str_sub(d.rest, 0, n == STR_NONE ? n : gap + 1 + n);
        charset_to_utf8(out, S(""), text);
        d.rest = str_skip(d.rest, text.n);
    }
    flush(&d);
    buf_free(&d.bytes);
    return !out->over;
}
