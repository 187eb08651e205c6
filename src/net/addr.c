#include "net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* The bytes that count: 4 for v4 and for v4 written as v6, else 16; 0 when there are none. */
static size_t ip_bytes(const addr *a, const uint8_t **at) {
    *at = a->ip;
    if (a->family == ADDR_V4)
        return 4;
    if (a->family != ADDR_V6)
        return 0;
    if (memcmp(a->ip, mapped_prefix, sizeof mapped_prefix) != 0)
        return 16;
    *at = a->ip + 12;
    return 4;
}

bool addr_parse(str s, addr *out) {
    char text[INET6_ADDRSTRLEN];
    *out = (addr){0};
    if (s.n == 0 || s.n >= sizeof text || str_has_byte(s, '\0'))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *out = (addr){.family = ADDR_V4};
    if (inet_pton(AF_INET, text, out->ip) == 1)
        return true;
    *out = (addr){.family = ADDR_V6};
    if (inet_pton(AF_INET6, text, out->ip) == 1)
        return true;
    *out = (addr){0};
    return false;
}

static bool parse_path(str path, addr *out) {
    *out = (addr){.family = ADDR_UNIX};
    if (path.n == 0 || path.n >= sizeof out->path || str_has_byte(path, '\0'))
        return false;
    memcpy(out->path, path.p, path.n);
    return true;
}

static bool parse_port(str s, addr *out) {
    uint32_t port;
    if (s.n > 5 || !str_to_u32(s, UINT16_MAX, &port))
        return false;
    out->port = (uint16_t)port;
    return true;
}

static bool parse_host(str host, addr *out) {
    if (host.n == 0 || str_eq(host, S("*"))) {
        *out = (addr){.family = ADDR_V6};
        return true;
    }
    return addr_parse(host, out);
}

bool addr_parse_port(str s, uint16_t default_port, addr *out) {
    if (str_starts(s, S("unix:")))
        return parse_path(str_skip(s, 5), out);
    str host = s, port = S("");
    bool has_port = false;
    if (str_starts(s, S("["))) {
        size_t end = str_find(s, ']');
        if (end == STR_NONE)
            return false;
        host = str_sub(s, 1, end - 1);
        str rest = str_skip(s, end + 1);
        has_port = str_starts(rest, S(":"));
        if (!has_port && rest.n)
            return false;
        port = str_skip(rest, 1);
        if (!addr_parse(host, out) || out->family != ADDR_V6)
            return false;
    } else {
        size_t colon = str_find(s, ':');
        /* One colon parts host and port; more are a bare v6 address without port. */
        has_port = colon != STR_NONE && str_rfind(s, ':') == colon;
        if (has_port) {
            host = str_sub(s, 0, colon);
            port = str_skip(s, colon + 1);
        }
        if ((host.n == 0 && !has_port) || !parse_host(host, out))
            return false;
    }
    out->port = default_port;
    return !has_port || parse_port(port, out);
}

void addr_print(const addr *a, char out[ADDR_TEXT]) {
    const uint8_t *ip;
    size_t n = ip_bytes(a, &ip);
    if (n == 0)
        snprintf(out, ADDR_TEXT, "%s", a->family == ADDR_UNIX ? "unix" : "none");
    else
        inet_ntop(n == 4 ? AF_INET : AF_INET6, ip, out, ADDR_TEXT);
}

bool addr_print_port(buf *out, const addr *a) {
    if (a->family == ADDR_UNIX)
        return buf_addf(out, "unix:%s", a->path);
    char ip[ADDR_TEXT];
    addr_print(a, ip);
    bool brackets = str_has_byte(str_c(ip), ':');
    return buf_addf(out, brackets ? "[%s]:%u" : "%s:%u", ip, (unsigned)a->port);
}

/* ---- networks ---- */

static bool bit_is_set(const uint8_t *bytes, unsigned i) { return bytes[i / 8] & (0x80u >> (i % 8)); }

bool addr_net_parse(str s, addr_net *out) {
    size_t slash = str_find(s, '/');
    str host = slash == STR_NONE ? s : str_sub(s, 0, slash);
    if (!addr_parse(host, &out->base))
        return false;
    unsigned most = out->base.family == ADDR_V4 ? 32 : 128;
    uint32_t bits = most;
    if (slash != STR_NONE && (s.n - slash > 4 || !str_to_u32(str_skip(s, slash + 1), most, &bits)))
        return false;
    out->bits = bits;
    for (unsigned i = bits; i < most; i++)
        if (bit_is_set(out->base.ip, i))
            return false;
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) & (0xff00u >> rest) & 0xff) == 0);
}

bool addr_in_net(const addr *a, const addr_net *net) {
    const uint8_t *ip, *base;
    size_t n = ip_bytes(a, &ip), base_n = ip_bytes(&net->base, &base);
    if (n == 0 || base_n == 0)
        return false;
    if (net->base.family == ADDR_V4)
        return n == 4 && same_bits(ip, base, net->bits);
    /* A v6 network, perhaps one that covers mapped addresses: compare as v6, an address that was v4 mapped first. */
    uint8_t wide[16];
    memcpy(wide, mapped_prefix, sizeof mapped_prefix);
    memcpy(n == 4 ? wide + 12 : wide, ip, n);
    bool as_v4 = n == 4 && net->bits < 96;
    return !as_v4 && same_bits(wide, net->base.ip, net->bits);
}

bool addr_is_loopback(const addr *a) {
    const uint8_t *ip;
    size_t n = ip_bytes(a, &ip);
    if (n == 4)
        return ip[0] == 127;
    static const uint8_t one[16] = {[15] = 1};
    return n == 16 && memcmp(ip, one, 16) == 0;
}

bool addr_ip_equal(const addr *a, const addr *b) {
    const uint8_t *x, *y;
    size_t n = ip_bytes(a, &x);
    return n > 0 && n == ip_bytes(b, &y) && memcmp(x, y, n) == 0;
}

/* ---- the kernel's form ---- */

bool addr_from_sockaddr(const struct sockaddr *from, addr *out) {
    *out = (addr){0};
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)from;
        out->family = ADDR_V4;
        memcpy(out->ip, &in->sin_addr, 4);
        out->port = ntohs(in->sin_port);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)from;
        out->family = ADDR_V6;
        memcpy(out->ip, &in->sin6_addr, 16);
        out->port = ntohs(in->sin6_port);
    } else if (from->sa_family == AF_UNIX) {
        const struct sockaddr_un *un = (const void *)from;
        out->family = ADDR_UNIX;
        size_t n = strnlen(un->sun_path, sizeof un->sun_path); /* "" for a client that bound no name */
        memcpy(out->path, un->sun_path, n < sizeof out->path ? n : sizeof out->path - 1);
    } else {
        return false;
    }
    return true;
}

unsigned addr_to_sockaddr(const addr *a, void *sockaddr_storage) {
    memset(sockaddr_storage, 0, sizeof(struct sockaddr_storage));
    switch (a->family) {
    case ADDR_V4: {
        struct sockaddr_in *in = sockaddr_storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip, 4);
        return sizeof *in;
    }
    case ADDR_V6: {
        struct sockaddr_in6 *in = sockaddr_storage;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(a->port);
        memcpy(&in->sin6_addr, a->ip, 16);
        return sizeof *in;
    }
    case ADDR_UNIX: {
        struct sockaddr_un *un = sockaddr_storage;
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, a->path, sizeof a->path);
        return sizeof *un;
    }
    case ADDR_NONE: break;
    }
    return 0;
}
