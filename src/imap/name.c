#include <uninorm.h>

#include "imap/name.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "imap/utf7.h"

enum { WIRE_MOST = 4 * LIMIT_MAILBOX_NAME };

static bool to_utf8(buf *out, str wire, bool utf8) {
    if (utf8)
        return utf8_valid(wire) && buf_add(out, wire);
    return imap_utf7_decode(out, wire);
}

/* RFC 9051 5.1: names are in Net-Unicode, whatever the client typed. */
static bool normal_form(str name, arena *memory, str *out) {
    *out = arena_str(memory, name);
    if (utf8_is_ascii(name))
        return out->p != NULL;
    size_t n = 0;
    uint8_t *nfc = u8_normalize(UNINORM_NFC, (const uint8_t *)name.p, name.n, NULL, &n);
    if (!nfc)
        return false;
    *out = arena_str(memory, str_of((const char *)nfc, n));
    free(nfc);
    return out->p != NULL;
}

/* INBOX is INBOX in any case, alone and as the parent of others. */
static void capital_inbox(str name, char *to) {
    str inbox = S("INBOX");
    if (str_casestarts(name, inbox) && (name.n == inbox.n || name.p[inbox.n] == '/'))
        memcpy(to, inbox.p, inbox.n);
}

bool imap_name_read_pattern(str wire, bool utf8, arena *memory, str *out) {
    SCOPED_BUF name;
    buf_init(&name, WIRE_MOST);
    if (wire.n > WIRE_MOST || !to_utf8(&name, wire, utf8) || !normal_form(buf_str(&name), memory, out))
        return false;
    if (out->n)
        capital_inbox(*out, (char *)(uintptr_t)out->p); /* our own copy */
    return true;
}

bool imap_name_read(str wire, bool utf8, arena *memory, str *out) {
    SCOPED_BUF name;
    buf_init(&name, WIRE_MOST);
    if (wire.n > WIRE_MOST || !to_utf8(&name, wire, utf8))
        return false;
    *out = arena_str(memory, buf_str(&name));
    return out->p && out->n;
}
