/* Rules about code: how long its functions are, how it makes statements, how its scopes begin. */
#include "tidy.h"

enum { FUNCTION_LINES = 60 };

static size_t lines_in(str s) {
    size_t lines = 0;
    for (size_t i = 0; i < s.n; i++)
        lines += s.p[i] == '\n';
    return lines;
}

/* The brace that closes the one at `open`, or the end. */
static size_t closing(str code, size_t open) {
    size_t depth = 0;
    for (size_t i = open; i < code.n; i++) {
        depth += code.p[i] == '{';
        depth -= code.p[i] == '}';
        if (depth == 0)
            return i;
    }
    return code.n;
}

/* The last byte before `at` that is no blank and no line end, or 0. */
static char before(str code, size_t at) {
    while (at > 0 && (code.p[at - 1] == ' ' || code.p[at - 1] == '\n'))
        at--;
    return at ? code.p[at - 1] : 0;
}

/* Lines of tables in a function: what stands between the braces of an initializer. */
static size_t table_lines(str body) {
    size_t lines = 0;
    for (size_t i = 0; i < body.n; i++)
        if (body.p[i] == '{' && before(body, i) == '=') {
            size_t end = closing(body, i);
            lines += lines_in(str_sub(body, i, end - i));
            i = end;
        }
    return lines;
}

/* Behind the preprocessor line that begins at `at`, with the lines it goes on in. */
static size_t skip_directive(str code, size_t at) {
    while (at < code.n && (code.p[at] != '\n' || (at > 0 && code.p[at - 1] == '\\')))
        at++;
    return at;
}

static str function_name(str head) {
    size_t open = str_find(head, '('), end = open == STR_NONE ? 0 : open, start = end;
    while (start > 0 && (ascii_alnum(head.p[start - 1]) || head.p[start - 1] == '_'))
        start--;
    return str_sub(head, start, end - start);
}

/* At the outermost level a brace behind ")" opens a function; all else is a type or a table. */
static void check_functions(const source *file, findings *f) {
    str code = file->code;
    size_t start = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == '#' && (i == 0 || code.p[i - 1] == '\n'))
            start = i = skip_directive(code, i);
        else if (code.p[i] == ';')
            start = i + 1;
        if (i >= code.n || code.p[i] != '{')
            continue;
        size_t end = closing(code, i);
        while (start < i && (code.p[start] == '\n' || code.p[start] == ' '))
            start++;
        str whole = str_sub(code, start, end + 1 - start), body = str_sub(code, i, end - i);
        size_t lines = lines_in(whole) + 1 - table_lines(body);
        if (before(code, i) == ')' && lines > FUNCTION_LINES)
            finding_add(f, file, start, "%.*s() has %zu lines, more than %d", STR_ARG(function_name(whole)), lines,
                        FUNCTION_LINES);
        start = i = end;
    }
}

void rule_function_size(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++)
        if (path_is_c(t->files[i].path) &&
            (path_is_below(t->files[i].path, S("src")) || path_is_below(t->files[i].path, S("tools"))))
            check_functions(&t->files[i], f);
}

/* The literal that begins at the quote at `at`, with those that the compiler would join to it, as one slice that
 * still has their quotes inside. */
static str joined_literal(str plain, size_t at) {
    size_t end = at;
    for (size_t i = at; i < plain.n && plain.p[i] == '"';) {
        for (i++; i < plain.n && plain.p[i] != '"'; i++)
            i += plain.p[i] == '\\';
        end = i + 1;
        for (i++; i < plain.n && (plain.p[i] == ' ' || plain.p[i] == '\n');)
            i++;
    }
    return str_sub(plain, at, end - at);
}

static bool has_conversion(str s) {
    for (size_t at = 0; at + 1 < s.n; at++) {
        if (s.p[at] != '%')
            continue;
        size_t i = at + 1;
        while (i < s.n && strchr("-+ #0123456789.*hlzjt", s.p[i]))
            i++;
        if (i < s.n && strchr("diouxXcsp", s.p[i]))
            return true;
        at = i; /* "%%" is a percent sign */
    }
    return false;
}

/* Words that only a statement has; "SELECT" alone is a command of IMAP too. */
static bool is_sql(str s) {
    static const struct {
        const char *first, *then;
    } shapes[] = {
        {"SELECT ", "FROM "},  {"INSERT ", "INTO "}, {"UPDATE ", "SET "}, {"DELETE ", "FROM "},
        {"REPLACE ", "INTO "}, {" WHERE ", "="},     {"VALUES", "("},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t at = str_find_str(s, str_c(shapes[i].first));
        if (at != STR_NONE && str_find_str(str_skip(s, at), str_c(shapes[i].then)) != STR_NONE)
            return true;
    }
    return false;
}

void rule_sql(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!path_is_c(file->path) || !path_is_below(file->path, S("src")))
            continue;
        str plain = file->plain;
        for (size_t at = 0; at < plain.n; at++) {
            if (plain.p[at] == '\'') { /* '"' opens nothing */
                at += plain.p[at + 1] == '\\' ? 3 : 2;
                continue;
            }
            if (plain.p[at] != '"')
                continue;
            str literal = joined_literal(plain, at);
            if (is_sql(literal) && has_conversion(literal))
                finding_add(f, file, at, "a statement is built by a format: bind parameters instead");
            at += literal.n - 1;
        }
    }
}

static bool has_word(str code, const char *const *words) {
    size_t at = 0;
    for (str word; code_next_word(code, &at, &word);)
        for (size_t i = 0; words[i]; i++)
            if (str_eq(word, str_c(words[i])))
                return true;
    return false;
}

/* The part of a statement that runs whenever the statement does: its condition if it has one, else all. */
static str surely_run(str statement) {
    static const char *const conditional[] = {"if", "else", "for", "while", "switch", "do", NULL};
    if (!has_word(statement, conditional))
        return statement;
    size_t open = str_find(statement, '('), at = open == STR_NONE ? statement.n : open;
    str rest = str_skip(statement, at);
    for (size_t i = 0, depth = 0; i < rest.n; i++) {
        depth += rest.p[i] == '(';
        depth -= rest.p[i] == ')';
        if (depth == 0)
            return str_sub(rest, 0, i);
    }
    return rest;
}

/* Whether the address of `name` is an argument in this part of the code. */
static bool given_away(str part, str name) {
    SCOPED_BUF address;
    buf_init(&address, 200);
    buf_addf(&address, "&%.*s", STR_ARG(name));
    for (size_t at; (at = str_find_str(part, buf_str(&address))) != STR_NONE;) {
        part = str_skip(part, at + address.n);
        if (str_starts(part, S(",")) || str_starts(part, S(")")) || part.n == 0)
            return true;
    }
    return false;
}

/* Blocks that open in a statement minus those that close. */
static int blocks_opened(str statement) {
    int opened = 0;
    for (size_t i = 0; i < statement.n; i++)
        opened += (statement.p[i] == '{') - (statement.p[i] == '}');
    return opened;
}

/* Whether somebody is given `name` to initialise before anything may leave the scope. */
static bool initialised(str code, str name) {
    static const char *const leaving[] = {"return", "TRY", "goto", "break", "continue", NULL};
    int depth = 0;
    for (str statement; str_cut(&code, ';', &statement);) {
        for (; statement.n && strchr(" \n}", statement.p[0]); statement = str_skip(statement, 1))
            depth -= statement.p[0] == '}';
        if (depth == 0 && given_away(surely_run(statement), name))
            return true;
        if (depth < 0 || has_word(statement, leaving))
            return false;
        depth += blocks_opened(statement);
    }
    return false;
}

/* `declared` is what stands between SCOPED_... and its semicolon, `behind` the code after it. */
static void check_scope(const source *file, size_t at, str declared, str behind, findings *f) {
    str name;
    while (str_cut(&declared, ',', &name)) {
        size_t start = 0;
        for (str word; code_next_word(name, &start, &word);)
            if (start == name.n && !initialised(behind, word))
                finding_add(f, file, at, "%.*s is freed at the end of its scope but may not be initialised by then",
                            STR_ARG(word));
    }
}

/* The cleanup of a variable runs on every way out, so its value must be set on every way in. */
void rule_scopes(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!path_is_c(file->path))
            continue;
        size_t at = 0;
        for (str word; code_next_word(file->code, &at, &word);) {
            str rest = str_skip(file->code, at), declared;
            bool defined = str_ends(str_sub(file->code, 0, at - word.n), S("#define "));
            if (str_starts(word, S("SCOPED_")) && !defined && str_cut(&rest, ';', &declared) &&
                !str_has_byte(declared, '='))
                check_scope(file, at, declared, rest, f);
        }
    }
}
