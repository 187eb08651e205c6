/* What smtp_data and smtp_line_ends must find, written as plainly as can be: a byte at a time over the whole. Tests and
 * fuzzing only. */
#ifndef GODWIT_TEST_SMTP_DATA_PLAIN_H
#define GODWIT_TEST_SMTP_DATA_PLAIN_H

#include "base/buf.h"

typedef struct plain_data {
    bool ended, bare, nul;
    size_t used; /* bytes up to and with the end */
} plain_data;

/* The content goes to out. The lines end with CRLF, and "." alone on a line is the end. */
static inline plain_data plain_read(str in, buf *out) {
    plain_data r = {.used = in.n};
    for (size_t at = 0; at < in.n;) {
        size_t end = at; /* of the line, behind its CRLF */
        while (end < in.n && !(end >= at + 1 && in.p[end] == '\n' && in.p[end - 1] == '\r'))
            end++;
        bool whole = end < in.n;
        str line = str_sub(in, at, end - at + whole);
        if (str_eq(line, S(".\r\n"))) {
            r.ended = true;
            r.used = end + 1;
            break;
        }
        if (line.n && line.p[0] == '.')
            line = str_skip(line, 1);
        if (!whole && str_eq(str_sub(in, at, SIZE_MAX), S(".\r")))
            line = S(""); /* may still become the end */
        buf_add(out, line);
        at = end + whole;
    }
    str content = buf_str(out);
    for (size_t i = 0; i < content.n; i++) {
        bool cr = content.p[i] == '\r', lf = content.p[i] == '\n';
        r.bare = r.bare || (cr && (i + 1 == content.n || content.p[i + 1] != '\n')) ||
                 (lf && (i == 0 || content.p[i - 1] != '\r'));
        r.nul = r.nul || content.p[i] == 0;
    }
    return r;
}

#endif
