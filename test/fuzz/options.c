/* Option values: the first line names a type, the rest is the value. A value that is taken prints as text that sets
 * the same value again. */
#include "base/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct values {
    bool flag;
    uint64_t count, size;
    int64_t duration;
    str text;
    int choice;
    option_list list;
} values;

static const char *const colours[] = {"red", "green", NULL};

static const option table[] = {
    {"s", "flag", OPTION_BOOL, offsetof(values, flag), "no", 0, 0, NULL, "A flag."},
    {"s", "count", OPTION_COUNT, offsetof(values, count), "1", 0, 1000, NULL, "A count."},
    {"s", "size", OPTION_SIZE, offsetof(values, size), "1K", 0, 0, NULL, "A size."},
    {"s", "duration", OPTION_DURATION, offsetof(values, duration), "1s", 0, 0, NULL, "A duration."},
    {"s", "text", OPTION_TEXT, offsetof(values, text), "", 0, 0, NULL, "A text."},
    {"s", "choice", OPTION_CHOICE, offsetof(values, choice), "red", 0, 0, colours, "A choice."},
    {"s", "list", OPTION_LIST, offsetof(values, list), "a, b", 0, 0, NULL, "A list."},
};
enum { ROWS = sizeof table / sizeof *table };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str value = {(const char *)data, size}, name;
    if (!str_cut(&value, '\n', &name))
        return 0;
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    values v;
    ASSERT(!failed(options_defaults(table, ROWS, "s", &v, &a)));
    if (failed(options_set(table, ROWS, S("s"), name, value, &v, &a)))
        return 0;
    const option *row = options_find(table, ROWS, S("s"), name, NULL);
    ASSERT(row);
    str printed = options_print(row, &v, &a);
    ASSERT(printed.p);
    ASSERT(!failed(options_set(table, ROWS, S("s"), name, printed, &v, &a)));
    ASSERT(str_eq(printed, options_print(row, &v, &a)));
    return 0;
}
