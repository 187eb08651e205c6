#include "base/codec.h"

enum { LINE = 76 }; /* RFC 2045 6.7 (5), the "=" of a soft break included */

/* Whether the byte at `at` may stand for itself, RFC 2045 6.7 (2) and (3). A dot or "From " that begins
 * a line is escaped too: other programs on the way change them (RFC 2049 3). */
static bool literal(str in, size_t at, size_t column) {
    char c = in.p[at];
    str rest = str_skip(in, at);
    if (ascii_blank(c))
        return !(rest.n == 1 || str_starts(str_skip(rest, 1), S("\r\n")));
    if (column == 0 && (c == '.' || str_starts(rest, S("From "))))
        return false;
    return c > ' ' && c < 127 && c != '=';
}

bool qp_encode(buf *out, str in) {
    size_t column = 0;
    for (size_t i = 0; i < in.n && !out->over; i++) {
        if (str_starts(str_skip(in, i), S("\r\n"))) {
            buf_add(out, S("\r\n"));
            column = 0;
            i++;
            continue;
        }
        size_t width = literal(in, i, column) ? 1 : 3;
        bool last = i + 1 == in.n || str_starts(str_skip(in, i + 1), S("\r\n"));
        if (column + width > (last ? LINE : LINE - 1)) {
            buf_add(out, S("=\r\n"));
            column = 0;
            width = literal(in, i, column) ? 1 : 3;
        }
        if (width == 1)
            buf_add_byte(out, in.p[i]);
        else
            buf_addf(out, "=%02X", (unsigned)(unsigned char)in.p[i]);
        column += width;
    }
    return !out->over;
}

/* Blanks from `at` on, and the line end behind them if there is one; `ends` says whether the line (or the
 * input) ends there. Returns the position behind. */
static size_t skip_blanks(str in, size_t at, bool *ends) {
    while (at < in.n && ascii_blank(in.p[at]))
        at++;
    str rest = str_skip(in, at);
    *ends = rest.n == 0 || rest.p[0] == '\n' || str_starts(rest, S("\r\n"));
    return at;
}

/* What follows a "=" at `at`: adds the byte it stands for, if any, and returns the position behind. */
static size_t decode_escape(buf *out, str in, size_t at) {
    if (in.n - at >= 3) {
        int high = hex_value(in.p[at + 1]), low = hex_value(in.p[at + 2]);
        if (high >= 0 && low >= 0) {
            buf_add_byte(out, (char)(high << 4 | low));
            return at + 3;
        }
    }
    bool ends;
    size_t behind = skip_blanks(in, at + 1, &ends);
    if (!ends) {
        buf_add_byte(out, '=');
        return at + 1;
    }
    /* A soft line break, RFC 2045 6.7 (5): the line end goes too. */
    if (behind < in.n && in.p[behind] == '\r')
        behind++;
    return behind < in.n ? behind + 1 : behind;
}

void qp_decode(buf *out, str in) {
    size_t at = 0;
    while (at < in.n && !out->over) {
        char c = in.p[at];
        if (c == '=') {
            at = decode_escape(out, in, at);
        } else if (ascii_blank(c)) {
            /* Blanks at the end of a line were added on the way, RFC 2045 6.7 (3). */
            bool ends;
            size_t behind = skip_blanks(in, at, &ends);
            if (!ends)
                buf_add(out, str_sub(in, at, behind - at));
            at = behind;
        } else {
            size_t run = at;
            while (run < in.n && in.p[run] != '=' && !ascii_blank(in.p[run]))
                run++;
            buf_add(out, str_sub(in, at, run - at));
            at = run;
        }
    }
}
