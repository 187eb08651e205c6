/* What the bytes of records say. Nothing here trusts their lengths. */
#include <unbound.h>

#include "base/limits.h"
#include "net/dns_private.h"

static unsigned u8(str s, size_t at) { return (unsigned char)s.p[at]; }

/* A malformed record is left out; one there is no room for fails the whole answer. */
typedef struct builder {
    arena *memory;
    dns_answer *out;
    bool full;
} builder;

static void *room(builder *b, size_t count, size_t size) {
    void *p = arena_array(b->memory, count, size);
    b->full = b->full || !p;
    return p;
}

static bool keep(builder *b, str bytes, str *copy) {
    *copy = arena_str(b->memory, bytes);
    b->full = b->full || !copy->p;
    return copy->p;
}

static err too_large(void) { return err_make(ERR_TEMP, ERR_LIMIT, "DNS answer too large", "no room for a DNS answer"); }

static bool add_label(buf *to, str label) {
    for (size_t i = 0; i < label.n; i++) {
        char c = label.p[i];
        if (c == '.' || c == '\\')
            buf_addf(to, "\\%c", c);
        else if (c > ' ' && c < 0x7f)
            buf_add_byte(to, c);
        else
            buf_addf(to, "\\%03u", u8(label, i));
    }
    return !to->over;
}

/* A name as it travels, in text; bytes that are not plain are escaped, nothing is the root. */
static bool add_name(builder *b, str wire, str *out) {
    SCOPED_BUF text;
    buf_init(&text, 4 * 256);
    for (;;) {
        if (wire.n == 0)
            return false;
        size_t n = u8(wire, 0);
        if (n > 63 || n + 1 > wire.n)
            return false;
        if (n == 0)
            break;
        if (text.n)
            buf_add_byte(&text, '.');
        if (!add_label(&text, str_sub(wire, 1, n)))
            return false;
        wire = str_skip(wire, n + 1);
    }
    return wire.n == 1 && keep(b, buf_str(&text), out);
}

/* ---- one record of each type ---- */

static bool add_address(builder *b, str data, int type) {
    size_t n = type == DNS_A ? 4 : 16;
    if (data.n != n)
        return false;
    addr *to = &b->out->addresses[b->out->n];
    to->family = type == DNS_A ? ADDR_V4 : ADDR_V6;
    memcpy(to->ip, data.p, n);
    return true;
}

static bool add_mx(builder *b, str data) {
    if (data.n < 3)
        return false;
    dns_answer *out = b->out;
    out->mx[out->n].preference = (uint16_t)(u8(data, 0) << 8 | u8(data, 1));
    return add_name(b, str_skip(data, 2), &out->mx[out->n].host);
}

static bool add_txt(builder *b, str data) {
    char *joined = room(b, data.n + 1, 1);
    if (!joined)
        return false;
    size_t n = 0;
    while (data.n) {
        str piece = str_sub(data, 1, u8(data, 0));
        if (piece.n != u8(data, 0))
            return false;
        if (piece.n)
            memcpy(joined + n, piece.p, piece.n);
        n += piece.n;
        data = str_skip(data, 1 + piece.n);
    }
    b->out->texts[b->out->n] = str_of(joined, n);
    return true;
}

static bool add_tlsa(builder *b, str data) {
    if (data.n < 4)
        return false;
    dns_answer *out = b->out;
    out->tlsa[out->n].usage = (uint8_t)u8(data, 0);
    out->tlsa[out->n].selector = (uint8_t)u8(data, 1);
    out->tlsa[out->n].matching = (uint8_t)u8(data, 2);
    return keep(b, str_skip(data, 3), &out->tlsa[out->n].data);
}

static bool add_record(builder *b, str data, int type) {
    switch (type) {
    case DNS_MX: return add_mx(b, data);
    case DNS_TXT: return add_txt(b, data);
    case DNS_PTR: return add_name(b, data, &b->out->texts[b->out->n]);
    case DNS_TLSA: return add_tlsa(b, data);
    default: return add_address(b, data, type);
    }
}

/* Room for n records more. Addresses come in two rounds, so what the first one found is kept. */
static void make_room(builder *b, size_t n, int type) {
    dns_answer *out = b->out;
    addr *before = out->addresses;
    switch (type) {
    case DNS_MX: out->mx = room(b, n, sizeof *out->mx); break;
    case DNS_TLSA: out->tlsa = room(b, n, sizeof *out->tlsa); break;
    case DNS_TXT:
    case DNS_PTR: out->texts = room(b, n, sizeof *out->texts); break;
    default:
        out->addresses = room(b, out->n + n, sizeof *out->addresses);
        if (out->addresses && out->n)
            memcpy(out->addresses, before, out->n * sizeof *before);
    }
}

err dns_answer_add(const struct ub_result *result, int type, arena *a, dns_answer *out) {
    builder b = {a, out, false};
    size_t n = 0;
    while (n < LIMIT_DNS_RECORDS && result->data && result->data[n])
        n++;
    make_room(&b, n ? n : 1, type);
    for (size_t i = 0; i < n && !b.full; i++)
        if (result->len[i] >= 0 && add_record(&b, str_of(result->data[i], (size_t)result->len[i]), type))
            out->n++;
    return b.full ? too_large() : OK;
}
