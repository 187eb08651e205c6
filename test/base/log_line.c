#include "base/log_line.h"

#include "base/limits.h"
#include "check.h"

enum { ROOM = 4 * LIMIT_LOG_LINE };

static const int64_t moment = INT64_C(1700000000042);

static void check_logfmt(const log_field *fields, str expected) {
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    log_line_logfmt(&out, &(log_event){-1, LOG_INFO, "x.y", fields});
    assert_true(str_starts(buf_str(&out), S("level=info event=x.y")));
    assert_str(str_skip(buf_str(&out), 20), expected);
}

static void logfmt(void **state) {
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    const log_field fields[] = {
        lf_str("from", S("a@b")),  lf_u64("size", UINT64_MAX),     lf_i64("left", -5),         lf_bool("tls", true),
        lf_c("text", "two words"), lf_str("none", (str){NULL, 0}), lf_str("eq", S("a=\"b\\")), {0}};
    log_line_logfmt(&out, &(log_event){moment, LOG_WARN, "smtp.accepted", fields});
    assert_str(buf_str(&out),
               S("time=2023-11-14T22:13:20.042Z level=warn event=smtp.accepted from=a@b size=18446744073709551615 "
                 "left=-5 tls=true text=\"two words\" none=\"\" eq=\"a=\\\"b\\\\\"\n"));
}

static void json_form(void **state) {
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    const log_field fields[] = {
        lf_str("from", S("a\"b")), lf_u64("size", 7), lf_i64("left", -5), lf_bool("tls", false), {0}};
    log_line_json(&out, &(log_event){moment, LOG_ERROR, "smtp.accepted", fields});
    assert_str(buf_str(&out),
               S("{\"time\":\"2023-11-14T22:13:20.042Z\",\"level\":\"error\",\"event\":\"smtp.accepted\","
                 "\"from\":\"a\\\"b\",\"size\":7,\"left\":-5,\"tls\":false}\n"));
    buf_clear(&out);
    log_line_json(&out, &(log_event){-1, LOG_DEBUG, "x", NULL});
    assert_str(buf_str(&out), S("{\"level\":\"debug\",\"event\":\"x\"}\n"));
}

/* Nothing a peer says begins a line, ends a value, or steers the terminal of whoever reads the log. */
static void no_injection(void **state) {
    check_logfmt((const log_field[]){lf_str("a", S("x\nlevel=error event=forged")), {0}},
                 S(" a=\"x\\nlevel=error event=forged\"\n"));
    check_logfmt((const log_field[]){lf_str("a", S("x\" event=forged")), {0}}, S(" a=\"x\\\" event=forged\"\n"));
    check_logfmt((const log_field[]){lf_str("a", S("\r\x1b[2J\0")), {0}}, S(" a=\"\\r\\u001b[2J\\u0000\"\n"));
    check_logfmt((const log_field[]){lf_str("a", S("\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xff")), {0}},
                 S(" a=\"\\u009b\\u2028\\u202e\xef\xbf\xbd\"\n"));
    for (int c = 0; c < 256; c++) {
        const char byte = (char)c;
        SCOPED_BUF out;
        buf_init(&out, ROOM);
        const log_field fields[] = {lf_str("a", (str){&byte, 1}), {0}};
        log_line_logfmt(&out, &(log_event){-1, LOG_INFO, "x", fields});
        log_line_json(&out, &(log_event){-1, LOG_INFO, "x", fields});
        size_t line_ends = 0;
        for (size_t i = 0; i < out.n; i++) {
            line_ends += out.p[i] == '\n';
            assert_true(out.p[i] == '\n' || (unsigned char)out.p[i] >= ' ');
        }
        assert_int_equal(line_ends, 2);
    }
}

static void long_values_are_cut(void **state) {
    char value[LIMIT_LOG_FIELD + 10];
    memset(value, 'x', sizeof value);
    memcpy(value + LIMIT_LOG_FIELD - 1, "\xc3\xa9", 2); /* a character across the limit goes as a whole */
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    log_line_logfmt(&out,
                    &(log_event){-1, LOG_INFO, "x", (const log_field[]){lf_str("a", (str){value, sizeof value}), {0}}});
    assert_int_equal(out.n, strlen("level=info event=x a=\n") + LIMIT_LOG_FIELD - 1);
    assert_int_equal(out.p[out.n - 2], 'x');
}

/* A line stays below its limit and whole, whatever the fields are; the last word says that some are missing. */
static void long_lines_are_cut(void **state) {
    char value[LIMIT_LOG_FIELD];
    memset(value, '\n', sizeof value);
    log_field fields[101] = {0};
    for (int i = 0; i < 100; i++)
        fields[i] = lf_str("a", (str){value, sizeof value});
    const log_event event = {moment, LOG_INFO, "x", fields};
    SCOPED_BUF out;
    buf_init(&out, LIMIT_LOG_LINE + LIMIT_LOG_FIELD);
    log_line_logfmt(&out, &event);
    assert_in_range(out.n, LIMIT_LOG_LINE / 2, LIMIT_LOG_LINE);
    assert_true(str_ends(buf_str(&out), S("\\n\" cut=true\n")));
    buf_clear(&out);
    log_line_json(&out, &event);
    assert_in_range(out.n, LIMIT_LOG_LINE / 2, LIMIT_LOG_LINE);
    assert_true(str_ends(buf_str(&out), S("\\n\",\"cut\":true}\n")));
    assert_false(out.over);
}

/* The next field of a native datagram; both of its forms are read. */
static bool next_field(str *rest, str *name, str *value) {
    str line;
    if (!str_cut_line(rest, &line))
        return false;
    line.n--;
    size_t equals = str_find(line, '=');
    if (equals != STR_NONE) {
        *name = str_sub(line, 0, equals);
        *value = str_skip(line, equals + 1);
        return true;
    }
    uint64_t n = 0;
    for (unsigned i = 0; i < 8; i++)
        n |= (uint64_t)(unsigned char)rest->p[i] << (8 * i);
    *name = line;
    *value = str_sub(*rest, 8, n);
    assert_int_equal(rest->p[8 + n], '\n');
    *rest = str_skip(*rest, 9 + n);
    return true;
}

static void check_field(str datagram, str wanted, str expected) {
    str name, value;
    while (next_field(&datagram, &name, &value))
        if (str_eq(name, wanted)) {
            assert_str(value, expected);
            return;
        }
    fail_msg("no field %.*s", STR_ARG(wanted));
}

static void journal(void **state) {
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    const log_field fields[] = {lf_str("from", S("a\nPRIORITY=0\nb\xff")), lf_u64("dsn-size", 7), {0}};
    log_line_journal(&out, &(log_event){moment, LOG_ERROR, "smtp.accepted", fields});
    str datagram = buf_str(&out);
    check_field(datagram, S("PRIORITY"), S("3"));
    check_field(datagram, S("SYSLOG_IDENTIFIER"), S("godwit"));
    check_field(datagram, S("GODWIT_EVENT"), S("smtp.accepted"));
    check_field(datagram, S("GODWIT_FROM"), S("a\nPRIORITY=0\nb\xef\xbf\xbd"));
    check_field(datagram, S("GODWIT_DSN_SIZE"), S("7"));
    check_field(datagram, S("MESSAGE"),
                S("level=error event=smtp.accepted from=\"a\\nPRIORITY=0\\nb\xef\xbf\xbd\" dsn-size=7"));
    int fields_seen = 0;
    for (str name, value; next_field(&datagram, &name, &value);)
        fields_seen++;
    assert_int_equal(fields_seen, 6);
}

static void journal_is_bounded(void **state) {
    char value[LIMIT_LOG_FIELD];
    memset(value, 1, sizeof value);
    log_field fields[101] = {0};
    for (int i = 0; i < 100; i++)
        fields[i] = lf_str("a", (str){value, sizeof value});
    SCOPED_BUF out;
    buf_init(&out, ROOM);
    log_line_journal(&out, &(log_event){moment, LOG_INFO, "x", fields});
    assert_in_range(out.n, LIMIT_LOG_LINE, 2 * LIMIT_LOG_LINE + LIMIT_LOG_FIELD);
    str rest = buf_str(&out), name, message;
    while (next_field(&rest, &name, &message))
        ;
    assert_str(name, S("MESSAGE"));
    assert_true(str_ends(message, S(" cut=true")));
}

static void levels(void **state) {
    log_level level = LOG_ERROR;
    assert_true(log_level_of(S("debug"), &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_true(log_level_of(S("Warn"), &level));
    assert_int_equal(level, LOG_WARN);
    assert_false(log_level_of(S("loud"), &level));
    assert_false(log_level_of(S(""), &level));
    assert_int_equal(level, LOG_WARN);
    assert_int_equal(log_line_priority(LOG_DEBUG), 7);
    assert_int_equal(log_line_priority(LOG_ERROR), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt),
        cmocka_unit_test(json_form),
        cmocka_unit_test(no_injection),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(journal),
        cmocka_unit_test(journal_is_bounded),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests_name("log_line", tests, NULL, NULL);
}
