/* Tables and records for people and for programs. */
#include "ctl/ctl.h"

#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/date.h"

enum { ROWS_KEPT = 500, TABLE_MEMORY = 64 << 20, CELL_MOST = 2000, PAGE_MEMORY = 64 << 20, KEY_MOST = 1024 };

void ctl_table_begin(ctl_table *t, const ctl *c, const char *const *columns, size_t n) {
    *t = (ctl_table){.c = c, .columns = columns, .columns_n = n};
    arena_init(&t->memory, TABLE_MEMORY);
    t->cells = mem_array(n * ROWS_KEPT, sizeof *t->cells);
    if (c->json)
        putchar('[');
}

/* Words of strangers must not command the terminal: control characters have a form above ASCII too (U+009B). */
static str printable(arena *a, str s) {
    SCOPED_BUF text;
    buf_init(&text, 4 * CELL_MOST); /* an escaped byte takes four */
    utf8_escape(&text, utf8_prefix(s, CELL_MOST), false);
    str kept = arena_str(a, buf_str(&text));
    return kept.p ? kept : S("");
}

static void print_row(const ctl_table *t, const str *cells, const size_t *widths) {
    for (size_t i = 0; i < t->columns_n; i++) {
        bool last = i + 1 == t->columns_n;
        printf("%-*.*s%s", last ? 0 : (int)widths[i], STR_ARG(cells[i]), last ? "\n" : "  ");
    }
}

/* What was printed takes no memory: a list may be as long as it likes. */
static void forget_rows(ctl_table *t) {
    t->cells_n = 0;
    arena_free(&t->memory);
}

static void table_free(ctl_table *t) {
    arena_free(&t->memory);
    free(t->cells);
    t->cells = NULL;
}

static void flush_people(ctl_table *t) {
    size_t rows = t->cells_n / t->columns_n, widths[32] = {0};
    bool head = t->rows == 0 && isatty(STDOUT_FILENO);
    for (size_t i = 0; i < t->columns_n; i++) {
        widths[i] = strlen(t->columns[i]);
        for (size_t r = 0; r < rows; r++)
            if (t->cells[r * t->columns_n + i].n > widths[i])
                widths[i] = t->cells[r * t->columns_n + i].n;
    }
    for (size_t i = 0; head && i < t->columns_n; i++)
        printf("\033[1m%-*s\033[0m%s", (int)widths[i], t->columns[i], i + 1 == t->columns_n ? "\n" : "  ");
    for (size_t r = 0; r < rows; r++)
        print_row(t, &t->cells[r * t->columns_n], widths);
    t->rows += rows;
    forget_rows(t);
}

static void print_object(const ctl_table *t, const str *cells) {
    SCOPED_BUF line;
    buf_init(&line, 1 << 20);
    json j = json_begin(&line);
    json_object(&j);
    for (size_t i = 0; i < t->columns_n; i++) {
        json_key(&j, str_c(t->columns[i]));
        json_raw(&j, cells[i]);
    }
    json_end(&j);
    printf("%s%.*s", t->rows ? ",\n " : "", STR_ARG(buf_str(&line)));
}

static void add(ctl_table *t, str cell) {
    t->cells[t->cells_n++] = cell;
    if (t->cells_n % t->columns_n)
        return;
    if (t->c->json) {
        print_object(t, t->cells);
        t->rows++;
        forget_rows(t);
    } else if (t->cells_n == t->columns_n * ROWS_KEPT) {
        flush_people(t);
    }
}

void ctl_table_str(ctl_table *t, str value) {
    if (!t->c->json) {
        add(t, printable(&t->memory, value));
        return;
    }
    SCOPED_BUF quoted;
    buf_init(&quoted, 1 << 18);
    json_quote(&quoted, value);
    add(t, arena_str(&t->memory, buf_str(&quoted)));
}

void ctl_table_u64(ctl_table *t, uint64_t value) { add(t, arena_strf(&t->memory, "%llu", (unsigned long long)value)); }

void ctl_table_size(ctl_table *t, uint64_t bytes) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    if (t->c->json) {
        ctl_table_u64(t, bytes);
        return;
    }
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    add(t, arena_strf(&t->memory, unit ? "%.1f %s" : "%.0f %s", value, units[unit]));
}

void ctl_table_time(ctl_table *t, int64_t unix_seconds) {
    if (t->c->json) {
        add(t, arena_strf(&t->memory, "%lld", (long long)unix_seconds));
        return;
    }
    civil local = civil_of(unix_seconds + time_local_offset(unix_seconds) * 60);
    add(t, unix_seconds ? arena_strf(&t->memory, "%04d-%02d-%02d %02d:%02d:%02d", local.year, local.month, local.day,
                                     local.hour, local.minute, local.second)
                        : S("-"));
}

void ctl_table_end(ctl_table *t) {
    if (t->c->json)
        fputs("]\n", stdout);
    else
        flush_people(t);
    table_free(t);
}

void ctl_record_end(ctl_table *t) {
    if (t->c->json) {
        fputs("]\n", stdout);
        table_free(t);
        return;
    }
    size_t width = 0;
    for (size_t i = 0; i < t->columns_n; i++)
        width = strlen(t->columns[i]) > width ? strlen(t->columns[i]) : width;
    for (size_t r = 0; r + t->columns_n <= t->cells_n; r += t->columns_n)
        for (size_t i = 0; i < t->columns_n; i++)
            printf("%-*s  %.*s\n", (int)width, t->columns[i], STR_ARG(t->cells[r + i]));
    table_free(t);
}

int ctl_pages(ctl *c, const char *doing, const char *const *columns, size_t columns_n, err (*fill)(ctl_page *p),
              void *arg) {
    ctl_page p = {.c = c, .arg = arg, .n = CTL_PAGE};
    char place[KEY_MOST];
    ctl_table_begin(&p.table, c, columns, columns_n);
    while (p.n == CTL_PAGE) {
        arena_init(&p.memory, PAGE_MEMORY);
        err e = fill(&p);
        p.after = str_sub(p.after, 0, sizeof place);
        if (p.after.n)
            memcpy(place, p.after.p, p.after.n);
        p.after.p = place;
        arena_free(&p.memory);
        if (failed(e)) {
            table_free(&p.table);
            return ctl_fail(c, doing, e);
        }
    }
    ctl_table_end(&p.table);
    return EX_OK;
}
