#include "check.h"

#include "imap/envelope.h"

static arena memory;

static int setup(void **state) {
    arena_free(&memory);
    arena_init(&memory, LIMIT_COMMAND_ARENA);
    return 0;
}

static void fields(void **state) {
    imap_envelope e;
    str text = S("(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" {7}\r\na \"b\" c"
                 " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) NIL NIL"
                 " ((NIL NIL \"friends\" NIL)(\"=?utf-8?q?J=C3=B6rg?=\" NIL \"j\" \"x.test\")(NIL NIL NIL NIL)) NIL NIL"
                 " \"<r@x>\" \"<B27397@cac>\")");
    assert_true(imap_envelope_parse(text, &memory, &e));
    assert_str(e.subject, S("a \"b\" c"));
    assert_str(e.message_id, S("<B27397@cac>"));
    assert_str(e.cc, S("NIL"));
    SCOPED_BUF out;
    buf_init(&out, 1000);
    imap_envelope_addresses(&out, e.from, &memory);
    assert_str(buf_str(&out), S("Terry Gray <gray@cac.washington.edu>\n"));
    buf_clear(&out);
    imap_envelope_addresses(&out, e.to, &memory);
    assert_true(str_find_str(buf_str(&out), S("J\xc3\xb6rg <j@x.test>\n")) != STR_NONE);
    buf_clear(&out);
    imap_envelope_addresses(&out, e.cc, &memory);
    assert_str(buf_str(&out), S(""));
}

static void damaged(void **state) {
    static const char *const bad[] = {
        "", "(", "NIL", "(NIL NIL NIL)", "(NIL NIL ((((((", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        imap_envelope e;
        assert_false(imap_envelope_parse(str_c(bad[i]), &memory, &e));
        assert_int_equal(e.subject.n, 0);
    }
}

static void basic(void **state) {
    static const char *const pairs[][2] = {
        {"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48 NIL NIL NIL NIL)",
         "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)"},
        {"(\"IMAGE\" \"PNG\" NIL \"<a>\" NIL \"BASE64\" 5 \"md5\" (\"attachment\" (\"filename\" \"x (1).png\")) \"en\" "
         "NIL)",
         "(\"IMAGE\" \"PNG\" NIL \"<a>\" NIL \"BASE64\" 5)"},
        {"((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1 NIL NIL NIL NIL)(\"TEXT\" \"HTML\" NIL NIL NIL \"7BIT\" 2 1 "
         "NIL NIL NIL"
         " NIL) \"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL NIL)",
         "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)(\"TEXT\" \"HTML\" NIL NIL NIL \"7BIT\" 2 1) \"ALTERNATIVE\")"},
        {"(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"TEXT\" "
         "\"PLAIN\" NIL NIL"
         " NIL \"7BIT\" 1 1 NIL NIL NIL NIL) 7 NIL NIL NIL NIL)",
         "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"TEXT\" "
         "\"PLAIN\" NIL NIL"
         " NIL \"7BIT\" 1 1) 7)"},
        {"(\"A\" \"B\" NIL NIL {3}\r\na)b \"7BIT\" 5)", "(\"A\" \"B\" NIL NIL {3}\r\na)b \"7BIT\" 5)"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        SCOPED_BUF out;
        buf_init(&out, 10000);
        assert_true(imap_structure_basic(&out, str_c(pairs[i][0])));
        assert_str(buf_str(&out), str_c(pairs[i][1]));
        /* basic is a fixed point */
        SCOPED_BUF again;
        buf_init(&again, 10000);
        assert_true(imap_structure_basic(&again, buf_str(&out)));
        assert_str(buf_str(&again), buf_str(&out));
    }
}

static void bounded(void **state) {
    SCOPED_BUF text, out;
    buf_init(&text, 1 << 20);
    buf_init(&out, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&text, '(');
    assert_false(imap_structure_basic(&out, buf_str(&text)));
    assert_false(imap_structure_basic(&out, S("(\"A\" \"B\"")));
    assert_false(imap_structure_basic(&out, S("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fields, setup),
        cmocka_unit_test_setup(damaged, setup),
        cmocka_unit_test(basic),
        cmocka_unit_test(bounded),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&memory);
    return result;
}
