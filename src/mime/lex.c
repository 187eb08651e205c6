#include "mime/lex.h"

bool lex_atext(char c) {
    if (ascii_alnum(c) || (unsigned char)c > 127)
        return true;
    return c != 0 && str_has_byte(S("!#$%&'*+-/=?^_`{|}~"), c);
}

bool lex_token(char c) {
    if ((unsigned char)c <= ' ' || (unsigned char)c >= 127)
        return false;
    return !str_has_byte(S("()<>@,;:\\\"/[]?="), c);
}

bool lex_dot_atom(str s) {
    bool atom = false; /* the byte before was part of an atom */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' ? !atom : !lex_atext(s.p[i]))
            return false;
        atom = s.p[i] != '.';
    }
    return atom;
}

void lex_skip_blanks(str *s) {
    size_t n = 0;
    while (n < s->n && lex_blank(s->p[n]))
        n++;
    *s = str_skip(*s, n);
}

void lex_skip_cfws(str *s) {
    for (;;) {
        lex_skip_blanks(s);
        if (s->n == 0 || s->p[0] != '(')
            return;
        lex_comment(s, NULL);
    }
}

static void add_clean_byte(buf *out, char c) {
    if (out && c != '\r' && c != '\n' && c != 0)
        buf_add_byte(out, c);
}

bool lex_comment(str *s, buf *text) {
    size_t depth = 0;
    for (size_t i = 0; i < s->n; i++) {
        char c = s->p[i];
        if (c == '\\' && i + 1 < s->n) {
            add_clean_byte(text, s->p[++i]);
            continue;
        }
        if (c == ')' && --depth == 0) {
            *s = str_skip(*s, i + 1);
            return true;
        }
        if (i > 0)
            add_clean_byte(text, c);
        if (c == '(')
            depth++;
    }
    *s = str_skip(*s, s->n);
    return false;
}

bool lex_quoted(str *s, buf *text) {
    for (size_t i = 1; i < s->n; i++) {
        char c = s->p[i];
        if (c == '"') {
            *s = str_skip(*s, i + 1);
            return true;
        }
        if (c == '\\' && i + 1 < s->n)
            c = s->p[++i];
        add_clean_byte(text, c);
    }
    *s = str_skip(*s, s->n);
    return false;
}

bool lex_quote(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0)
            return false;
    buf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, s.p[i]);
    }
    return buf_add_byte(out, '"');
}

void lex_add_clean(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++)
        add_clean_byte(out, s.p[i]);
}

void lex_one_line(buf *text, size_t from) {
    for (size_t i = from; i < text->n; i++)
        if (text->p[i] == '\r' || text->p[i] == '\n' || text->p[i] == 0)
            text->p[i] = ' ';
}
