#include "base/options.h"

#include "check.h"

typedef struct settings {
    uint64_t max_size;
    int64_t timeout;
    bool strict;
    str host;
    int mode;
    option_list trusted;
} settings;

static const char *const modes[] = {"off", "required", NULL};

static const option table[] = {
    {"smtp", "max-size", OPTION_SIZE, offsetof(settings, max_size), "25M", 1024, 0, NULL, "Largest message."},
    {"smtp", "timeout", OPTION_DURATION, offsetof(settings, timeout), "5m", 1000, 3600000, NULL, "Longest wait."},
    {"smtp", "strict", OPTION_BOOL, offsetof(settings, strict), "yes", 0, 0, NULL, "Refuse bare LF."},
    {"smtp", "mode", OPTION_CHOICE, offsetof(settings, mode), "off", 0, 0, modes, "TLS."},
    {"relay", "host", OPTION_TEXT, offsetof(settings, host), "mail.example", 0, 0, NULL, "Smarthost."},
    {"relay", "timeout", OPTION_DURATION, offsetof(settings, timeout), "10s", 0, 0, NULL, "Longest wait."},
    {"relay", "trusted", OPTION_LIST, offsetof(settings, trusted), "127.0.0.0/8 ::1", 0, 0, NULL, "Networks."},
};
enum { ROWS = sizeof table / sizeof *table };

static void defaults_of_one_section(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {.host = S("untouched"), .mode = 1};
    assert_false(failed(options_defaults(table, ROWS, "smtp", &s, &a)));
    assert_int_equal(s.max_size, 25 << 20);
    assert_int_equal(s.timeout, 300000);
    assert_true(s.strict);
    assert_int_equal(s.mode, 0);
    assert_str(s.host, S("untouched"));
    assert_false(failed(options_defaults(table, ROWS, "relay", &s, &a)));
    assert_str(s.host, S("mail.example"));
    assert_int_equal(s.timeout, 10000);
    assert_int_equal(s.trusted.n, 2);
    assert_str(s.trusted.items[1], S("::1"));
}

static void wrong_default_is_our_bug(void **state) {
    static const option wrong[] = {
        {"s", "a", OPTION_BOOL, offsetof(settings, strict), "perhaps", 0, 0, NULL, "A."},
        {"t", "a", OPTION_SIZE, offsetof(settings, max_size), "5", 10, 20, NULL, "A."},
    };
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {0};
    assert_int_equal(options_defaults(wrong, 2, "s", &s, &a).kind, ERR_BUG);
    assert_int_equal(options_defaults(wrong, 2, "t", &s, &a).kind, ERR_BUG);
}

static void setting(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {0};
    assert_false(failed(options_set(table, ROWS, S("smtp"), S("timeout"), S("1m"), &s, &a)));
    assert_int_equal(s.timeout, 60000);
    assert_false(failed(options_set(table, ROWS, S("relay"), S("timeout"), S("1d"), &s, &a)));
    err e = options_set(table, ROWS, S("smtp"), S("timeout"), S("1d"), &s, &a); /* each row its own range */
    assert_int_equal(e.what, ERR_LIMIT);
    assert_string_equal(e.log, "timeout: must be at most 1h");
    e = options_set(table, ROWS, S("smtp"), S("strict"), S("maybe"), &s, &a);
    assert_int_equal(e.what, ERR_SYNTAX);
    assert_string_equal(e.log, "strict = \"maybe\": expected yes or no");
}

static void values_do_not_point_into_the_input(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {0};
    char text[] = "one two";
    assert_false(failed(options_set(table, ROWS, S("relay"), S("host"), str_c(text), &s, &a)));
    assert_false(failed(options_set(table, ROWS, S("relay"), S("trusted"), str_c(text), &s, &a)));
    memset(text, 'x', sizeof text);
    assert_str(s.host, S("one two"));
    assert_str(s.trusted.items[1], S("two"));
}

static void did_you_mean(void **state) {
    static const struct {
        str typed;
        const char *meant; /* NULL: nothing is near */
    } cases[] = {
        {{"max-sise", 8}, "max-size"},
        {{"maxsize", 7}, "max-size"},
        {{"tiemout", 7}, "timeout"},
        {{"timeouts", 8}, "timeout"},
        {{"mdoe", 4}, "mode"},
        {{"wholly-different", 16}, NULL},
        {{"host", 4}, NULL}, /* of another section, and unlike all of this one */
        {{"", 0}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const option *near = &table[0];
        assert_null(options_find(table, ROWS, S("smtp"), cases[i].typed, &near));
        assert_string_equal(near ? near->name : "nothing", cases[i].meant ? cases[i].meant : "nothing");
    }
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {0};
    err e = options_set(table, ROWS, S("smtp"), S("tiemout"), S("1"), &s, &a);
    assert_int_equal(e.what, ERR_NOT_FOUND);
    assert_string_equal(e.log, "unknown option \"tiemout\": did you mean \"timeout\"?");
    e = options_set(table, ROWS, S("smtp"), S("zzzzzzzz"), S("1"), &s, &a);
    assert_string_equal(e.log, "unknown option \"zzzzzzzz\" in [smtp]");
    e = options_set(table, ROWS, S("nowhere"), S("timeout"), S("1"), &s, &a);
    assert_string_equal(e.log, "unknown option \"timeout\" in [nowhere]");
}

static void names_of_any_length(void **state) {
    char name[5000];
    memset(name, 't', sizeof name);
    const option *near = &table[0];
    for (size_t n = 0; n < sizeof name; n += 61)
        assert_null(options_find(table, ROWS, S("smtp"), (str){name, n}, &near));
    assert_null(near);
    assert_ptr_equal(options_find(table, ROWS, S("relay"), S("host"), NULL), &table[4]);
    assert_null(options_find(table, 0, S("relay"), S("host"), &near));
}

static void printing(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    settings s = {0};
    const char *const sections[] = {"smtp", "relay"};
    for (size_t k = 0; k < 2; k++) {
        assert_false(failed(options_defaults(table, ROWS, sections[k], &s, &a)));
        for (size_t i = 0; i < ROWS; i++)
            if (str_eq(str_c(table[i].section), str_c(sections[k])))
                assert_str(options_print(&table[i], &s, &a), str_c(table[i].initial));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_of_one_section),
        cmocka_unit_test(wrong_default_is_our_bug),
        cmocka_unit_test(setting),
        cmocka_unit_test(values_do_not_point_into_the_input),
        cmocka_unit_test(did_you_mean),
        cmocka_unit_test(names_of_any_length),
        cmocka_unit_test(printing),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
