#include "base/utf8.h"
#include "mime/html.h"
#include "mime_check.h"

static void text_is(const char *html, const char *text) {
    SCOPED_BUF out;
    buf_init(&out, 10000);
    assert_true(html_text(&out, str_c(html)));
    assert_str(buf_str(&out), str_c(text));
}

static void tags_go(void **state) {
    text_is("a <b>bold</b> word", "a bold word");
    text_is("wo<i>r</i>d", "word");
    text_is("<a href=\"http://x/?a>b\" title='>'>link</a>", "link");
    text_is("<?xml version=\"1.0\"?><!DOCTYPE html>x", "x");
    text_is("it's <b class=x>isn't</b> \"it\"", "it's isn't \"it\"");
    text_is("<p don't>x</p>", "x");
}

static void blocks_are_lines(void **state) {
    text_is("<p>one</p><p>two</p>three<br>four<br/>five", "one\ntwo\nthree\nfour\nfive");
    text_is("<TR><TD>a</TD><TD>b</TD></TR><TR><TD>c</TD></TR>", "a b\nc");
    text_is("<div>a</div>\r\n\r\n<div>b</div>", "a\nb");
}

static void blanks_are_one(void **state) {
    text_is("  a \r\n\t b&nbsp; c  ", "a b c");
    text_is("", "");
    text_is("   ", "");
}

static void what_is_not_shown_goes(void **state) {
    text_is("a<!-- <b> -- > x -->b", "ab");
    text_is("a<script>if (a < b) x(\"</p>\");</script>b", "ab");
    text_is("a<STYLE type=\"text/css\">p > a {}</Style >b", "ab");
    text_is("a<script>never closed", "a");
    text_is("a<!-- never closed", "a");
    text_is("a<b never closed", "a");
}

static void character_references(void **state) {
    text_is("&lt;b&gt; &amp;amp; &quot;x&quot; &apos;", "<b> &amp; \"x\" '");
    text_is("&eacute;&Uuml;&szlig;&yuml;&euro;&hellip;", "\xc3\xa9\xc3\x9c\xc3\x9f\xc3\xbf\xe2\x82\xac\xe2\x80\xa6");
    text_is("&#233;&#xE9;&#X20ac;&#x1F600;", "\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    text_is("caf&eacute no semicolon", "caf\xc3\xa9 no semicolon");
    text_is("a & b &; &unknown; &#; &#x; &#xg; AT&T", "a & b &; &unknown; &#; &#x; &#xg; AT&T");
    text_is("&#xD800;&#x110000;&#99999999999;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void a_lone_less_than_is_text(void **state) {
    text_is("1 < 2 <3", "1 < 2 <3");
    text_is("<", "<");
    text_is("a<", "a<");
}

static void any_bytes_give_valid_text(void **state) {
    uint64_t seed = 47;
    for (int round = 0; round < 20000; round++) {
        SCOPED_BUF in, out;
        buf_init(&in, 1000);
        buf_init(&out, 10000);
        for (uint32_t i = pick(&seed, 20); i > 0; i--)
            buf_add(&in, PICK(&seed, S("<"), S(">"), S("a"), S("/"), S("!--"), S("-->"), S("script"), S("</style"),
                              S("\""), S("'"), S("="), S("&"), S("#"), S("x41"), S(";"), S("\xff"), S(" "),
                              S("\xc3\xa9"), S("\0"), S("br"), S("lt")));
        assert_true(html_text(&out, buf_str(&in)));
        assert_true(utf8_valid(buf_str(&out)));
        assert_true(out.n <= 3 * in.n);
    }
}

static void over_is_reported(void **state) {
    SCOPED_BUF out;
    buf_init(&out, 3);
    assert_false(html_text(&out, S("<p>abcd")));
}

static void run_html(str s) {
    SCOPED_BUF out;
    buf_init(&out, (size_t)1 << 26);
    assert_true(html_text(&out, s));
}

static void is_linear(void **state) {
    static const str units[] = {{"<", 1},   {"<a ", 3},    {"<!--", 4},    {"<script>", 8}, {"&", 1},
                                {"&#1", 3}, {"<a =\"", 5}, {"<a ='>'", 7}, {" ", 1},        {"<style></style", 14}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_linear(run_html, S(""), units[i], S(""));
        assert_linear(run_html, S(""), units[i], S("\""));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_go),
        cmocka_unit_test(blocks_are_lines),
        cmocka_unit_test(blanks_are_one),
        cmocka_unit_test(what_is_not_shown_goes),
        cmocka_unit_test(character_references),
        cmocka_unit_test(a_lone_less_than_is_text),
        cmocka_unit_test(any_bytes_give_valid_text),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
