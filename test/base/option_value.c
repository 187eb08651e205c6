#include "base/option_value.h"

#include "base/limits.h"
#include "check.h"

static const char *const modes[] = {"off", "opportunistic", "required", NULL};

static option row_of(option_type type) { return (option){"s", "name", type, 0, "", 0, 0, modes, "Help."}; }

static void sizes(void **state) {
    static const struct {
        str text;
        uint64_t bytes;
    } good[] = {{{"0", 1}, 0},
                {{"25M", 3}, UINT64_C(25) << 20},
                {{"1k", 2}, 1024},
                {{"3G", 2}, UINT64_C(3) << 30},
                {{"17179869183G", 12}, UINT64_C(17179869183) << 30},
                {{"18446744073709551615", 20}, UINT64_MAX}};
    uint64_t v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(size_parse(good[i].text, &v));
        assert_true(v == good[i].bytes);
    }
    v = 7;
    const str bad[] = {S(""),
                       S("M"),
                       S("1 M"),
                       S("1MB"),
                       S("-1"),
                       S("1.5M"),
                       S("17179869184G"),
                       S("1M1"),
                       S("18446744073709551616"),
                       S("1m1k"),
                       S(" 1"),
                       S("1\0")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (size_parse(bad[i], &v))
            fail_msg("took %.*s", STR_ARG(bad[i]));
    assert_int_equal(v, 7);
}

static void durations(void **state) {
    static const struct {
        str text;
        int64_t ms;
    } good[] = {{{"0", 1}, 0},          {{"90", 2}, 90000},  {{"500ms", 5}, 500},
                {{"30s", 3}, 30000},    {{"5m", 2}, 300000}, {{"1h30m", 5}, 5400000},
                {{"5d", 2}, 432000000}, {{"1S", 2}, 1000},   {{"1m1m", 4}, 120000}};
    int64_t v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(duration_parse(good[i].text, &v));
        assert_true(v == good[i].ms);
    }
    v = 7;
    const str bad[] = {S(""),
                       S("s"),
                       S("1h30"),
                       S("30 s"),
                       S("1w"),
                       S("-5s"),
                       S("1.5h"),
                       S("9223372036854775807s"),
                       S("9223372036854775808ms"),
                       S("213503982334d1d"),
                       S("5s,"),
                       S("90\n")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (duration_parse(bad[i], &v))
            fail_msg("took %.*s", STR_ARG(bad[i]));
    assert_int_equal(v, 7);
}

/* Sets, prints, and sets what was printed again. */
static void check_round_trip(option_type type, str value, void *at, str printed) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    option row = row_of(type);
    assert_false(failed(option_value_set(&row, value, at, &a)));
    assert_str(option_value_print(&row, at, &a), printed);
    assert_false(failed(option_value_set(&row, printed, at, &a)));
    assert_str(option_value_print(&row, at, &a), printed);
}

static void every_type(void **state) {
    bool flag = false;
    const str yes[] = {S("yes"), S("TRUE"), S("on"), S("1")}, no[] = {S("no"), S("False"), S("off"), S("0")};
    for (size_t i = 0; i < 4; i++) {
        check_round_trip(OPTION_BOOL, yes[i], &flag, S("yes"));
        assert_true(flag);
        check_round_trip(OPTION_BOOL, no[i], &flag, S("no"));
        assert_false(flag);
    }
    uint64_t count = 0;
    check_round_trip(OPTION_COUNT, S("1024"), &count, S("1024"));
    assert_int_equal(count, 1024);
    check_round_trip(OPTION_SIZE, S("1024"), &count, S("1K"));
    check_round_trip(OPTION_SIZE, S("1025"), &count, S("1025"));
    check_round_trip(OPTION_SIZE, S("2048M"), &count, S("2G"));
    check_round_trip(OPTION_SIZE, S("0"), &count, S("0"));
    int64_t ms = 0;
    check_round_trip(OPTION_DURATION, S("90"), &ms, S("90s"));
    check_round_trip(OPTION_DURATION, S("1h30m"), &ms, S("90m"));
    check_round_trip(OPTION_DURATION, S("1s1ms"), &ms, S("1001ms"));
    check_round_trip(OPTION_DURATION, S("48h"), &ms, S("2d"));
    check_round_trip(OPTION_DURATION, S("0"), &ms, S("0"));
    str text = S("");
    check_round_trip(OPTION_TEXT, S("a, b"), &text, S("a, b"));
    check_round_trip(OPTION_TEXT, S(""), &text, S(""));
    int choice = 0;
    check_round_trip(OPTION_CHOICE, S("Required"), &choice, S("required"));
    assert_int_equal(choice, 2);
    option_list list = {0};
    check_round_trip(OPTION_LIST, S(" a,b  c ,, "), &list, S("a b c"));
    assert_int_equal(list.n, 3);
    check_round_trip(OPTION_LIST, S(""), &list, S(""));
    assert_int_equal(list.n, 0);
}

/* A refused value leaves the old one, says which option it was, and what would be right. */
static void check_refused(option_type type, str value, const char *hint) {
    SCOPED_ARENA a;
    arena_init(&a, 1000);
    union {
        unsigned char bytes[sizeof(option_list)];
        option_list list;
    } before, after;
    memset(&before, 1, sizeof before);
    after = before;
    option row = row_of(type);
    err e = option_value_set(&row, value, &after, &a);
    assert_int_equal(e.kind, ERR_PERM);
    assert_int_equal(e.what, ERR_SYNTAX);
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(str_starts(str_c(e.log), S("name = \"")));
    if (str_find_str(str_c(e.log), str_c(hint)) == STR_NONE)
        fail_msg("%s does not say %s", e.log, hint);
}

static void refusals(void **state) {
    check_refused(OPTION_BOOL, S("perhaps"), "yes or no");
    check_refused(OPTION_BOOL, S(""), "yes or no");
    check_refused(OPTION_COUNT, S("many"), "a whole number");
    check_refused(OPTION_COUNT, S("5K"), "a whole number");
    check_refused(OPTION_SIZE, S("5 MB"), "25M");
    check_refused(OPTION_DURATION, S("soon"), "30s");
    check_refused(OPTION_CHOICE, S("maybe"), "off, opportunistic, required");
    check_refused(OPTION_COUNT, S("a very long value that is cut before the hint is"), "a whole number");
}

static void ranges(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 1000);
    static const struct {
        option_type type;
        int64_t least, most;
        str below, least_text, most_text, above;
        const char *too_little, *too_much;
    } cases[] = {
        {OPTION_COUNT, 2, 9, {"1", 1}, {"2", 1}, {"9", 1}, {"10", 2}, "at least 2", "at most 9"},
        {OPTION_SIZE, 1024, 1 << 20, {"1023", 4}, {"1K", 2}, {"1M", 2}, {"1025K", 5}, "at least 1K", "at most 1M"},
        {OPTION_DURATION, 1000, 60000, {"999ms", 5}, {"1s", 2}, {"1m", 2}, {"61s", 3}, "at least 1s", "at most 1m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        option row = row_of(cases[i].type);
        row.least = cases[i].least;
        row.most = cases[i].most;
        int64_t v = 5;
        err e = option_value_set(&row, cases[i].below, &v, &a);
        assert_int_equal(e.what, ERR_LIMIT);
        assert_non_null(strstr(e.log, cases[i].too_little));
        e = option_value_set(&row, cases[i].above, &v, &a);
        assert_int_equal(e.what, ERR_LIMIT);
        assert_non_null(strstr(e.log, cases[i].too_much));
        assert_int_equal(v, 5);
        assert_false(failed(option_value_set(&row, cases[i].least_text, &v, &a)));
        assert_false(failed(option_value_set(&row, cases[i].most_text, &v, &a)));
    }
    option open_ended = row_of(OPTION_COUNT);
    uint64_t count;
    assert_false(failed(option_value_set(&open_ended, S("18446744073709551615"), &count, &a)));
}

static void lists_have_a_limit(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    SCOPED_BUF text;
    buf_init(&text, 10000);
    for (int i = 0; i < LIMIT_OPTION_LIST; i++)
        buf_add(&text, S("w "));
    option row = row_of(OPTION_LIST);
    option_list list = {0};
    assert_false(failed(option_value_set(&row, buf_str(&text), &list, &a)));
    assert_int_equal(list.n, LIMIT_OPTION_LIST);
    buf_add(&text, S("w"));
    assert_int_equal(option_value_set(&row, buf_str(&text), &list, &a).what, ERR_LIMIT);
    assert_int_equal(list.n, LIMIT_OPTION_LIST);
}

static void full_arena(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 16);
    option row = row_of(OPTION_TEXT);
    str text = S("old");
    assert_int_equal(option_value_set(&row, S("a text that does not fit"), &text, &a).what, ERR_LIMIT);
    assert_str(text, S("old"));
    row = row_of(OPTION_LIST);
    option_list list = {0};
    assert_int_equal(option_value_set(&row, S("a b c"), &list, &a).what, ERR_LIMIT);
    assert_int_equal(list.n, 0);
    str words[] = {S("0123456789"), S("0123456789")};
    list = (option_list){words, 2};
    assert_null(option_value_print(&row, &list, &a).p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),      cmocka_unit_test(durations), cmocka_unit_test(every_type),
        cmocka_unit_test(refusals),   cmocka_unit_test(ranges),    cmocka_unit_test(lists_have_a_limit),
        cmocka_unit_test(full_arena),
    };
    return cmocka_run_group_tests_name("option_value", tests, NULL, NULL);
}
