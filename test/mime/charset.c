#include <pthread.h>

#include "base/utf8.h"
#include "mime/word.h"
#include "mime_check.h"

static void converts(const char *charset, str bytes, str expected) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_true(charset_to_utf8(&out, str_c(charset), bytes));
    assert_str(buf_str(&out), expected);
}

static void built_in_charsets(void **state) {
    converts("utf-8", S("\xc3\xa9"), S("\xc3\xa9"));
    converts("UTF-8",
             S("a\xff"
               "b\xc3"),
             S("a\xef\xbf\xbd"
               "b\xef\xbf\xbd"));
    converts("us-ascii", S("abc"), S("abc"));
    converts("ISO-8859-1", S("\xe9\x80"), S("\xc3\xa9\xe2\x82\xac"));
    converts("windows-1252", S("\x93\x81\xff"), S("\xe2\x80\x9c\xef\xbf\xbd\xc3\xbf"));
    converts(" 'utf-8' ", S("\xc3\xa9"), S("\xc3\xa9"));
    converts("\"iso-8859-1\"", S("\xe9"), S("\xc3\xa9"));
}

static void unlabelled_bytes_are_utf8_or_windows_1252(void **state) {
    converts("", S("caf\xc3\xa9"), S("caf\xc3\xa9"));
    converts("", S("caf\xe9"), S("caf\xc3\xa9"));
    converts("us-ascii", S("caf\xc3\xa9"), S("caf\xc3\xa9"));
    converts("us-ascii", S("caf\xe9"), S("caf\xc3\xa9"));
}

static void unknown_charsets_are_windows_1252(void **state) {
    converts("x-unknown", S("caf\xe9"), S("caf\xc3\xa9"));
    converts("utf-8//TRANSLIT", S("\xe9"), S("\xc3\xa9"));
    converts("../../lib/x", S("a"), S("a"));
}

static void tables_of_iconv(void **state) {
    converts("iso-8859-15", S("\xa4"), S("\xe2\x82\xac"));
    converts("KOI8-R", S("\xd0\xd2"), S("\xd0\xbf\xd1\x80"));
    converts("windows-1251", S("\xcf"), S("\xd0\x9f"));
    converts("gb2312", S("\xd6\xd0"), S("\xe4\xb8\xad"));
    converts("big5", S("\xa4\xa4"), S("\xe4\xb8\xad"));
    converts("shift_jis", S("\x93\xfa"), S("\xe6\x97\xa5"));
    converts("euc-jp", S("\xc6\xfc"), S("\xe6\x97\xa5"));
    converts("iso-2022-jp", S("\x1b$BF|\x1b(Bx"), S("\xe6\x97\xa5x"));
    converts("ks_c_5601-1987", S("\xc7\xd1"), S("\xed\x95\x9c"));
    converts("utf-16le", S("a\0\xac\x20"), S("a\xe2\x82\xac"));
    converts("utf-16", S("\xfe\xff\0a"), S("a"));
    converts("utf-7", S("a+AOk-"), S("a\xc3\xa9"));
}

static void bad_bytes_become_replacement_characters(void **state) {
    converts("shift_jis", S("a\x93"), S("a\xef\xbf\xbd"));
    converts("euc-jp",
             S("a\xff"
               "b"),
             S("a\xef\xbf\xbd"
               "b"));
    converts("utf-16le",
             S("a\0\0\xdc"
               "b\0"),
             S("a\xef\xbf\xbd"
               "b"));
    converts("utf-16le", S("a\0b"), S("a\xef\xbf\xbd"));
}

static void output_longer_than_one_chunk(void **state) {
    SCOPED_BUF in, out, expected;
    buf_init(&in, 100000);
    buf_init(&out, 100000);
    buf_init(&expected, 100000);
    repeat(&in, S("x\xd6\xd0\xff"), 3000);
    repeat(&expected, S("x\xe4\xb8\xad\xef\xbf\xbd"), 3000);
    assert_true(charset_to_utf8(&out, S("gbk"), buf_str(&in)));
    assert_str(buf_str(&out), buf_str(&expected));
}

static const char *const all[] = {"utf-8",       "us-ascii", "iso-8859-1", "iso-8859-2", "koi8-u",      "gb18030",
                                  "big5",        "euc-tw",   "shift_jis",  "euc-jp",     "iso-2022-jp", "iso-2022-jp-2",
                                  "iso-2022-kr", "euc-kr",   "utf-7",      "utf-16",     "utf-32",      "viscii",
                                  "tis-620",     "cp437",    "none"};

static void any_bytes_in_any_charset_give_valid_utf8(void **state) {
    uint64_t seed = 21;
    for (int round = 0; round < 2000; round++) {
        char bytes[40];
        SCOPED_BUF out;
        buf_init(&out, 10000);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(pick(&seed, 3) ? pick(&seed, 256) : (uint32_t) "\x1b$B(J)A&+-"[pick(&seed, 10)]);
        str charset = str_c(all[pick(&seed, sizeof all / sizeof *all)]);
        assert_true(charset_to_utf8(&out, charset, str_of(bytes, pick(&seed, sizeof bytes))));
        assert_true(utf8_valid(buf_str(&out)));
    }
}

static void over_is_reported(void **state) {
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SCOPED_BUF out;
        buf_init(&out, 3);
        assert_false(charset_to_utf8(&out, str_c(all[i]), S("0123456789abcdef")));
        assert_true(out.over);
    }
}

/* A text that ends in the middle of a shift or a character leaves nothing to the next one. */
static void texts_do_not_touch_each_other(void **state) {
    converts("iso-2022-jp", S("\x1b$BF"), S("\xef\xbf\xbd"));
    converts("iso-2022-jp", S("F|"), S("F|"));
    converts("utf-7", S("+AO"), S("")); /* bits of half a character */
    converts("utf-7", S("AOk"), S("AOk"));
    converts("utf-16", S("\xfe\xff\0a"), S("a"));
    converts("utf-16",
             S("\xff\xfe"
               "a\0"),
             S("a"));
    converts("utf-16", S("b\0"), S("b"));
    converts("utf-32", S("\0\0\xfe\xff\0\0\0a"), S("a"));
    converts("utf-32", S("\xff\xfe\0\0a\0\0\0"), S("a"));
    converts("iso-2022-kr", S("\x1b$)C\x0eGQ"), S("\xed\x95\x9c"));
    converts("iso-2022-kr", S("\x1b$)CGQ\x0eGQ\x0f"), S("GQ\xed\x95\x9c"));
}

static void *convert_in_thread(void *unused) {
    SCOPED_BUF out;
    buf_init(&out, 100);
    charset_preload();
    return charset_to_utf8(&out, S("koi8-r"), S("\xd0")) && str_eq(buf_str(&out), S("\xd0\xbf")) ? convert_in_thread
                                                                                                 : NULL;
}

/* Tables are of their thread, and gone with it: a leak checker would tell. */
static void every_thread_has_its_tables(void **state) {
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, convert_in_thread, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
}

/* A message names a charset for each of many short texts. */
static void run_many(str s) {
    SCOPED_BUF out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < 20000; i++)
        charset_to_utf8(&out, str_c(all[i % (sizeof all / sizeof *all)]), s);
}
static void many_short_texts_are_cheap(void **state) { assert_quick(run_many, S("abcd"), 200000); }

static void convert(const char *charset, str s) {
    SCOPED_BUF out;
    buf_init(&out, (size_t)1 << 28);
    assert_true(charset_to_utf8(&out, str_c(charset), s));
}
static void run_1252(str s) { convert("iso-8859-1", s); }
static void run_utf8(str s) { convert("utf-8", s); }
static void run_jis(str s) { convert("iso-2022-jp", s); }
static void run_euc(str s) { convert("euc-jp", s); }
static void run_utf7(str s) { convert("utf-7", s); }

static void is_linear(void **state) {
    assert_linear(run_1252, S(""), S("\x80"), S(""));
    assert_linear(run_utf8, S(""), S("\xff"), S(""));
    assert_linear(run_jis, S(""), S("\x1b$B"), S(""));
    assert_linear(run_euc, S(""), S("\xff"), S(""));
    assert_linear(run_utf7, S(""), S("+"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_charsets),
        cmocka_unit_test(unlabelled_bytes_are_utf8_or_windows_1252),
        cmocka_unit_test(unknown_charsets_are_windows_1252),
        cmocka_unit_test(tables_of_iconv),
        cmocka_unit_test(bad_bytes_become_replacement_characters),
        cmocka_unit_test(output_longer_than_one_chunk),
        cmocka_unit_test(any_bytes_in_any_charset_give_valid_utf8),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(texts_do_not_touch_each_other),
        cmocka_unit_test(every_thread_has_its_tables),
        cmocka_unit_test(many_short_texts_are_cheap),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
