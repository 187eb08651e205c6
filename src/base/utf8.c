#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD };

/* Bytes of the character that begins at the front of s, or 0 when the bytes there are none; RFC 3629 4. */
static size_t decode(str s, uint32_t *code_point) {
    unsigned char lead = (unsigned char)s.p[0];
    if (lead < 0x80) {
        *code_point = lead;
        return 1;
    }
    size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || s.n < n)
        return 0;
    uint32_t value = lead & (0x7FU >> n);
    for (size_t i = 1; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (c & 0x3F);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code_point = value;
    return n;
}

bool utf8_valid(str s) {
    uint32_t code_point;
    while (s.n) {
        size_t n = decode(s, &code_point);
        if (n == 0)
            return false;
        s = str_skip(s, n);
    }
    return true;
}

bool utf8_is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > 127)
            return false;
    return true;
}

bool utf8_next(str *s, uint32_t *code_point) {
    if (s->n == 0)
        return false;
    size_t n = decode(*s, code_point);
    if (n == 0) {
        *code_point = REPLACEMENT;
        n = 1;
    }
    *s = str_skip(*s, n);
    return true;
}

bool utf8_add(buf *out, uint32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = REPLACEMENT;
    char bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    bytes[0] = (char)(lead[n] | c);
    return buf_add(out, (str){bytes, n});
}

bool utf8_repair(buf *out, str s) {
    if (utf8_valid(s))
        return buf_add(out, s);
    uint32_t code_point;
    while (utf8_next(&s, &code_point))
        if (!utf8_add(out, code_point))
            return false;
    return true;
}

str utf8_prefix(str s, size_t n) {
    if (s.n <= n)
        return s;
    /* Step back over the bytes of a character that begins before n and ends behind it. */
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        uint32_t code_point;
        size_t size = decode(str_skip(s, n - back), &code_point);
        if (size)
            return str_sub(s, 0, size > back ? n - back : n);
    }
    return str_sub(s, 0, n);
}

bool utf8_unprintable(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||                         /* C0, DEL, C1 */
           c == 0x2028 || c == 0x2029 ||                                   /* line and paragraph separator */
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || /* changes of direction */
           c == 0xFEFF;                                                    /* byte order mark */
}

bool utf8_escape(buf *out, str bytes, bool ascii_only) {
    while (bytes.n) {
        uint32_t c;
        size_t n = decode(bytes, &c);
        bool plain = n && !utf8_unprintable(c) && (c < 0x80 || !ascii_only);
        n = n ? n : 1;
        if (plain)
            buf_add(out, str_sub(bytes, 0, n));
        else
            for (size_t i = 0; i < n; i++)
                buf_addf(out, "\\x%02x", (unsigned char)bytes.p[i]);
        if (out->over)
            return false;
        bytes = str_skip(bytes, n);
    }
    return !out->over;
}
