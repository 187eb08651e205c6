/* Writing encoded words: UTF-8, in Q as long as most of it stays readable, else in B; RFC 2047. */
#include "base/codec.h"
#include "base/utf8.h"
#include "mime/lex.h"
#include "mime/word.h"

/* A word has 75 characters at most, 12 of them "=?utf-8?Q?" and "?=" (RFC 2047 2). */
enum { WORD_TEXT = 63, WORD_BYTES_B = WORD_TEXT / 4 * 3 };

/* An unencoded word longer than this might not fit on a line. */
enum { PLAIN_MOST = 800 };

/* What RFC 2047 5 (3) lets stand for itself in a phrase, the narrowest of the three places. */
static bool q_literal(char c) { return ascii_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/'; }

static size_t q_width(str bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i++)
        n += q_literal(bytes.p[i]) || bytes.p[i] == ' ' ? 1 : 3;
    return n;
}

static void add_q(buf *out, str bytes) {
    for (size_t i = 0; i < bytes.n; i++) {
        if (q_literal(bytes.p[i]))
            buf_add_byte(out, bytes.p[i]);
        else if (bytes.p[i] == ' ')
            buf_add_byte(out, '_');
        else
            buf_addf(out, "=%02X", (unsigned)(unsigned char)bytes.p[i]);
    }
}

/* The longest front of text that one word can hold, in whole characters. */
static str word_front(str text, bool base64) {
    str rest = text;
    size_t used = 0;
    while (rest.n) {
        str after = rest;
        uint32_t c;
        utf8_next(&after, &c);
        str bytes = str_sub(rest, 0, rest.n - after.n);
        size_t width = base64 ? bytes.n : q_width(bytes);
        if (used + width > (base64 ? WORD_BYTES_B : WORD_TEXT))
            break;
        used += width;
        rest = after;
    }
    return str_sub(text, 0, text.n - rest.n);
}

/* All of text as words with single spaces between. */
static void add_words(buf *out, str text) {
    bool base64 = q_width(text) > 2 * text.n;
    for (bool first = true; text.n && !out->over; first = false) {
        str front = word_front(text, base64);
        buf_add(out, first ? S("=?utf-8?") : S(" =?utf-8?"));
        buf_add(out, base64 ? S("B?") : S("Q?"));
        if (base64)
            base64_encode(out, front);
        else
            add_q(out, front);
        buf_add(out, S("?="));
        text = str_skip(text, front.n);
    }
}

/* Valid UTF-8 on one line. */
static bool clean(buf *to, str text) {
    buf_init(to, 3 * text.n + 1); /* a bad byte becomes the three of U+FFFD */
    if (!utf8_repair(to, text))
        return false;
    lex_one_line(to, 0);
    return true;
}

/* Whether a run without blanks has to be encoded: control or 8-bit bytes, too long, or mistakable for a word. */
static bool needs_encoding(str run) {
    for (size_t i = 0; i < run.n; i++)
        if ((unsigned char)run.p[i] < ' ' || (unsigned char)run.p[i] >= 127)
            return true;
    return run.n > PLAIN_MOST || str_find_str(run, S("=?")) != STR_NONE;
}

/* The part of text from the first run that needs encoding to the end of the last. */
static str span_to_encode(str text) {
    size_t from = STR_NONE, to = 0;
    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && !ascii_blank(text.p[end]))
            end++;
        if (needs_encoding(str_sub(text, at, end - at))) {
            from = from == STR_NONE ? at : from;
            to = end;
        }
        at = end + 1;
    }
    return from == STR_NONE ? (str){text.p, 0} : str_sub(text, from, to - from);
}

bool word_encode(buf *out, str text) {
    SCOPED_BUF line;
    if (!clean(&line, text))
        return false;
    str all = str_trim(buf_str(&line));
    str span = span_to_encode(all);
    if (span.n == 0)
        return buf_add(out, all);
    size_t before = (size_t)(span.p - all.p);
    buf_add(out, str_sub(all, 0, before));
    add_words(out, span);
    return buf_add(out, str_skip(all, before + span.n));
}

bool word_encode_phrase(buf *out, str text) {
    SCOPED_BUF line;
    if (!clean(&line, text))
        return false;
    add_words(out, buf_str(&line));
    return !out->over;
}
