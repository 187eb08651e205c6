#include "imap_reader.h"
#include "mime/part.h"
#include "mime_check.h"

static void envelope_is_str(str message, str expected) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    arena_init(&a, 100000);
    buf_init(&out, 100000);
    assert_true(envelope_print(&out, message, &a));
    assert_str(buf_str(&out), expected);
    assert_true(imap_is_list(buf_str(&out)));
}

static void envelope_is(const char *message, const char *expected) { envelope_is_str(str_c(message), str_c(expected)); }

/* The example of RFC 3501 8, whose cc has two addresses. */
static void all_fields(void **state) {
    envelope_is("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
                "Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
                "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                "Message-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\n\r\n",
                "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" "
                "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                "((NIL NIL \"imap\" \"cac.washington.edu\")) "
                "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) "
                "NIL NIL \"<B27397-0100000@cac.washington.edu>\")");
}

static void absent_fields_are_nil(void **state) {
    envelope_is("", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    envelope_is("X: y\r\n\r\nFrom: a@b\r\n", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
}

static void empty_fields_are_empty_strings(void **state) {
    envelope_is("Subject:\r\nFrom:\r\nTo: \r\nMessage-ID:\r\n\r\n", "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL \"\")");
}

static void sender_and_reply_to_default_to_from(void **state) {
    envelope_is(
        "From: a@b\r\nSender:\r\nReply-To: c@d\r\n\r\n",
        "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL)");
    envelope_is("Sender: c@d\r\nReply-To: ()\r\n\r\n", "(NIL NIL NIL ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL)");
}

static void groups(void **state) {
    envelope_is("To: undisclosed-recipients:;\r\nCc: \"A, B\": c@d;, e@f\r\n\r\n",
                "(NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) "
                "((NIL NIL \"A, B\" NIL)(NIL NIL \"c\" \"d\")(NIL NIL NIL NIL)(NIL NIL \"e\" \"f\")) NIL NIL NIL)");
}

static void routes(void **state) {
    envelope_is("To: X <@a,@b:c@d>\r\n\r\n", "(NIL NIL NIL NIL NIL ((\"X\" \"@a,@b\" \"c\" \"d\")) NIL NIL NIL NIL)");
}

/* A NIL host would begin a group: what is missing is named. */
static void what_is_missing_in_an_address_is_named(void **state) {
    envelope_is("To: root, Some Body, <>\r\n\r\n",
                "(NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"MISSING_DOMAIN\")"
                "(\"Some Body\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")"
                "(NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")) NIL NIL NIL NIL)");
}

static void values_are_unfolded_and_stay_encoded(void **state) {
    envelope_is("Subject: =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?q?x?=\r\nFrom: =?utf-8?q?J=C3=B6rg?= <a@b>\r\n\r\n",
                "(NIL \"=?utf-8?q?caf=C3=A9?= =?utf-8?q?x?=\" ((\"=?utf-8?q?J=C3=B6rg?=\" NIL \"a\" \"b\")) "
                "((\"=?utf-8?q?J=C3=B6rg?=\" NIL \"a\" \"b\")) ((\"=?utf-8?q?J=C3=B6rg?=\" NIL \"a\" \"b\")) NIL NIL "
                "NIL NIL NIL)");
}

static void hostile_bytes_stay_in_their_string(void **state) {
    envelope_is_str(
        S("Subject: a\"b\\c) NIL\r\nMessage-ID: <a\nb>\r\nIn-Reply-To: <a\0b>\r\nDate: caf\xc3\xa9\r\n\r\n"),
        S("({5}\r\ncaf\xc3\xa9 \"a\\\"b\\\\c) NIL\" NIL NIL NIL NIL NIL NIL \"<ab>\" {5}\r\n<a\nb>)"));
}

static void the_first_field_of_a_name_counts(void **state) {
    envelope_is(
        "From: a@b\r\nFrom: c@d\r\nSubject: 1\r\nSUBJECT: 2\r\n\r\n",
        "(NIL \"1\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)");
}

static void past_a_budget_what_was_read_is_shown(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF in, out;
    arena_init(&a, 20000);
    buf_init(&in, 1 << 20);
    buf_init(&out, 1 << 20);
    buf_add(&in, S("To: "));
    repeat(&in, S("someone@example.org, "), 10000);
    assert_true(envelope_print(&out, buf_str(&in), &a));
    assert_true(imap_is_list(buf_str(&out)));
    assert_true(out.n > 2000 && out.n < 20000);
}

static void any_header_gives_a_sound_envelope(void **state) {
    uint64_t seed = 37;
    for (int round = 0; round < 5000; round++) {
        SCOPED_ARENA a;
        SCOPED_BUF in, out;
        arena_init(&a, pick(&seed, 4) ? 100000 : pick(&seed, 1000));
        buf_init(&in, 10000);
        buf_init(&out, 100000);
        for (uint32_t i = pick(&seed, 30); i > 0; i--)
            buf_add(&in, PICK(&seed, S("From: "), S("To: "), S("Subject: "), S("\r\n"), S("\r\n "), S("a@b"), S(","),
                              S("<"), S(">"), S("\""), S("("), S(")"), S(":"), S(";"), S("\xff"), S("\0"), S("\n"),
                              S("\\"), S("x y"), S("Date:")));
        assert_true(envelope_print(&out, buf_str(&in), &a));
        assert_true(imap_is_list(buf_str(&out)));
    }
}

static void run_envelope(str s) {
    SCOPED_ARENA a;
    SCOPED_BUF out;
    arena_init(&a, (size_t)1 << 26);
    buf_init(&out, (size_t)1 << 27);
    assert_true(envelope_print(&out, s, &a));
}

static void is_linear(void **state) {
    assert_linear(run_envelope, S("To: "), S("\"Some Body\" <a@b>,\r\n "), S("\r\n\r\n"));
    assert_linear(run_envelope, S(""), S("To: a@b\r\n"), S("\r\n"));
    assert_linear(run_envelope, S("Subject: "), S("\xff\""), S("\r\n\r\n"));
    assert_linear(run_envelope, S("From: "), S("(("), S("\r\n\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields),
        cmocka_unit_test(absent_fields_are_nil),
        cmocka_unit_test(empty_fields_are_empty_strings),
        cmocka_unit_test(sender_and_reply_to_default_to_from),
        cmocka_unit_test(groups),
        cmocka_unit_test(routes),
        cmocka_unit_test(what_is_missing_in_an_address_is_named),
        cmocka_unit_test(values_are_unfolded_and_stay_encoded),
        cmocka_unit_test(hostile_bytes_stay_in_their_string),
        cmocka_unit_test(the_first_field_of_a_name_counts),
        cmocka_unit_test(past_a_budget_what_was_read_is_shown),
        cmocka_unit_test(any_header_gives_a_sound_envelope),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
