#include "mime/header.h"

static bool at_crlf(str s, size_t i) { return i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n'; }

/* Position of the first CRLF that no blank follows, or STR_NONE. Only CRLF counts: a parser that also ends
 * a field at a bare LF or CR sees other fields than the next server does (SMTP smuggling, RFC 5321 2.3.8). */
static size_t field_end(str s) {
    for (size_t from = 0; from < s.n;) {
        size_t at = str_find(str_skip(s, from), '\n');
        if (at == STR_NONE)
            return STR_NONE;
        at += from;
        from = at + 1;
        if (at == 0 || s.p[at - 1] != '\r')
            continue;
        if (from == s.n || (s.p[from] != ' ' && s.p[from] != '\t'))
            return at - 1;
    }
    return STR_NONE;
}

/* Name and value of a field; blanks before the colon are obsolete but legal (RFC 5322 4.5). */
static void split_field(header_field *f, str content) {
    f->name = S("");
    f->value = content;
    size_t colon = 0;
    while (colon < content.n && content.p[colon] > ' ' && content.p[colon] < 127 && content.p[colon] != ':')
        colon++;
    size_t name = colon;
    while (colon < content.n && ascii_blank(content.p[colon]))
        colon++;
    if (name == 0 || colon == content.n || content.p[colon] != ':')
        return;
    f->name = str_sub(content, 0, name);
    f->value = str_skip(content, colon + 1);
}

bool header_next(str *rest, header_field *out) {
    if (at_crlf(*rest, 0)) {
        *rest = str_skip(*rest, 2);
        return false;
    }
    if (rest->n == 0)
        return false;
    size_t end = field_end(*rest);
    size_t size = end == STR_NONE ? rest->n : end + 2;
    out->raw = str_sub(*rest, 0, size);
    split_field(out, str_sub(*rest, 0, end));
    *rest = str_skip(*rest, size);
    return true;
}

size_t header_size(str message) {
    if (at_crlf(message, 0))
        return 2;
    size_t at = str_find_str(message, S("\r\n\r\n"));
    return at == STR_NONE ? message.n : at + 4;
}

bool header_find(str header, str name, header_field *out) {
    header_field field;
    while (header_next(&header, &field)) {
        if (!str_caseeq(field.name, name))
            continue;
        *out = field;
        return true;
    }
    return false;
}

size_t header_count(str header, str name) {
    header_field field;
    size_t n = 0;
    while (header_next(&header, &field))
        n += str_caseeq(field.name, name);
    return n;
}
