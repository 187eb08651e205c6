#include "imap/envelope.h"

#include "base/limits.h"
#include "imap/grammar.h"
#include "mime/word.h"

/* One value: NIL, a number, a string, or a list however deep. No recursion: only the depth is counted. */
static bool scan_value(imap_scan *s, str *out) {
    str whole = s->rest, part;
    size_t depth = 0;
    do {
        if (imap_scan_byte(s, '(')) {
            depth++;
        } else if (imap_scan_byte(s, ')')) {
            if (depth-- == 0)
                return false;
        } else if (!imap_scan_astring(s, &part) && (depth == 0 || !imap_scan_sp(s))) {
            return false;
        }
    } while (depth);
    *out = str_sub(whole, 0, whole.n - s->rest.n);
    return true;
}

static bool scan_nstring_sp(imap_scan *s, str *out) {
    bool nil;
    return imap_scan_nstring(s, out, &nil) && imap_scan_sp(s);
}

static bool scan_value_sp(imap_scan *s, str *out) { return scan_value(s, out) && imap_scan_sp(s); }

bool imap_envelope_parse(str envelope, arena *memory, imap_envelope *out) {
    imap_scan s = {envelope, memory};
    imap_envelope e = {0};
    str unused;
    bool nil;
    bool good = imap_scan_byte(&s, '(') && scan_nstring_sp(&s, &e.date) && scan_nstring_sp(&s, &e.subject) &&
                scan_value_sp(&s, &e.from) && scan_value_sp(&s, &unused) && scan_value_sp(&s, &unused) &&
                scan_value_sp(&s, &e.to) && scan_value_sp(&s, &e.cc) && scan_value_sp(&s, &e.bcc) &&
                scan_value_sp(&s, &unused) && imap_scan_nstring(&s, &e.message_id, &nil) && imap_scan_byte(&s, ')');
    *out = good ? e : (imap_envelope){0};
    return good;
}

void imap_envelope_addresses(buf *out, str list, arena *memory) {
    imap_scan s = {list, memory};
    str name, route, local, host;
    bool no_host;
    if (!imap_scan_byte(&s, '('))
        return;
    while (imap_scan_byte(&s, '(') && scan_nstring_sp(&s, &name) && scan_nstring_sp(&s, &route) &&
           scan_nstring_sp(&s, &local) && imap_scan_nstring(&s, &host, &no_host) && imap_scan_byte(&s, ')')) {
        word_decode(out, name);
        buf_add(out, name.n ? S(" <") : S("<"));
        buf_add(out, local);
        if (!no_host)
            buf_add_byte(out, '@');
        buf_add(out, host);
        buf_add(out, S(">\n"));
    }
}

/* ---- BODY from BODYSTRUCTURE: RFC 9051 7.5.2 ---- */

static bool copy_value(imap_scan *s, buf *out, bool after_blank) {
    str value;
    if ((after_blank && !imap_scan_sp(s)) || !scan_value(s, &value))
        return false;
    if (after_blank)
        buf_add_byte(out, ' ');
    return buf_add(out, value);
}

/* Past the extension data to the end of this body. */
static bool skip_extensions(imap_scan *s, buf *out) {
    str unused;
    while (imap_scan_sp(s))
        if (!scan_value(s, &unused))
            return false;
    return imap_scan_byte(s, ')') && buf_add_byte(out, ')');
}

static bool next_is(const imap_scan *s, char a, char b) {
    return s->rest.n > 1 && s->rest.p[0] == a && s->rest.p[1] == b;
}

static bool copy_body(imap_scan *s, buf *out, unsigned depth) {
    if (depth == 0 || !imap_scan_byte(s, '('))
        return false;
    buf_add_byte(out, '(');
    if (s->rest.n && s->rest.p[0] == '(') {
        while (s->rest.n && s->rest.p[0] == '(')
            if (!copy_body(s, out, depth - 1))
                return false;
        return copy_value(s, out, true) && skip_extensions(s, out);
    }
    for (size_t i = 0; i < 7; i++) /* type subtype parameters id description encoding octets */
        if (!copy_value(s, out, i > 0))
            return false;
    if (next_is(s, ' ', '(')) { /* a message: envelope, body, lines */
        if (!copy_value(s, out, true) || !imap_scan_sp(s) || !buf_add_byte(out, ' ') || !copy_body(s, out, depth - 1) ||
            !copy_value(s, out, true))
            return false;
    } else if (s->rest.n > 1 && s->rest.p[0] == ' ' && ascii_digit(s->rest.p[1])) { /* a text: lines */
        if (!copy_value(s, out, true))
            return false;
    }
    return skip_extensions(s, out);
}

bool imap_structure_basic(buf *out, str structure) {
    SCOPED_ARENA memory;
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    imap_scan s = {structure, &memory};
    return copy_body(&s, out, LIMIT_MIME_DEPTH * 2) && s.rest.n == 0;
}
