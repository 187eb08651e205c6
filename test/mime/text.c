#include "base/utf8.h"
#include "mime/part.h"
#include "mime_check.h"

static void parse(part_tree *t, arena *a, str message) {
    arena_init(a, 1 << 22);
    assert_false(failed(part_tree_parse(message, a, t)));
}

static void decodes_to(str message, str bytes) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, message);
    buf_init(&out, 10000);
    assert_true(part_decode(&out, &t, t.root));
    assert_str(buf_str(&out), bytes);
}

static void transfer_encodings(void **state) {
    decodes_to(S("\r\na=41\r\n"), S("a=41\r\n"));
    decodes_to(S("Content-Transfer-Encoding: quoted-printable\r\n\r\na=41=\r\nb\r\n"), S("aAb\r\n"));
    decodes_to(S("Content-Transfer-Encoding: BASE64\r\n\r\naGVs\r\nbG8=\r\n"), S("hello"));
    decodes_to(S("Content-Transfer-Encoding: binary\r\n\r\n\0\xff"), S("\0\xff"));
    decodes_to(S("Content-Transfer-Encoding: x-unknown\r\n\r\n=41"), S("=41"));
}

static void text_is(str message, str text) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, message);
    buf_init(&out, 10000);
    assert_true(part_text(&out, &t, t.root));
    assert_str(buf_str(&out), text);
}

static void charsets(void **state) {
    text_is(S("Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9"), S("caf\xc3\xa9"));
    text_is(
        S("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9"),
        S("caf\xc3\xa9"));
    text_is(S("Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\n0NI="),
            S("\xd0\xbf\xd1\x80"));
    text_is(S("\r\ncaf\xc3\xa9"), S("caf\xc3\xa9"));
    text_is(S("\r\ncaf\xe9"), S("caf\xc3\xa9"));
    text_is(S("Content-Type: text/html\r\n\r\n<p>&amp;"), S("<p>&amp;"));
}

static void only_text_parts_have_text(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, S("Content-Type: application/json\r\n\r\n{}"));
    buf_init(&out, 10000);
    assert_false(part_text(&out, &t, t.root));
    assert_int_equal(out.n, 0);
}

static void over_is_reported(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, S("Content-Transfer-Encoding: base64\r\n\r\naGVsbG8="));
    buf_init(&out, 4);
    assert_false(part_decode(&out, &t, t.root));
    buf_clear(&out);
    assert_false(part_text(&out, &t, t.root));
}

static void filename_is(const char *header, const char *name) {
    SCOPED_ARENA a;
    part_tree t;
    parse(&t, &a, str_c(header));
    assert_str(part_filename(t.root), str_c(name));
}

static void filenames(void **state) {
    filename_is("Content-Type: a/b; name=x.txt\r\n\r\n", "x.txt");
    filename_is("Content-Type: a/b; name=x\r\nContent-Disposition: attachment; filename=\"y z\"\r\n\r\n", "y z");
    filename_is("Content-Disposition: attachment; filename*=utf-8''%C3%A9.txt\r\n\r\n", "\xc3\xa9.txt");
    filename_is("Content-Disposition: attachment; filename=\"=?utf-8?q?=C3=A9?=\"\r\n\r\n", "\xc3\xa9");
    filename_is("Content-Disposition: attachment\r\n\r\n", "");
    filename_is("", "");
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const char several[] =
    MIXED "--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>two<br>three</p><script>no</script>\r\n"
          "--b\r\nContent-Type: image/png\r\n\r\nno\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nS: no\r\n\r\n"
          "four\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZml2ZcOp\r\n--b--\r\nno";

static void the_text_of_a_message_is_that_of_its_parts(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, str_c(several));
    buf_init(&out, 10000);
    message_text(&out, &t);
    assert_str(buf_str(&out), S("one\ntwo\nthree\nfour\nfive\xc3\xa9"));
    assert_false(out.over);
}

static void the_text_of_a_message_is_cut_at_the_maximum(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    parse(&t, &a, str_c(several));
    str all = S("one\ntwo\nthree\nfour\nfive\xc3\xa9");
    for (size_t max = 0; max <= all.n + 1; max++) {
        SCOPED_BUF out;
        buf_init(&out, max);
        message_text(&out, &t);
        assert_false(out.over);
        assert_str(buf_str(&out), utf8_prefix(all, max));
    }
}

static void a_preview_of_a_huge_part_is_cheap(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in, out;
    part_tree t;
    buf_init(&in, 1 << 25);
    buf_init(&out, 200);
    buf_add(&in,
            S("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"));
    repeat(&in, S("caf=E9 "), 3000000);
    parse(&t, &a, buf_str(&in));
    int64_t from = cpu_us();
    message_text(&out, &t);
    assert_true(SANITIZED || cpu_us() - from < 20000);
    assert_int_equal(out.n, 200);
    assert_true(str_starts(buf_str(&out), S("caf\xc3\xa9 caf\xc3\xa9 ")));
}

static void any_message_gives_valid_text(void **state) {
    uint64_t seed = 43;
    for (int round = 0; round < 3000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF in, out;
        part_tree t;
        buf_init(&in, 10000);
        buf_init(&out, pick(&seed, 100));
        for (uint32_t i = pick(&seed, 20); i > 0; i--)
            buf_add(&in,
                    PICK(&seed, S(MIXED), S("--b\r\n"), S("\r\n"), S("Content-Type: text/html; charset=utf-16\r\n"),
                         S("\xff"), S("Content-Transfer-Encoding: base64\r\n"), S("YWJj"), S("<p"), S("&#"),
                         S("\xe2\x82\xac"), S(">")));
        parse(&t, &a, buf_str(&in));
        message_text(&out, &t);
        assert_true(utf8_valid(buf_str(&out)));
    }
}

static void run_text(str s) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    parse(&t, &a, s);
    buf_init(&out, 1 << 26);
    message_text(&out, &t);
}

static void is_linear(void **state) {
    assert_linear(run_text, S("Content-Type: text/html\r\n\r\n"), S("<b x=\"\">&amp;"), S(""));
    assert_linear(run_text, S(MIXED), S("--b\r\n\r\nx\r\n"), S(""));
    assert_linear(run_text, S("Content-Transfer-Encoding: base64\r\n\r\n"), S("YWJj"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfer_encodings),
        cmocka_unit_test(charsets),
        cmocka_unit_test(only_text_parts_have_text),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(filenames),
        cmocka_unit_test(the_text_of_a_message_is_that_of_its_parts),
        cmocka_unit_test(the_text_of_a_message_is_cut_at_the_maximum),
        cmocka_unit_test(a_preview_of_a_huge_part_is_cheap),
        cmocka_unit_test(any_message_gives_valid_text),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
