#include <pthread.h>

#include "base/limits.h"
#include "imap_reader.h"
#include "mime/part.h"
#include "mime_check.h"

static void print(buf *out, str message, bool extended) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    assert_false(failed(part_tree_parse(message, &a, &t)));
    assert_true(structure_print(out, &t, t.root, extended));
    assert_true(imap_is_list(buf_str(out)));
}

static void structure_is(const char *message, const char *body, const char *bodystructure) {
    SCOPED_BUF out;
    buf_init(&out, 100000);
    print(&out, str_c(message), false);
    assert_str(buf_str(&out), str_c(body));
    buf_clear(&out);
    print(&out, str_c(message), true);
    assert_str(buf_str(&out), str_c(bodystructure));
}

static void text(void **state) {
    structure_is("Subject: x\r\n\r\none\r\ntwo\r\n",
                 "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 10 2)",
                 "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 10 2 NIL NIL NIL NIL)");
    structure_is(
        "Content-Type: TEXT/HTML; charset=\"utf-8\"; format=flowed\r\nContent-Transfer-Encoding: Quoted-Printable\r\n"
        "Content-MD5: x==\r\nContent-Disposition: inline; filename=a.html\r\nContent-Language: de\r\n"
        "Content-Location: http://x/y\r\nContent-ID: <1@x>\r\nContent-Description: some \"text\"\r\n\r\n<p>",
        "(\"TEXT\" \"HTML\" (\"charset\" \"utf-8\" \"format\" \"flowed\") \"<1@x>\" \"some \\\"text\\\"\" "
        "\"Quoted-Printable\" 3 0)",
        "(\"TEXT\" \"HTML\" (\"charset\" \"utf-8\" \"format\" \"flowed\") \"<1@x>\" \"some \\\"text\\\"\" "
        "\"Quoted-Printable\" 3 0 \"x==\" (\"inline\" (\"filename\" \"a.html\")) (\"de\") \"http://x/y\")");
}

static void other_types_have_no_lines(void **state) {
    structure_is(
        "Content-Type: image/png\r\nContent-Disposition: attachment\r\nContent-Language: en, de-AT ,fr\r\n\r\nx\r\n",
        "(\"image\" \"png\" NIL NIL NIL \"7BIT\" 3)",
        "(\"image\" \"png\" NIL NIL NIL \"7BIT\" 3 NIL (\"attachment\" NIL) (\"en\" \"de-AT\" \"fr\") NIL)");
}

/* A client that knows RFC 2231 gets what it can decode; one value, however many pieces it came in. */
static void parameters_stay_encoded(void **state) {
    structure_is("Content-Type: a/b; name*0*=utf-8''%C3%A9; name*1=\" x\"\r\n\r\n",
                 "(\"a\" \"b\" (\"name*\" \"utf-8''%C3%A9%20x\") NIL NIL \"7BIT\" 0)",
                 "(\"a\" \"b\" (\"name*\" \"utf-8''%C3%A9%20x\") NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)");
    structure_is("Content-Type: a/b; name=\"=?utf-8?q?=C3=A9?=\"\r\n\r\n",
                 "(\"a\" \"b\" (\"name\" \"=?utf-8?q?=C3=A9?=\") NIL NIL \"7BIT\" 0)",
                 "(\"a\" \"b\" (\"name\" \"=?utf-8?q?=C3=A9?=\") NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)");
}

static void multiparts(void **state) {
    structure_is("Content-Type: multipart/mixed; boundary=b\r\nContent-Disposition: inline\r\n\r\n"
                 "--b\r\n\r\none\r\n--b\r\nContent-Type: image/png\r\n\r\ntwo\r\n--b--\r\n",
                 "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 3 0)"
                 "(\"image\" \"png\" NIL NIL NIL \"7BIT\" 3) \"mixed\")",
                 "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 3 0 NIL NIL NIL NIL)"
                 "(\"image\" \"png\" NIL NIL NIL \"7BIT\" 3 NIL NIL NIL NIL) \"mixed\" "
                 "(\"boundary\" \"b\") (\"inline\" NIL) NIL NIL)");
}

static void an_empty_multipart_has_an_empty_text(void **state) {
    structure_is("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
                 "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\")",
                 "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) \"mixed\" "
                 "(\"boundary\" \"b\") NIL NIL NIL)");
}

static void messages_show_envelope_body_and_lines(void **state) {
    structure_is(
        "Content-Type: message/rfc822\r\n\r\nSubject: in\r\nTo: a@b\r\n\r\nx\r\n",
        "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 27 "
        "(NIL \"in\" NIL NIL NIL ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 3 1) 4)",
        "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 27 "
        "(NIL \"in\" NIL NIL NIL ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 3 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)");
}

static void an_encoded_message_has_an_empty_one_within(void **state) {
    structure_is(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nYTog\r\n",
        "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 6 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) 1)",
        "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 6 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) 1 NIL NIL NIL NIL)");
}

static void a_part_alone(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1000);
    assert_false(failed(
        part_tree_parse(S("Content-Type: multipart/x; boundary=b\r\n\r\n--b\r\nContent-Type: a/b\r\n\r\n"), &a, &t)));
    assert_true(structure_print(&out, &t, t.root->first, false));
    assert_str(buf_str(&out), S("(\"a\" \"b\" NIL NIL NIL \"7BIT\" 0)"));
}

static void over_is_reported(void **state) {
    SCOPED_ARENA a;
    part_tree t;
    arena_init(&a, 1 << 20);
    assert_false(failed(part_tree_parse(S("Content-Type: message/rfc822\r\n\r\nTo: a@b\r\n\r\nx"), &a, &t)));
    for (size_t max = 0; max < 150; max += 3) {
        SCOPED_BUF out;
        buf_init(&out, max);
        assert_false(structure_print(&out, &t, t.root, true));
    }
}

static void any_message_gives_a_sound_structure(void **state) {
    uint64_t seed = 41;
    for (int round = 0; round < 3000; round++) {
        SCOPED_BUF in, out;
        buf_init(&in, 10000);
        buf_init(&out, 1 << 20);
        for (uint32_t i = pick(&seed, 30); i > 0; i--)
            buf_add(&in, PICK(&seed, S("Content-Type: multipart/x; boundary=b\r\n\r\n"),
                              S("Content-Type: message/rfc822\r\n\r\n"), S("Content-Type: "), S("\xff/\"b\""),
                              S("a/b; x=\"\\\"\xff\n\""), S("Content-ID: \xff\"\r\n"), S("\r\n"), S("--b\r\n"),
                              S("--b--\r\n"), S("Content-Language: , \"\xff ,\r\n"), S("\r\n\r\n"), S("\0"), S("\n"),
                              S("Content-Disposition: \"a\n\\; b=c\r\n"), S("Content-Transfer-Encoding: base64\r\n"),
                              S("From: \"a\xff\" <\n>")));
        print(&out, buf_str(&in), pick(&seed, 2));
    }
}

static void *print_deep(void *argument) {
    const part_tree *t = argument;
    SCOPED_BUF out;
    buf_init(&out, 1 << 20);
    return structure_print(&out, t, t->root, true) ? argument : NULL; /* an assertion could not leave this thread */
}

/* The deepest message is printed on half the stack of a fiber. */
static void the_deepest_message_fits_a_fiber(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in;
    part_tree t;
    arena_init(&a, 1 << 20);
    buf_init(&in, 1 << 20);
    for (int i = 0; i < LIMIT_MIME_DEPTH; i++)
        buf_add(&in, S("From: a@b\r\nContent-Type: message/rfc822\r\n\r\n"));
    assert_false(failed(part_tree_parse(buf_str(&in), &a, &t)));
    assert_false(t.cut);
    pthread_attr_t small;
    pthread_t thread;
    void *result = NULL;
    size_t stack = SANITIZED ? LIMIT_FIBER_STACK * 8 : LIMIT_FIBER_STACK / 2;
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, stack), 0);
    assert_int_equal(pthread_create(&thread, &small, print_deep, &t), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &t);
    pthread_attr_destroy(&small);
}

static void run_structure(str s) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    part_tree t;
    arena_init(&a, (size_t)1 << 26);
    buf_init(&out, (size_t)1 << 28);
    assert_false(failed(part_tree_parse(s, &a, &t)));
    assert_true(structure_print(&out, &t, t.root, true));
}

static void is_linear(void **state) {
    assert_linear(run_structure, S("Content-Type: multipart/x; boundary=b\r\n\r\n"),
                  S("--b\r\nContent-Type: a/b; c=d\r\n\r\n"), S(""));
    assert_linear(run_structure, S("Content-Type: message/rfc822\r\n\r\nTo: "), S("a@b, "), S("\r\n\r\n"));
    assert_linear(run_structure, S("Content-Language: "), S("a, "), S("\r\n\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),
        cmocka_unit_test(other_types_have_no_lines),
        cmocka_unit_test(parameters_stay_encoded),
        cmocka_unit_test(multiparts),
        cmocka_unit_test(an_empty_multipart_has_an_empty_text),
        cmocka_unit_test(messages_show_envelope_body_and_lines),
        cmocka_unit_test(an_encoded_message_has_an_empty_one_within),
        cmocka_unit_test(a_part_alone),
        cmocka_unit_test(over_is_reported),
        cmocka_unit_test(any_message_gives_a_sound_structure),
        cmocka_unit_test(the_deepest_message_fits_a_fiber),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("structure", tests, NULL, NULL);
}
