#include "tidy.h"

#include <stdarg.h>

enum { FINDINGS_MOST = 1024 * 1024 };

static const struct {
    const char *name;
    void (*check)(const tree *t, findings *f);
} rules[] = {
    {"includes point down", rule_layers},
    {"every source has its shadow test", rule_shadows},
    {"every folder has a README", rule_readmes},
    {"every source and test is built", rule_listed},
    {"files are short", rule_file_size},
    {"functions are short", rule_function_size},
    {"everything is called in its room", rule_rooms},
    {"no statement is built by printf", rule_sql},
    {"scopes begin initialised", rule_scopes},
    {"text is clean", rule_text},
    {"headers have guards and say what they are for", rule_headers},
};
enum { RULES = sizeof rules / sizeof *rules };

static size_t line_of(str text, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at && i < text.n; i++)
        line += text.p[i] == '\n';
    return line;
}

void finding_add(findings *f, const source *file, size_t at, const char *format, ...) {
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    buf_addf(&f->text, "# %.*s:%zu: %s\n", STR_ARG(file->path), line_of(file->text, at), what);
    f->n++;
}

void hint_add(findings *f, const source *file, const char *format, ...) {
    if (!f->verbose)
        return;
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    buf_addf(&f->text, "# hint: %.*s %s\n", STR_ARG(file->path), what);
}

bool tidy_run(const char *root, bool verbose, buf *out) {
    tree t;
    err e = tree_load(&t, root);
    buf_addf(out, "1..%d\n", RULES);
    if (failed(e))
        buf_addf(out, "Bail out! %s\n", e.log);
    bool clean = !failed(e);
    for (size_t i = 0; !failed(e) && i < RULES; i++) {
        findings f = {.verbose = verbose};
        buf_init(&f.text, FINDINGS_MOST);
        rules[i].check(&t, &f);
        buf_add(out, buf_str(&f.text));
        buf_addf(out, "%sok %zu - %s\n", f.n ? "not " : "", i + 1, rules[i].name);
        clean = clean && f.n == 0;
        buf_free(&f.text);
    }
    tree_free(&t);
    return clean;
}
