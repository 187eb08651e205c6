#include "base/options.h"

#include "base/option_value.h"

static bool in_section(const option *row, str section) { return str_eq(str_c(row->section), section); }

/* The number of letters to add, drop, change or swap with their neighbour to make one name of the other
 * (optimal string alignment). Names longer than any of ours are far from all of them. */
enum { NAME_MOST = 63 };

static size_t least_of(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static size_t distance(str a, str b) {
    if (a.n > NAME_MOST || b.n > NAME_MOST)
        return SIZE_MAX;
    unsigned char rows[3][NAME_MOST + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= a.n; i++) {
        unsigned char *now = rows[i % 3], *above = rows[(i + 2) % 3], *twice_above = rows[(i + 1) % 3];
        now[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t changed = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            size_t best = least_of(above[j] + 1U, now[j - 1] + 1U, changed);
            bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            if (swapped && twice_above[j - 2] + 1U < best)
                best = twice_above[j - 2] + 1U;
            now[j] = (unsigned char)best;
        }
    }
    return rows[a.n % 3][b.n];
}

const option *options_find(const option *table, size_t rows, str section, str name, const option **near) {
    size_t nearest = name.n < 3 ? 2 : name.n / 3 + 2; /* farther names are no help */
    if (near)
        *near = NULL;
    for (size_t i = 0; i < rows; i++) {
        if (!in_section(&table[i], section))
            continue;
        if (str_eq(str_c(table[i].name), name))
            return &table[i];
        size_t far = near ? distance(str_c(table[i].name), name) : SIZE_MAX;
        if (far < nearest) {
            nearest = far;
            *near = &table[i];
        }
    }
    return NULL;
}

static err set_row(const option *row, str value, void *target, arena *a) {
    return option_value_set(row, value, (char *)target + row->offset, a);
}

err options_defaults(const option *table, size_t rows, const char *section, void *target, arena *a) {
    for (size_t i = 0; i < rows; i++) {
        if (!in_section(&table[i], str_c(section)))
            continue;
        err e = set_row(&table[i], str_c(table[i].initial), target, a);
        if (failed(e))
            e.kind = ERR_BUG; /* the table itself is wrong, or the arena was made too small for it */
        TRY(e);
    }
    return OK;
}

err options_set(const option *table, size_t rows, str section, str name, str value, void *target, arena *a) {
    const option *near;
    const option *row = options_find(table, rows, section, name, &near);
    if (row)
        return set_row(row, value, target, a);
    if (near)
        return err_make(ERR_PERM, ERR_NOT_FOUND, "unknown option", "unknown option \"%.*s\": did you mean \"%s\"?",
                        STR_ARG(str_sub(name, 0, 32)), near->name);
    return err_make(ERR_PERM, ERR_NOT_FOUND, "unknown option", "unknown option \"%.*s\" in [%.*s]",
                    STR_ARG(str_sub(name, 0, 32)), STR_ARG(str_sub(section, 0, 32)));
}

str options_print(const option *row, const void *target, arena *a) {
    return option_value_print(row, (const char *)target + row->offset, a);
}
