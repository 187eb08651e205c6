#include "imap/utf7.h"

#include "base/utf8.h"

/* RFC 3501 5.1.3: base64 with "," for "/", without padding. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool printable(uint32_t c) { return c >= 0x20 && c <= 0x7E; }

typedef struct bits {
    uint32_t held; /* not yet written */
    unsigned n;
} bits;

static bool put_unit(buf *out, bits *b, uint32_t unit) {
    b->held = b->held << 16 | unit;
    b->n += 16;
    for (; b->n >= 6; b->n -= 6)
        buf_add_byte(out, alphabet[b->held >> (b->n - 6) & 63]);
    b->held &= 63;
    return !out->over;
}

static bool shift_out(buf *out, bits *b) {
    if (b->n)
        buf_add_byte(out, alphabet[b->held << (6 - b->n) & 63]);
    *b = (bits){0};
    return buf_add_byte(out, '-');
}

bool imap_utf7_encode(buf *out, str utf8) {
    if (!utf8_valid(utf8))
        return false;
    bits b = {0};
    bool shifted = false;
    for (uint32_t c; utf8_next(&utf8, &c);) {
        if (shifted && printable(c))
            shift_out(out, &b);
        if (!shifted && !printable(c))
            buf_add_byte(out, '&');
        shifted = !printable(c);
        if (c == '&') {
            buf_add(out, S("&-"));
        } else if (!shifted) {
            buf_add_byte(out, (char)c);
        } else if (c > 0xFFFF) {
            put_unit(out, &b, 0xD800 + ((c - 0x10000) >> 10));
            put_unit(out, &b, 0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            put_unit(out, &b, c);
        }
    }
    if (shifted)
        shift_out(out, &b);
    return !out->over;
}

/* UTF-16 units as they come; *high keeps the first half of a pair. */
static bool take_unit(buf *out, uint32_t unit, uint32_t *high) {
    bool second = unit >= 0xDC00 && unit <= 0xDFFF;
    if (second != (*high != 0))
        return false;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        *high = unit;
        return true;
    }
    uint32_t c = second ? 0x10000 + ((*high - 0xD800) << 10) + (unit - 0xDC00) : unit;
    *high = 0;
    return !printable(c) && utf8_add(out, c);
}

static bool decode_shifted(buf *out, str coded) {
    uint32_t held = 0, high = 0;
    unsigned n = 0;
    for (size_t i = 0; i < coded.n; i++) {
        size_t value = str_find((str){alphabet, 64}, coded.p[i]);
        if (value == STR_NONE)
            return false;
        held = held << 6 | (uint32_t)value;
        n += 6;
        if (n >= 16) {
            n -= 16;
            if (!take_unit(out, held >> n & 0xFFFF, &high))
                return false;
            held &= (1U << n) - 1;
        }
    }
    return high == 0 && n < 6 && held == 0;
}

bool imap_utf7_decode(buf *out, str name) {
    bool after_shift = false; /* "&...-&" could have been one shift */
    while (name.n) {
        char c = name.p[0];
        if (!printable((unsigned char)c))
            return false;
        name = str_skip(name, 1);
        if (c != '&') {
            buf_add_byte(out, c);
            after_shift = false;
            continue;
        }
        size_t end = str_find(name, '-');
        if (end == STR_NONE)
            return false;
        str coded = str_sub(name, 0, end);
        name = str_skip(name, end + 1);
        if (coded.n && (after_shift || !decode_shifted(out, coded)))
            return false;
        if (coded.n == 0)
            buf_add_byte(out, '&');
        after_shift = coded.n > 0;
    }
    return !out->over;
}
