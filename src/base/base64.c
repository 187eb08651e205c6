#include "base/codec.h"

#include "base/err.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six bits of a character, or -1. `c62` and `c63` are the last two characters of the alphabet. */
static int sextet(char c, char c62, char c63) {
    if (ascii_upper(c))
        return c - 'A';
    if (ascii_lower(c))
        return c - 'a' + 26;
    if (ascii_digit(c))
        return c - '0' + 52;
    return c == c62 ? 62 : c == c63 ? 63 : -1;
}

/* Writes the characters of 1 to 3 bytes (2 to 4 of them) and returns how many. */
static size_t encode_group(char *to, const char *from, size_t n, const char *alphabet) {
    uint32_t bits = (uint32_t)(unsigned char)from[0] << 16;
    if (n > 1)
        bits |= (uint32_t)(unsigned char)from[1] << 8;
    if (n > 2)
        bits |= (unsigned char)from[2];
    for (size_t i = 0; i <= n; i++)
        to[i] = alphabet[bits >> (18 - 6 * i) & 63];
    return n + 1;
}

static size_t encode_slice(char *to, str in, const char *alphabet, bool padded) {
    char *start = to;
    for (size_t i = 0; i < in.n; i += 3)
        to += encode_group(to, in.p + i, in.n - i < 3 ? in.n - i : 3, alphabet);
    while (padded && (to - start) % 4)
        *to++ = '=';
    return (size_t)(to - start);
}

static bool encode(buf *out, str in, const char *alphabet, bool padded) {
    if (in.n > SIZE_MAX / 4 * 3 - 3)
        return buf_reserve(out, SIZE_MAX) != NULL;
    char *to = buf_reserve(out, padded ? (in.n + 2) / 3 * 4 : in.n / 3 * 4 + (in.n % 3 ? in.n % 3 + 1 : 0));
    if (!to)
        return false;
    buf_commit(out, encode_slice(to, in, alphabet, padded));
    return true;
}

bool base64_encode(buf *out, str in) { return encode(out, in, standard, true); }
bool base64url_encode(buf *out, str in) { return encode(out, in, url_safe, false); }

bool base64_encode_lines(buf *out, str in, size_t width) {
    ASSERT(width >= 4 && width % 4 == 0);
    size_t bytes_a_line = width / 4 * 3;
    while (in.n) {
        str line = str_sub(in, 0, bytes_a_line);
        if (!base64_encode(out, line) || !buf_add(out, S("\r\n")))
            return false;
        in = str_skip(in, line.n);
    }
    return !out->over;
}

/* Strict: `in` without padding; bits that belong to no byte must be zero (RFC 4648 3.5). */
static bool decode(buf *out, str in, char c62, char c63) {
    if (in.n % 4 == 1)
        return false;
    size_t n = in.n / 4 * 3 + (in.n % 4 ? in.n % 4 - 1 : 0);
    char *to = buf_reserve(out, n);
    if (!to)
        return false;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.n; i++) {
        int value = sextet(in.p[i], c62, c63);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (char)(bits >> have & 255);
        }
    }
    if (bits & ((1U << have) - 1))
        return false;
    buf_commit(out, n);
    return true;
}

bool base64_decode(buf *out, str in) {
    if (in.n % 4)
        return false;
    for (int padding = 0; padding < 2 && in.n && in.p[in.n - 1] == '='; padding++)
        in.n--;
    return decode(out, in, '+', '/');
}

bool base64url_decode(buf *out, str in) { return decode(out, in, '-', '_'); }

void base64_decode_loose(buf *out, str in) {
    size_t room = out->max - out->n, most = in.n / 4 * 3 + 3, n = 0;
    if (most > room)
        most = room;
    char *to = buf_reserve(out, most);
    if (!to)
        return;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.n && in.p[i] != '='; i++) {
        int value = sextet(in.p[i], '+', '/');
        if (value < 0)
            continue;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n == most) {
            out->over = true;
            break;
        }
        to[n++] = (char)(bits >> have & 255);
    }
    buf_commit(out, n);
}
