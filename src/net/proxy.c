#include "net/proxy.h"

enum { V1_MAX = 107, V2_HEAD = 16, V2_MAX = 520, PP2_TYPE_SSL = 0x20, PP2_CLIENT_SSL = 0x01 };

static const char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static long bad(void) { return -1; }

/* ---- version 1: one line of text ---- */

static bool take_word(str *rest, str *word) {
    if (!str_cut(rest, ' ', word))
        return false;
    return word->n > 0;
}

static bool parse_v1_port(str s, uint16_t *out) {
    uint32_t port;
    if (s.n > 5 || (s.n > 1 && s.p[0] == '0') || !str_to_u32(s, UINT16_MAX, &port))
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool parse_v1_line(str line, proxy_header *out) {
    str family, source, destination, source_port, destination_port;
    str_cut(&line, ' ', &family); /* "PROXY" */
    if (!str_cut(&line, ' ', &family))
        return false;
    out->local = str_eq(family, S("UNKNOWN")); /* what follows is to be ignored */
    if (out->local)
        return true;
    bool v4 = str_eq(family, S("TCP4"));
    if (!v4 && !str_eq(family, S("TCP6")))
        return false;
    if (!take_word(&line, &source) || !take_word(&line, &destination) || !take_word(&line, &source_port) ||
        !take_word(&line, &destination_port) || line.p)
        return false;
    unsigned wanted = v4 ? ADDR_V4 : ADDR_V6;
    return addr_parse(source, &out->source) && out->source.family == wanted &&
           addr_parse(destination, &out->destination) && out->destination.family == wanted &&
           parse_v1_port(source_port, &out->source.port) && parse_v1_port(destination_port, &out->destination.port);
}

static long parse_v1(str in, proxy_header *out) {
    size_t end = str_find(str_sub(in, 0, V1_MAX), '\n');
    if (end == STR_NONE)
        return in.n >= V1_MAX ? bad() : 0;
    if (in.p[end - 1] != '\r')
        return bad();
    return parse_v1_line(str_sub(in, 0, end - 1), out) ? (long)end + 1 : bad();
}

/* ---- version 2: binary ---- */

static unsigned u8(str s, size_t at) { return (unsigned char)s.p[at]; }
static uint16_t u16(str s, size_t at) { return (uint16_t)(u8(s, at) << 8 | u8(s, at + 1)); }

static bool parse_v2_extras(str rest, proxy_header *out) {
    while (rest.n) {
        if (rest.n < 3 || rest.n - 3 < u16(rest, 1))
            return false;
        str value = str_sub(rest, 3, u16(rest, 1));
        if (u8(rest, 0) == PP2_TYPE_SSL) {
            if (value.n < 5)
                return false;
            out->tls = u8(value, 0) & PP2_CLIENT_SSL;
        }
        rest = str_skip(rest, 3 + value.n);
    }
    return true;
}

static bool parse_v2_addresses(unsigned family, str body, proxy_header *out) {
    size_t ip = family == 1 ? 4 : 16, all = 2 * ip + 4;
    if (body.n < all)
        return false;
    out->source.family = out->destination.family = family == 1 ? ADDR_V4 : ADDR_V6;
    memcpy(out->source.ip, body.p, ip);
    memcpy(out->destination.ip, body.p + ip, ip);
    out->source.port = u16(body, 2 * ip);
    out->destination.port = u16(body, 2 * ip + 2);
    return parse_v2_extras(str_skip(body, all), out);
}

static bool parse_v2_body(unsigned command, unsigned transport, str body, proxy_header *out) {
    unsigned family = transport >> 4, protocol = transport & 15;
    out->local = command == 0 || transport == 0;
    if (out->local)
        return true;
    if (protocol != 1 || family > 3)
        return false;
    if (family < 3)
        return family > 0 && parse_v2_addresses(family, body, out);
    out->local = true; /* the proxy's client came by a Unix socket: there is no better address than the proxy's */
    return body.n >= 216 && parse_v2_extras(str_skip(body, 216), out);
}

static long parse_v2(str in, proxy_header *out) {
    if (in.n > 12 && (u8(in, 12) >> 4 != 2 || (u8(in, 12) & 15) > 1))
        return bad();
    if (in.n < V2_HEAD)
        return 0;
    size_t n = u16(in, 14);
    if (n > V2_MAX)
        return bad();
    if (in.n < V2_HEAD + n)
        return 0;
    return parse_v2_body(u8(in, 12) & 15, u8(in, 13), str_sub(in, V2_HEAD, n), out) ? (long)(V2_HEAD + n) : bad();
}

static bool may_become(str in, str start) {
    size_t n = in.n < start.n ? in.n : start.n;
    return n == 0 || memcmp(in.p, start.p, n) == 0;
}

long proxy_parse(str in, proxy_header *out) {
    *out = (proxy_header){0};
    str v1 = S("PROXY "), v2 = str_of(v2_signature, sizeof v2_signature);
    if (may_become(in, v1))
        return in.n < v1.n ? 0 : parse_v1(in, out);
    if (may_become(in, v2))
        return in.n < v2.n ? 0 : parse_v2(in, out);
    return bad();
}
