#include "base/utf8.h"
#include "mime/word.h"
#include "mime_check.h"

static void encodes(str in, str expected) {
    SCOPED_BUF out;
    buf_init(&out, 10000);
    assert_true(word_encode(&out, in));
    assert_str(buf_str(&out), expected);
}

static void ascii_stays(void **state) {
    encodes(S("plain, \"text\" (x) <y> = ? _"), S("plain, \"text\" (x) <y> = ? _"));
    encodes(S("a\tb  c"), S("a\tb  c"));
    encodes(S("  a  "), S("a"));
    encodes(S(""), S(""));
}

static void only_what_must_is_encoded(void **state) {
    encodes(S("ein caf\xc3\xa9 bitte"), S("ein =?utf-8?Q?caf=C3=A9?= bitte"));
    encodes(S("\xc3\xa9 and \xc3\xa9, x"), S("=?utf-8?Q?=C3=A9_and_=C3=A9=2C?= x"));
    encodes(S("\xe6\x97\xa5\xe6\x9c\xac"), S("=?utf-8?B?5pel5pys?="));
}

static void what_looks_like_a_word_is_encoded(void **state) {
    encodes(S("=?utf-8?q?x?="), S("=?utf-8?Q?=3D=3Futf-8=3Fq=3Fx=3F=3D?="));
    encodes(S("a =? b"), S("a =?utf-8?B?PT8=?= b"));
}

static void the_result_is_one_line_of_ascii(void **state) {
    encodes(S("a\r\nBcc: b"), S("a  Bcc: b"));
    encodes(S("a\0b"), S("a b"));
    encodes(S("a\x01"), S("=?utf-8?Q?a=01?="));
    encodes(S("a\xff"), S("=?utf-8?B?Ye+/vQ==?="));
}

static void phrases_are_encoded_whole(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 1000);
    assert_true(word_encode_phrase(&out, S("Doe (X), Joe")));
    assert_str(buf_str(&out), S("=?utf-8?Q?Doe_=28X=29=2C_Joe?="));
}

static void random_text(uint64_t *seed, buf *out) {
    for (uint32_t i = pick(seed, 40); i > 0; i--) {
        uint32_t kind = pick(seed, 8);
        if (kind == 0)
            utf8_add(out, 0x80 + pick(seed, 0x10F000));
        else if (kind == 1)
            utf8_add(out, 0xA0 + pick(seed, 0x500));
        else
            buf_add(out, PICK(seed, S(" "), S("a"), S("word"), S("\t"), S("=?"), S("?="), S("_"), S("  "), S("\x7f"),
                              S(",")));
    }
}

static void word_lengths(str s) {
    str run, word;
    while (str_cut(&s, ' ', &run)) {
        str_cut(&run, '\t', &word);
        assert_true(!str_starts(word, S("=?")) || word.n <= 75);
    }
}

/* Decoding gives the text back, each word is short enough and whole characters are in it. */
static void encode_decode_round_trip(void **state) {
    uint64_t seed = 17;
    for (int round = 0; round < 5000; round++) {
        SCOPED_BUF text, out, back;
        buf_init(&text, 10000);
        buf_init(&out, 100000);
        buf_init(&back, 100000);
        random_text(&seed, &text);
        bool phrase = pick(&seed, 2);
        assert_true(phrase ? word_encode_phrase(&out, buf_str(&text)) : word_encode(&out, buf_str(&text)));
        for (size_t i = 0; i < out.n; i++)
            assert_true((out.p[i] >= ' ' && out.p[i] < 127) || out.p[i] == '\t');
        word_lengths(buf_str(&out));
        assert_true(word_decode(&back, buf_str(&out)));
        assert_str(buf_str(&back), phrase ? buf_str(&text) : str_trim(buf_str(&text)));
    }
}

static void long_ascii_is_cut_into_words(void **state) {
    SCOPED_BUF text, out;
    buf_init(&text, 10000);
    buf_init(&out, 100000);
    repeat(&text, S("x"), 2000);
    assert_true(word_encode(&out, buf_str(&text)));
    word_lengths(buf_str(&out));
    assert_true(str_starts(buf_str(&out), S("=?utf-8?Q?xxx")));
}

static void over_is_reported(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 8);
    assert_false(word_encode(&out, S("\xc3\xa9\xc3\xa9")));
    buf_clear(&out);
    assert_false(word_encode(&out, S("0123456789")));
}

static void run_encode(str s) {
    SCOPED_BUF out;
    buf_init(&out, (size_t)1 << 28);
    assert_true(word_encode(&out, s));
}

static void is_linear(void **state) {
    assert_linear(run_encode, S(""), S("\xc3\xa9 "), S(""));
    assert_linear(run_encode, S(""), S("\xff"), S(""));
    assert_linear(run_encode, S(""), S("a "), S(""));
    assert_linear(run_encode, S(""), S("x"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_stays),
        cmocka_unit_test(only_what_must_is_encoded),
        cmocka_unit_test(what_looks_like_a_word_is_encoded),
        cmocka_unit_test(the_result_is_one_line_of_ascii),
        cmocka_unit_test(phrases_are_encoded_whole),
        cmocka_unit_test(encode_decode_round_trip),
        cmocka_unit_test(long_ascii_is_cut_into_words),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("word_encode", tests, NULL, NULL);
}
