#include "imap/grammar.h"

#include "base/utf8.h"

/* RFC 9051: atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials */
static bool atom_char(char c) {
    return (unsigned char)c > ' ' && (unsigned char)c < 0x7F && !str_has_byte(S("(){%*\"\\]"), c);
}

static bool astring_char(char c) { return atom_char(c) || c == ']'; }

static bool tag_char(char c) { return astring_char(c) && c != '+'; }

static bool list_char(char c) { return astring_char(c) || c == '%' || c == '*'; }

static bool take_chars(imap_scan *s, bool (*wanted)(char c), str *out) {
    size_t n = 0;
    while (n < s->rest.n && wanted(s->rest.p[n]))
        n++;
    *out = str_sub(s->rest, 0, n);
    s->rest = str_skip(s->rest, n);
    return n > 0;
}

bool imap_scan_byte(imap_scan *s, char c) {
    if (s->rest.n == 0 || s->rest.p[0] != c)
        return false;
    s->rest = str_skip(s->rest, 1);
    return true;
}

bool imap_scan_sp(imap_scan *s) { return imap_scan_byte(s, ' '); }

bool imap_scan_end(imap_scan *s) {
    while (imap_scan_sp(s)) {}
    return s->rest.n == 0;
}

bool imap_scan_word(imap_scan *s, str word) {
    if (!str_casestarts(s->rest, word))
        return false;
    s->rest = str_skip(s->rest, word.n);
    return true;
}

bool imap_scan_tag(imap_scan *s, str *out) { return take_chars(s, tag_char, out); }

bool imap_scan_atom(imap_scan *s, str *out) { return take_chars(s, atom_char, out); }

/* The text between the quotes with its escapes undone; RFC 9051: "\" may stand only before "\" and DQUOTE. */
static bool unescape(imap_scan *s, str raw, size_t escapes, str *out) {
    *out = raw;
    if (escapes == 0)
        return utf8_valid(raw);
    char *p = arena_alloc(s->memory, raw.n);
    if (!p)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        i += raw.p[i] == '\\';
        p[n++] = raw.p[i];
    }
    *out = (str){p, n};
    return utf8_valid(*out);
}

static bool scan_quoted(imap_scan *s, str *out) {
    size_t escapes = 0;
    for (size_t i = 1; i < s->rest.n; i++) {
        char c = s->rest.p[i];
        if (c == '"') {
            str raw = str_sub(s->rest, 1, i - 1);
            s->rest = str_skip(s->rest, i + 1);
            return unescape(s, raw, escapes, out);
        }
        if (c == '\0' || c == '\r' || c == '\n')
            return false;
        if (c == '\\') {
            escapes++;
            i++;
            if (i >= s->rest.n || (s->rest.p[i] != '"' && s->rest.p[i] != '\\'))
                return false;
        }
    }
    return false;
}

static bool scan_announcement(imap_scan *s, uint64_t *size) {
    if (!imap_scan_byte(s, '{') || !imap_scan_number64(s, size))
        return false;
    imap_scan_byte(s, '+');
    return imap_scan_word(s, S("}\r\n"));
}

static bool scan_literal(imap_scan *s, str *out) {
    uint64_t size;
    if (!scan_announcement(s, &size) || size > s->rest.n)
        return false;
    *out = str_sub(s->rest, 0, (size_t)size);
    s->rest = str_skip(s->rest, (size_t)size);
    return !str_has_byte(*out, '\0');
}

bool imap_scan_string(imap_scan *s, str *out) {
    if (s->rest.n && s->rest.p[0] == '"')
        return scan_quoted(s, out);
    return scan_literal(s, out);
}

static bool begins_string(const imap_scan *s) { return s->rest.n && (s->rest.p[0] == '"' || s->rest.p[0] == '{'); }

bool imap_scan_astring(imap_scan *s, str *out) {
    return begins_string(s) ? imap_scan_string(s, out) : take_chars(s, astring_char, out);
}

bool imap_scan_nstring(imap_scan *s, str *out, bool *nil) {
    *nil = imap_scan_word(s, S("NIL"));
    *out = S("");
    return *nil || imap_scan_string(s, out);
}

bool imap_scan_list_mailbox(imap_scan *s, str *out) {
    return begins_string(s) ? imap_scan_string(s, out) : take_chars(s, list_char, out);
}

bool imap_scan_flag(imap_scan *s, str *out) {
    str whole = s->rest, atom;
    size_t slash = imap_scan_byte(s, '\\') ? 1 : 0;
    if (!imap_scan_atom(s, &atom))
        return false;
    *out = str_sub(whole, 0, atom.n + slash);
    return true;
}

static bool scan_digits(imap_scan *s, uint64_t max, uint64_t *out) {
    size_t n = 0;
    while (n < s->rest.n && ascii_digit(s->rest.p[n]))
        n++;
    if (!str_to_u64(str_sub(s->rest, 0, n), max, out))
        return false;
    s->rest = str_skip(s->rest, n);
    return true;
}

bool imap_scan_number(imap_scan *s, uint32_t *out) {
    uint64_t value;
    if (!scan_digits(s, UINT32_MAX, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool imap_scan_number64(imap_scan *s, uint64_t *out) { return scan_digits(s, INT64_MAX, out); }

bool imap_scan_nz_number(imap_scan *s, uint32_t *out) { return imap_scan_number(s, out) && *out != 0; }

bool imap_scan_streamed(imap_scan *s, bool *binary) {
    uint64_t size;
    *binary = imap_scan_byte(s, '~');
    return scan_announcement(s, &size);
}
