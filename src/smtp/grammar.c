#include "smtp/grammar.h"

enum { HELLO_MOST = 255, MECHANISM_MOST = 20 }; /* RFC 5321 4.5.3.1.2; RFC 4422 3.1 */

smtp_line_kind smtp_line_take(str in, str *line, size_t *used) {
    size_t end = str_find(in, '\n');
    if (end == STR_NONE)
        return SMTP_LINE_NONE;
    *used = end + 1;
    if (end == 0 || in.p[end - 1] != '\r') {
        *line = str_sub(in, 0, end);
        return SMTP_LINE_BARE_LF;
    }
    *line = str_sub(in, 0, end - 1);
    return str_has_byte(*line, '\r') || str_has_byte(*line, 0) ? SMTP_LINE_BAD : SMTP_LINE_WHOLE;
}

void smtp_words(str line, str *verb, str *args) {
    size_t space = str_find(line, ' ');
    *verb = str_sub(line, 0, space);
    *args = space == STR_NONE ? S("") : str_trim(str_skip(line, space));
    *verb = str_trim(*verb);
}

bool smtp_path_argument(str args, str prefix, str *path) {
    if (!str_casestarts(args, prefix))
        return false;
    /* RFC 5321 3.3 allows no blank behind the colon; enough senders put one that refusing it loses mail. */
    *path = str_trim(str_skip(args, prefix.n));
    return path->n && path->p[0] == '<';
}

bool smtp_hello_valid(str name) {
    if (name.n == 0 || name.n > HELLO_MOST)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 127)
            return false;
    return true;
}

smtp_bdat smtp_bdat_parse(str args, uint64_t *size, bool *last) {
    size_t space = str_find(args, ' ');
    str tail = space == STR_NONE ? S("") : str_trim(str_skip(args, space));
    *last = str_caseeq(tail, S("LAST"));
    if (!str_to_u64(str_sub(args, 0, space), UINT64_MAX, size))
        return SMTP_BDAT_UNKNOWN;
    return *last || tail.n == 0 ? SMTP_BDAT_OK : SMTP_BDAT_TAIL;
}

static bool mechanism_byte(char c) { return ascii_alnum(c) || c == '-' || c == '_'; }

bool smtp_auth_parse(str args, str *mechanism, bool *has_initial, str *initial) {
    size_t space = str_find(args, ' ');
    *mechanism = str_sub(args, 0, space);
    *has_initial = space != STR_NONE;
    *initial = *has_initial ? str_trim(str_skip(args, space)) : S("");
    if (mechanism->n == 0 || mechanism->n > MECHANISM_MOST || str_has_byte(*initial, ' '))
        return false;
    for (size_t i = 0; i < mechanism->n; i++)
        if (!mechanism_byte(mechanism->p[i]))
            return false;
    if (str_eq(*initial, S("=")))
        *initial = S("");
    else if (*has_initial && initial->n == 0)
        return false;
    return true;
}
