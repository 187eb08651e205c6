#include "base/codec.h"

#include "base/mem.h"

bool hex_encode(buf *out, str in) {
    static const char digits[] = "0123456789abcdef";
    size_t n;
    char *to = size_mul(in.n, 2, &n) ? buf_reserve(out, n) : buf_reserve(out, SIZE_MAX);
    if (!to)
        return false;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char byte = (unsigned char)in.p[i];
        to[2 * i] = digits[byte >> 4];
        to[2 * i + 1] = digits[byte & 15];
    }
    buf_commit(out, n);
    return true;
}

int hex_value(char c) {
    if (ascii_digit(c))
        return c - '0';
    c = ascii_to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(buf *out, str in) {
    if (in.n % 2)
        return false;
    char *to = buf_reserve(out, in.n / 2);
    if (!to)
        return false;
    for (size_t i = 0; i < in.n; i += 2) {
        int high = hex_value(in.p[i]), low = hex_value(in.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        *to++ = (char)(high << 4 | low);
    }
    buf_commit(out, in.n / 2);
    return true;
}
