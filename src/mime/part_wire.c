#include "mime/part_wire.h"

static bool needs_literal(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || (unsigned char)s.p[i] > 127)
            return true;
    return false;
}

static bool add_literal(buf *out, str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] != 0;
    buf_addf(out, "{%zu}\r\n", n);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0)
            buf_add_byte(out, s.p[i]);
    return !out->over;
}

bool wire_string(buf *out, str s) {
    if (needs_literal(s))
        return add_literal(out, s);
    buf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_add_byte(out, '\\');
        if (s.p[i] != 0)
            buf_add_byte(out, s.p[i]);
    }
    return buf_add_byte(out, '"');
}

bool wire_nstring(buf *out, str s) { return s.p ? wire_string(out, s) : buf_add(out, S("NIL")); }
