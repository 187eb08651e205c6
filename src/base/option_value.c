#include "base/option_value.h"

#include "base/buf.h"
#include "base/limits.h"

typedef struct unit {
    const char *suffix;
    uint64_t worth;
} unit;

static const unit size_units[] = {
    {"", 1}, {"K", UINT64_C(1) << 10}, {"M", UINT64_C(1) << 20}, {"G", UINT64_C(1) << 30}, {NULL, 0},
};
/* Milliseconds. The bare number, seconds, comes first and is for reading only. */
static const unit duration_units[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}, {NULL, 0},
};

/* One number and its unit from the front of *s; `bare` says that it had no unit. */
static bool cut_quantity(str *s, const unit *units, uint64_t *out, bool *bare) {
    size_t digits = 0, letters = 0;
    while (digits < s->n && ascii_digit(s->p[digits]))
        digits++;
    while (digits + letters < s->n && ascii_alpha(s->p[digits + letters]))
        letters++;
    uint64_t number;
    if (!str_to_u64(str_sub(*s, 0, digits), UINT64_MAX, &number))
        return false;
    str suffix = str_sub(*s, digits, letters);
    *bare = letters == 0;
    *s = str_skip(*s, digits + letters);
    for (const unit *u = units; u->suffix; u++)
        if (str_caseeq(suffix, str_c(u->suffix)))
            return !__builtin_mul_overflow(number, u->worth, out);
    return false;
}

bool size_parse(str s, uint64_t *out) {
    uint64_t value;
    bool bare;
    if (!cut_quantity(&s, size_units, &value, &bare) || s.n)
        return false;
    *out = value;
    return true;
}

bool duration_parse(str s, int64_t *out_ms) {
    uint64_t sum = 0;
    for (bool first = true; first || s.n; first = false) {
        uint64_t part;
        bool bare;
        /* "90" alone is seconds; in "1h30" nobody knows what 30 is */
        if (!cut_quantity(&s, duration_units, &part, &bare) || (bare && (!first || s.n)) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
    }
    if (sum > INT64_MAX)
        return false;
    *out_ms = (int64_t)sum;
    return true;
}

/* The value in the largest unit that holds it exactly. */
static void add_quantity(buf *out, const unit *units, uint64_t value) {
    const unit *best = units;
    if (value == 0) {
        buf_add_byte(out, '0'); /* of whatever unit */
        return;
    }
    for (const unit *u = units; u->suffix; u++)
        if (value % u->worth == 0 && u->worth >= best->worth)
            best = u;
    buf_add_u64(out, value / best->worth);
    buf_add(out, str_c(best->suffix));
}

static bool bool_parse(str s, bool *out) {
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_caseeq(s, str_c(words[i]))) {
            *out = i % 2;
            return true;
        }
    return false;
}

static bool is_separator(char c) { return ascii_blank(c) || c == ','; }

/* The next word of a list from the front of *s; false when there is none left. */
static bool cut_word(str *s, str *word) {
    while (s->n && is_separator(s->p[0]))
        *s = str_skip(*s, 1);
    size_t n = 0;
    while (n < s->n && !is_separator(s->p[n]))
        n++;
    *word = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    return n > 0;
}

/* For the operator: which option, what it was given, what it takes. */
static err wrong(const option *row, str value, const char *expected) {
    return err_make(ERR_PERM, ERR_SYNTAX, "bad option value", "%s = \"%.*s\": expected %s", row->name,
                    STR_ARG(str_sub(value, 0, 24)), expected);
}

static err full(const option *row) {
    return err_make(ERR_PERM, ERR_LIMIT, "configuration too large", "%s: configuration too large", row->name);
}

/* The range of a number; `most` 0 means without an upper end. */
static err check_range(const option *row, uint64_t value, const unit *units) {
    uint64_t least = row->least > 0 ? (uint64_t)row->least : 0;
    uint64_t most = row->most > 0 ? (uint64_t)row->most : UINT64_MAX;
    if (value >= least && value <= most)
        return OK;
    SCOPED_BUF range;
    buf_init(&range, 64);
    buf_add(&range, value < least ? S("at least ") : S("at most "));
    add_quantity(&range, units, value < least ? least : most);
    return err_make(ERR_PERM, ERR_LIMIT, "option out of range", "%s: must be %.*s", row->name,
                    STR_ARG(buf_str(&range)));
}

static const unit *units_of(const option *row) {
    static const unit plain[] = {{"", 1}, {NULL, 0}};
    return row->type == OPTION_SIZE ? size_units : row->type == OPTION_DURATION ? duration_units + 1 : plain;
}

static err set_number(const option *row, str value, void *at) {
    uint64_t number;
    bool good = row->type == OPTION_SIZE ? size_parse(value, &number) : str_to_u64(value, UINT64_MAX, &number);
    if (!good)
        return wrong(row, value, row->type == OPTION_SIZE ? "a size like 512K, 25M or 1G" : "a whole number");
    TRY(check_range(row, number, units_of(row)));
    *(uint64_t *)at = number;
    return OK;
}

static err set_duration(const option *row, str value, int64_t *at) {
    int64_t ms;
    if (!duration_parse(value, &ms))
        return wrong(row, value, "a time like 500ms, 30s, 5m or 1h30m");
    TRY(check_range(row, (uint64_t)ms, units_of(row)));
    *at = ms;
    return OK;
}

static err set_choice(const option *row, str value, int *at) {
    SCOPED_BUF known;
    buf_init(&known, 72);
    for (int i = 0; row->choices[i]; i++) {
        if (str_caseeq(value, str_c(row->choices[i]))) {
            *at = i;
            return OK;
        }
        buf_addf(&known, "%s%s", i ? ", " : "one of ", row->choices[i]);
    }
    buf_add_byte(&known, '\0');
    return wrong(row, value, known.over ? "another word" : known.p);
}

static err set_text(const option *row, str value, str *at, arena *a) {
    str copy = arena_str(a, value);
    if (!copy.p)
        return full(row);
    *at = copy;
    return OK;
}

static err set_list(const option *row, str value, option_list *at, arena *a) {
    size_t n = 0;
    str word;
    for (str rest = value; cut_word(&rest, &word);)
        n++;
    if (n > LIMIT_OPTION_LIST)
        return err_make(ERR_PERM, ERR_LIMIT, "list too long", "%s: more than %d words", row->name, LIMIT_OPTION_LIST);
    str *items = arena_array(a, n, sizeof *items);
    if (!items)
        return full(row);
    for (size_t i = 0; i < n && cut_word(&value, &word); i++)
        TRY(set_text(row, word, &items[i], a));
    *at = (option_list){items, n};
    return OK;
}

err option_value_set(const option *row, str value, void *at, arena *a) {
    switch (row->type) {
    case OPTION_BOOL:
        return bool_parse(value, at) ? OK : wrong(row, value, "yes or no");
    case OPTION_COUNT:
    case OPTION_SIZE:
        return set_number(row, value, at);
    case OPTION_DURATION:
        return set_duration(row, value, at);
    case OPTION_TEXT:
        return set_text(row, value, at, a);
    case OPTION_CHOICE:
        return set_choice(row, value, at);
    case OPTION_LIST:
        return set_list(row, value, at, a);
    }
    return err_make(ERR_BUG, ERR_WHAT_OTHER, "local error", "%s: no such option type", row->name);
}

str option_value_print(const option *row, const void *at, arena *a) {
    SCOPED_BUF out;
    buf_init(&out, a->max);
    switch (row->type) {
    case OPTION_BOOL:
        return *(const bool *)at ? S("yes") : S("no");
    case OPTION_COUNT:
    case OPTION_SIZE:
        add_quantity(&out, units_of(row), *(const uint64_t *)at);
        break;
    case OPTION_DURATION: {
        const int64_t *ms = at;
        add_quantity(&out, units_of(row), (uint64_t)*ms);
        break;
    }
    case OPTION_TEXT:
        return arena_str(a, *(const str *)at);
    case OPTION_CHOICE:
        return str_c(row->choices[*(const int *)at]);
    case OPTION_LIST: {
        const option_list *list = at;
        for (size_t i = 0; i < list->n; i++) {
            if (i)
                buf_add_byte(&out, ' ');
            buf_add(&out, list->items[i]);
        }
    }
    }
    return out.over ? (str){NULL, 0} : arena_str(a, buf_str(&out));
}
