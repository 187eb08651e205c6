#include "base/utf8.h"
#include "mime/word.h"
#include "mime_check.h"

static void decodes_str(str in, str expected) {
    SCOPED_BUF out;
    buf_init(&out, 10000);
    assert_true(word_decode(&out, in));
    assert_str(buf_str(&out), expected);
}

static void decodes(const char *in, const char *expected) { decodes_str(str_c(in), str_c(expected)); }

static void words(void **state) {
    decodes("=?utf-8?q?caf=C3=A9?=", "caf\xc3\xa9");
    decodes("=?UTF-8?B?Y2Fmw6k=?=", "caf\xc3\xa9");
    decodes("=?iso-8859-1?Q?caf=E9_ol=E9?=", "caf\xc3\xa9 ol\xc3\xa9");
    decodes("=?iso-8859-1*fr?q?=e9?=", "\xc3\xa9"); /* RFC 2231 5: a language */
    decodes("=?us-ascii?q?a=3Fb=3D?=", "a?b=");
    decodes("=?utf-8?q?\?=", "");
    decodes("plain text", "plain text");
    decodes("", "");
}

static void blanks_between_words_go(void **state) {
    decodes("=?utf-8?q?a?= =?utf-8?q?b?=", "ab");
    decodes("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab");
    decodes("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c");
    decodes("x =?utf-8?q?a?= ", "x a ");
    decodes("=?utf-8?q?a_?= =?utf-8?q?_b?=", "a  b");
    decodes("=?utf-8?q?a?= =?utf-8?x?b?=", "a =?utf-8?x?b?=");
}

static void a_character_may_be_cut_by_two_words(void **state) {
    decodes("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "caf\xc3\xa9");
    decodes("=?utf-8?b?w6nD?= =?UTF-8?b?qQ==?=", "\xc3\xa9\xc3\xa9");
    decodes("=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", "\xef\xbf\xbd\xc2\xa9");
    decodes("=?utf-8?q?=C3?= x =?utf-8?q?=A9?=", "\xef\xbf\xbd x \xef\xbf\xbd");
}

static void what_senders_get_wrong(void **state) {
    decodes("=?utf-8?q?a b c?=", "a b c");                         /* blanks */
    decodes("Re:=?utf-8?q?a?=b", "Re:ab");                         /* no blanks around */
    decodes("\"=?utf-8?q?a?=\"", "\"a\"");                         /* in quotes */
    decodes("=?utf-8?q?what?\?=", "what?");                        /* a bare question mark */
    decodes("=?utf-8?q?100%=?=", "100%=");                         /* a bad escape */
    decodes("=?utf-8?b?Y2Fm w6k?=", "caf\xc3\xa9");                /* no padding, a blank */
    decodes("=?x-nothing?q?caf=E9?=", "caf\xc3\xa9");              /* an unknown charset */
    decodes("caf\xe9 =?utf-8?q?=C3=A9?=", "caf\xc3\xa9 \xc3\xa9"); /* 8-bit text beside */
}

static void what_is_no_word_stays(void **state) {
    static const char *const same[] = {"=?",
                                       "=?=",
                                       "=?\?=",
                                       "=?utf-8?=",
                                       "=?utf-8?q?",
                                       "=?utf-8?q?abc",
                                       "=?utf-8?q?abc?",
                                       "=?utf-8?z?abc?=",
                                       "=??q?abc?=",
                                       "=?ut f?q?abc?=",
                                       "=?utf-8??abc?=",
                                       "a=?b"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        decodes(same[i], same[i]);
    decodes("=?=?utf-8?q?a?=", "=?a");
}

static void a_word_stays_on_its_line(void **state) {
    decodes("=?utf-8?q?a=0D=0ABcc:_b=00c?=", "a  Bcc: b c");
    decodes("=?utf-7?q?a+AA0ACg-b?=", "a  b");
}

static void the_result_is_valid_utf8(void **state) {
    uint64_t seed = 2;
    for (int round = 0; round < 20000; round++) {
        SCOPED_BUF in, out;
        buf_init(&in, 1000);
        buf_init(&out, 10000);
        for (uint32_t i = pick(&seed, 14); i > 0; i--)
            buf_add(&in,
                    PICK(&seed, S("=?"), S("?="), S("utf-8"), S("?q?"), S("?b?"), S("=C3"), S("=A9"), S("w6k"), S(" "),
                         S("\xff"), S("\xc3\xa9"), S("="), S("?"), S("iso-2022-jp"), S("\r\n "), S("=?utf-8?q?a?=")));
        assert_true(word_decode(&out, buf_str(&in)));
        assert_true(utf8_valid(buf_str(&out)));
    }
}

static void over_is_reported(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 4);
    assert_false(word_decode(&out, S("=?utf-8?q?abcdef?=")));
    buf_clear(&out);
    assert_false(word_decode(&out, S("abcdef")));
}

static void run_decode(str s) {
    SCOPED_BUF out;
    buf_init(&out, (size_t)1 << 28);
    assert_true(word_decode(&out, s));
}

static void is_linear(void **state) {
    static const str units[] = {{"=?", 2}, {"=?a?q?", 6}, {"=?a?q?x?= ", 10}, {"=?utf-8?b?w6k=?= ", 17},
                                {"?=", 2}, {"=?a?b?", 6}, {" ", 1},           {"=?utf-8?q?=?= =?latin1?q?=?=", 28}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_linear(run_decode, S(""), units[i], S(""));
        assert_linear(run_decode, S("=?utf-8?q?"), units[i], S("\r?="));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(blanks_between_words_go),
        cmocka_unit_test(a_character_may_be_cut_by_two_words),
        cmocka_unit_test(what_senders_get_wrong),
        cmocka_unit_test(what_is_no_word_stays),
        cmocka_unit_test(a_word_stays_on_its_line),
        cmocka_unit_test(the_result_is_valid_utf8),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("word", tests, NULL, NULL);
}
