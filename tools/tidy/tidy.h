/* Tidy: the rules of the house that a program can check, as one test.
 *
 * The tests run it over the whole tree; it prints TAP, a line a rule, each finding above it as a comment with file
 * and line. A rule is a function over the loaded tree: to add one, write it in the rules_*.c that fits and give it
 * a row in tidy.c. Runs in a short process of one thread; everything lives in the arena of the tree until the end. */
#ifndef GODWIT_TOOLS_TIDY_TIDY_H
#define GODWIT_TOOLS_TIDY_TIDY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

typedef struct source {
    str path;  /* from the root of the tree: "src/base/str.c" */
    str text;  /* the whole file */
    str code;  /* of .c and .h, as long as text: comments and what is inside quotes are blanks */
    str plain; /* the same with the insides of quotes left in */
} source;

typedef struct tree {
    source *files; /* sorted by path */
    size_t n;
    arena memory;
} tree;

typedef struct findings {
    buf text;     /* "# path:line: what" lines */
    size_t n;     /* how many of them make the rule fail */
    bool verbose; /* hints too */
} findings;

/* Reads every file below root but hidden ones, build folders and test data. */
err tree_load(tree *t, const char *root) MUST_USE;
void tree_free(tree *t);
const source *tree_find(const tree *t, str path); /* or NULL */

/* Blanks comments, and literals unless keep_literals, leaving every other byte and line end where it was. */
str code_mask(arena *a, str text, bool keep_literals);
/* The next identifier or keyword from *at on; false at the end. *at moves behind it. */
bool code_next_word(str code, size_t *at, str *word);
/* Whether the first byte from `at` on that is no blank and no line end is c. */
bool code_followed_by(str code, size_t at, char c);

/* What a line of #include names, with its quotes or angles; false for other lines. */
bool code_include(str line, str *name);

bool path_is_c(str path);
bool path_is_below(str path, str folder); /* "src/base/str.c", "src" */
str path_folder_of_src(str path);         /* "base" of "src/base/str.c"; empty when there is none */

void finding_add(findings *f, const source *file, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void hint_add(findings *f, const source *file, const char *format, ...) __attribute__((format(printf, 3, 4)));

void rule_layers(const tree *t, findings *f);
void rule_shadows(const tree *t, findings *f);
void rule_readmes(const tree *t, findings *f);
void rule_listed(const tree *t, findings *f);
void rule_file_size(const tree *t, findings *f);
void rule_function_size(const tree *t, findings *f);
void rule_rooms(const tree *t, findings *f);
void rule_sql(const tree *t, findings *f);
void rule_scopes(const tree *t, findings *f);
void rule_text(const tree *t, findings *f);
void rule_headers(const tree *t, findings *f);

/* All rules over the tree at root; TAP to `out`. False when one failed or the tree could not be read. */
bool tidy_run(const char *root, bool verbose, buf *out);

#endif
