#include "tidy.h"

typedef enum place { IN_CODE, IN_LINE_COMMENT, IN_COMMENT, IN_STRING, IN_CHARACTER } place;

/* Where the byte at `at` puts us, and how many bytes belong together there. */
static place step(place now, str text, size_t at, size_t *n) {
    str rest = str_skip(text, at);
    char c = rest.p[0];
    *n = 1;
    switch (now) {
    case IN_CODE:
        if (str_starts(rest, S("/*")) || str_starts(rest, S("//"))) {
            *n = 2;
            return rest.p[1] == '*' ? IN_COMMENT : IN_LINE_COMMENT;
        }
        return c == '"' ? IN_STRING : c == '\'' ? IN_CHARACTER : IN_CODE;
    case IN_LINE_COMMENT:
        return c == '\n' ? IN_CODE : now;
    case IN_COMMENT:
        *n = str_starts(rest, S("*/")) ? 2 : 1;
        return *n == 2 ? IN_CODE : now;
    case IN_STRING:
    case IN_CHARACTER:
        *n = c == '\\' && rest.n > 1 ? 2 : 1;
        return c == (now == IN_STRING ? '"' : '\'') || c == '\n' ? IN_CODE : now;
    }
    return IN_CODE;
}

static bool is_comment(place p) { return p == IN_COMMENT || p == IN_LINE_COMMENT; }
static bool is_literal(place p) { return p == IN_STRING || p == IN_CHARACTER; }

str code_mask(arena *a, str text, bool keep_literals) {
    char *p = arena_cstr(a, text);
    if (!p)
        return S("");
    place now = IN_CODE;
    for (size_t at = 0, n; at < text.n; at += n) {
        place next = step(now, text, at, &n);
        bool blank = is_comment(now) || is_comment(next) || (is_literal(now) && is_literal(next) && !keep_literals);
        for (size_t i = at; blank && i < at + n; i++)
            if (p[i] != '\n')
                p[i] = ' ';
        now = next;
    }
    return (str){p, text.n};
}

static bool in_word(char c) { return ascii_alnum(c) || c == '_'; }

bool code_next_word(str code, size_t *at, str *word) {
    while (*at < code.n && !in_word(code.p[*at]))
        ++*at;
    size_t start = *at;
    while (*at < code.n && in_word(code.p[*at]))
        ++*at;
    *word = str_sub(code, start, *at - start);
    return word->n > 0;
}

bool code_followed_by(str code, size_t at, char c) {
    while (at < code.n && (code.p[at] == ' ' || code.p[at] == '\n'))
        at++;
    return at < code.n && code.p[at] == c;
}

bool code_include(str line, str *name) {
    line = str_trim(line);
    if (!str_starts(line, S("#")))
        return false;
    line = str_trim(str_skip(line, 1));
    if (!str_starts(line, S("include")))
        return false;
    line = str_trim(str_skip(line, strlen("include")));
    if (line.n == 0 || (line.p[0] != '<' && line.p[0] != '"'))
        return false;
    size_t end = str_find(str_skip(line, 1), line.p[0] == '<' ? '>' : '"');
    *name = str_sub(line, 0, end + 2);
    return end != STR_NONE;
}
