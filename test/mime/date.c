#include "base/time.h"
#include "mime/date.h"
#include "mime_check.h"

static void is(const char *text, int64_t at, int zone) {
    mime_date d = {0};
    if (!date_parse(str_c(text), &d))
        fail_msg("not read: %s", text);
    if (d.at != at || d.zone != zone)
        fail_msg("%s: %lld %d", text, (long long)d.at, d.zone);
}

static void is_none(const char *text) {
    mime_date d;
    if (date_parse(str_c(text), &d))
        fail_msg("read: %s", text);
}

enum { AT = 1795226066 }; /* 2026-11-21 01:54:26 UTC */

static void modern_dates(void **state) {
    is("Sat, 21 Nov 2026 01:54:26 +0000", AT, 0);
    is(" Sat, 21 Nov 2026 03:54:26 +0200", AT, 120);
    is("Fri, 20 Nov 2026 20:24:26 -0530", AT, -330);
    is("21 Nov 2026 01:54:26 +0000", AT, 0);
    is("Sat, 21 Nov 2026 01:54 +0000", AT - 26, 0);
    is("Sat, 1 Jan 2000 00:00:00 +0000", 946684800, 0);
    is("sat, 21 NOV 2026 01:54:26 +0000", AT, 0);
    is("Thu, 29 Feb 2024 00:00:00 +0000", 1709164800, 0);
    is("Sat, 31 Dec 2016 23:59:60 +0000", 1483228800, 0); /* a leap second */
}

static void comments_and_folds(void **state) {
    is("Sat,\r\n 21 Nov\r\n\t2026 01:54:26 +0000 (UTC)", AT, 0);
    is("(a) Sat (b (c)), (d) 21 (e) Nov (f) 2026 (g) 01 (h) : (i) 54 : 26 (j) +0000 (k)", AT, 0);
    is("Sat , 21 Nov 2026 01:54:26 +0000 (unclosed", AT, 0);
}

static void obsolete_zones(void **state) {
    is("Sat, 21 Nov 2026 01:54:26 GMT", AT, 0);
    is("Sat, 21 Nov 2026 01:54:26 UT", AT, 0);
    is("Fri, 20 Nov 2026 20:54:26 EST", AT, -300);
    is("Fri, 20 Nov 2026 21:54:26 EDT", AT, -240);
    is("Fri, 20 Nov 2026 19:54:26 CST", AT, -360);
    is("Fri, 20 Nov 2026 20:54:26 cdt", AT, -300);
    is("Fri, 20 Nov 2026 18:54:26 MST", AT, -420);
    is("Fri, 20 Nov 2026 19:54:26 MDT", AT, -360);
    is("Fri, 20 Nov 2026 17:54:26 PST", AT, -480);
    is("Fri, 20 Nov 2026 18:54:26 PDT", AT, -420);
    is("Sat, 21 Nov 2026 01:54:26 Z", AT, 0);
    is("Sat, 21 Nov 2026 01:54:26 A", AT, 0); /* military: nothing is known, RFC 5322 4.3 */
    is("Sat, 21 Nov 2026 01:54:26 y", AT, 0);
    is("Sat, 21 Nov 2026 01:54:26 CEST", AT, 0);
    is("Sat, 21 Nov 2026 01:54:26", AT, 0);
    is("Sat, 21 Nov 2026 01:54:26 -0000", AT, 0);
}

static void obsolete_years(void **state) {
    is("21 Nov 26 01:54:26 +0000", AT, 0);
    is("1 Jan 49 00:00 +0000", 2493072000, 0);
    is("1 Jan 50 00:00 +0000", -631152000, 0);
    is("1 Jan 99 00:00 +0000", 915148800, 0);
    is("1 Jan 100 00:00 +0000", 946684800, 0);
    is("1 Jan 1900 00:00 +0000", -2208988800, 0);
    is("31 Dec 9999 23:59:59 +0000", 253402300799, 0);
}

static void forms_of_other_programs(void **state) {
    is("Sat Nov 21 01:54:26 2026", AT, 0);
    is("Nov 21 01:54:26 2026", AT, 0);
    is("Sat Nov 21 01:54:26 UTC 2026", AT, 0);
    is("Fri Nov 20 20:54:26 EST 2026", AT, -300);
    is("Saturday, 21-Nov-26 01:54:26 GMT", AT, 0);
    is("Sat, 21 November 2026 01:54:26 +0000", AT, 0);
    is("Sat 21 Nov 2026 01:54:26 +0000", AT, 0);
}

static void not_dates(void **state) {
    static const char *const bad[] = {
        "",
        " ",
        "Sat",
        "Sat,",
        "21",
        "21 Nov",
        "21 Nov 2026",
        "21 Nov 2026 01",
        "21 Nov 2026 01:",
        "31 Nov 2026 00:00 +0000",
        "29 Feb 2026 00:00 +0000",
        "0 Nov 2026 00:00 +0000",
        "32 Dec 2026 00:00 +0000",
        "021 Nov 2026 00:00 +0000",
        "21 Foo 2026 00:00 +0000",
        "21 11 2026 00:00 +0000",
        "21 Nov 6 00:00 +0000",
        "21 Nov 1899 00:00 +0000",
        "21 Nov 10000 00:00 +0000",
        "21 Nov 2026 24:00 +0000",
        "21 Nov 2026 00:60 +0000",
        "21 Nov 2026 00:00:61 +0000",
        "21 Nov 2026 00:00:00 +00",
        "21 Nov 2026 00:00:00 +0060",
        "21 Nov 2026 00:00:00 +00000",
        "2026-11-21T01:54:26Z",
        "Nov 0 01:54:26 2026",
        "21 Nov -2026 00:00 +0000",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_none(bad[i]);
    mime_date d;
    assert_false(date_parse(S("21 Nov 2026\0 00:00 +0000"), &d));
}

static void imap_is(const char *text, int64_t at, int zone) {
    mime_date d = {0};
    if (!date_parse_imap(str_c(text), &d) || d.at != at || d.zone != zone)
        fail_msg("%s: %lld %d", text, (long long)d.at, d.zone);
}

static void imap_dates(void **state) {
    imap_is("21-Nov-2026 01:54:26 +0000", AT, 0);
    imap_is("21-nov-2026 03:54:26 +0200", AT, 120);
    imap_is(" 1-Jan-2000 00:00:00 -0100", 946684800 + 3600, -60);
    imap_is("01-Jan-2000 00:00:00 +0000", 946684800, 0);
    imap_is("1-Jan-2000 00:00:00 +0000", 946684800, 0);
    static const char *const bad[] = {
        "",
        "21-Nov-2026",
        "21-Nov-2026 01:54:26",
        "21-Nov-26 01:54:26 +0000",
        "21 Nov 2026 01:54:26 +0000",
        "31-Nov-2026 01:54:26 +0000",
        "21-Nov-2026 24:54:26 +0000",
        "21-Nov-2026 01:54:26 00000",
        "21-Nov-2026 01:54:26 +000",
        "21-Nov-2026 01:54:26 +00000",
        "  -Nov-2026 01:54:26 +0000",
        "-Nov-2026 01:54:26 +0000",
        "00-Nov-2026 01:54:26 +0000",
        "21-Nov-2026T01:54:26 +0000",
        "21-Nov-1899 01:54:26 +0000",
        "+1-Nov-2026 01:54:26 +0000",
        "21-Nov-2026 01:54:26  0000",
    };
    mime_date d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (date_parse_imap(str_c(bad[i]), &d))
            fail_msg("read: %s", bad[i]);
}

static void prints(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    assert_true(date_print(&out, (mime_date){AT, 0}));
    assert_str(buf_str(&out), S("Sat, 21 Nov 2026 01:54:26 +0000"));
    buf_clear(&out);
    assert_true(date_print(&out, (mime_date){AT, -330}));
    assert_str(buf_str(&out), S("Fri, 20 Nov 2026 20:24:26 -0530"));
    buf_clear(&out);
    assert_true(date_print_imap(&out, (mime_date){946684800, 60}));
    assert_str(buf_str(&out), S("01-Jan-2000 01:00:00 +0100"));
}

static void unprintable_dates_are_refused(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    static const mime_date bad[] = {
        {INT64_MAX, 0}, {INT64_MIN, 0}, {253402300799, 1}, {-2208988800, -1}, {0, 6000}, {0, -6000}, {0, INT32_MIN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(date_print(&out, bad[i]));
        assert_false(date_print_imap(&out, bad[i]));
    }
    assert_int_equal(out.n, 0);
}

static void print_parse_round_trip(void **state) {
    uint64_t seed = 3;
    for (int i = 0; i < 5000; i++) {
        mime_date d = {-2208000000 + (int64_t)pick(&seed, 1 << 30) * 230, (int)pick(&seed, 1600) - 800}, back;
        SCOPED_BUF out;
        buf_init(&out, 100);
        assert_true(date_print(&out, d));
        assert_true(date_parse(buf_str(&out), &back));
        assert_true(back.at == d.at && back.zone == d.zone);
        buf_clear(&out);
        assert_true(date_print_imap(&out, d));
        assert_true(date_parse_imap(buf_str(&out), &back));
        assert_true(back.at == d.at && back.zone == d.zone);
    }
}

static void run_date(str s) {
    mime_date d;
    date_parse(s, &d);
}

static void is_linear(void **state) {
    assert_linear(run_date, S("Sat"), S(","), S("21"));
    assert_linear(run_date, S("Sat, "), S("(("), S(" 21"));
    assert_linear(run_date, S("Sat, 21"), S(" "), S("Nov"));
    assert_linear(run_date, S(""), S("1"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modern_dates),
        cmocka_unit_test(comments_and_folds),
        cmocka_unit_test(obsolete_zones),
        cmocka_unit_test(obsolete_years),
        cmocka_unit_test(forms_of_other_programs),
        cmocka_unit_test(not_dates),
        cmocka_unit_test(imap_dates),
        cmocka_unit_test(prints),
        cmocka_unit_test(unprintable_dates_are_refused),
        cmocka_unit_test(print_parse_round_trip),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
