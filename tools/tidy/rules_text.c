/* Rules about the text of files: sizes, blanks, words, header guards. */
#include "tidy.h"

#include "base/utf8.h"

enum { LINES_MOST = 600, LINES_GOOD = 350, COLUMNS_MOST = 120 };

void rule_file_size(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!path_is_c(file->path))
            continue;
        int lines = 0;
        for (size_t at = 0; at < file->text.n; at++)
            lines += file->text.p[at] == '\n';
        if (lines > LINES_MOST)
            finding_add(f, file, 0, "has %d lines, more than %d", lines, LINES_MOST);
        else if (lines > LINES_GOOD)
            hint_add(f, file, "has %d lines, more than the usual %d", lines, LINES_GOOD);
    }
}

static bool is_text(str path) {
    static const char *const ends[] = {".c",   ".h",    ".md",    ".py",  ".sh",  ".js",      ".css",
                                       ".sql", ".html", ".build", ".ini", ".txt", ".service", ".chat"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(path, str_c(ends[i])))
            return true;
    return false;
}

static size_t columns(str line) {
    size_t n = 0;
    for (uint32_t c; utf8_next(&line, &c);)
        n++;
    return n;
}

/* Notes to oneself; joined here from halves so that this file has none. */
static bool is_note(str word) {
    static const char *const notes[] = {"TO"
                                        "DO",
                                        "FIX"
                                        "ME",
                                        "XX"
                                        "X"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (str_eq(word, str_c(notes[i])))
            return true;
    return false;
}

static void check_line(const source *file, size_t at, str line, findings *f) {
    if (line.n && line.p[line.n - 1] == '\r')
        finding_add(f, file, at, "the line ends with CR LF");
    else if (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        finding_add(f, file, at, "blanks at the end of the line");
    if (str_has_byte(line, '\t'))
        finding_add(f, file, at, "a tab");
    if (path_is_c(file->path) && columns(line) > COLUMNS_MOST)
        finding_add(f, file, at, "has %zu columns, more than %d", columns(line), COLUMNS_MOST);
    size_t word_at = 0;
    for (str word; code_next_word(line, &word_at, &word);)
        if (is_note(word))
            finding_add(f, file, at, "%.*s: finish it, or say it in an issue", STR_ARG(word));
}

void rule_text(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!is_text(file->path))
            continue;
        str rest = file->text, line;
        while (str_cut_line(&rest, &line))
            check_line(file, (size_t)(line.p - file->text.p), str_sub(line, 0, line.n - 1), f);
        if (rest.n)
            finding_add(f, file, file->text.n, "the last line has no end");
        if (!utf8_valid(file->text))
            finding_add(f, file, 0, "is not UTF-8");
    }
}

/* GODWIT_<PATH>_H, the path below src/ or from the root. */
static void guard_of(buf *out, str path) {
    if (path_is_below(path, S("src")))
        path = str_skip(path, 4);
    buf_add(out, S("GODWIT_"));
    for (size_t i = 0; i < path.n; i++)
        buf_add_byte(out, ascii_alnum(path.p[i]) ? ascii_to_upper(path.p[i]) : '_');
}

void rule_headers(const tree *t, findings *f) {
    for (size_t i = 0; i < t->n; i++) {
        const source *file = &t->files[i];
        if (!str_ends(file->path, S(".h")))
            continue;
        SCOPED_BUF guard, opening;
        buf_init(&guard, 1000);
        buf_init(&opening, 3000);
        guard_of(&guard, file->path);
        buf_addf(&opening, "#ifndef %.*s\n#define %.*s\n", STR_ARG(buf_str(&guard)), STR_ARG(buf_str(&guard)));
        if (str_find_str(file->text, buf_str(&opening)) == STR_NONE)
            finding_add(f, file, 0, "has no guard %.*s", STR_ARG(buf_str(&guard)));
        if (!str_starts(file->text, S("/* ")))
            finding_add(f, file, 0, "does not begin with what it is for");
    }
}
