#include "check.h"

#include "imap/fetch_item.h"

static scratch x;

static bool parse(str text, imap_fetch *f) { return imap_scan_fetch(scan_of(&x, text), f); }

static void macros(void **state) {
    imap_fetch f;
    assert_true(parse(S("FAST"), &f) && f.n == 3);
    assert_true(parse(S("all"), &f) && f.n == 4 && f.wants_envelope && f.has_flags && !f.wants_structure);
    assert_true(parse(S("FULL"), &f) && f.n == 5 && f.wants_structure);
    assert_false(parse(S("(ALL FLAGS)"), &f));
    assert_false(parse(S("ALLX"), &f));
}

static void simple(void **state) {
    imap_fetch f;
    assert_true(parse(S("(FLAGS UID RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE BODY MODSEQ)"), &f));
    static const imap_fetch_kind kinds[] = {FETCH_FLAGS,    FETCH_UID,       FETCH_SIZE,  FETCH_INTERNALDATE,
                                            FETCH_ENVELOPE, FETCH_STRUCTURE, FETCH_BASIC, FETCH_MODSEQ};
    assert_int_equal(f.n, 8);
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(f.items[i].kind, kinds[i]);
    assert_false(f.sets_seen);
    assert_true(parse(S("RFC822"), &f) && f.sets_seen && f.items[0].section == SECTION_ALL);
    assert_true(parse(S("RFC822.TEXT"), &f) && f.sets_seen && f.items[0].section == SECTION_TEXT);
    assert_true(parse(S("RFC822.HEADER"), &f) && !f.sets_seen && f.items[0].section == SECTION_HEADER);
    assert_str(f.items[0].label, S("RFC822.HEADER"));
}

static void sections(void **state) {
    static const struct {
        str in, label;
        imap_section section;
        size_t numbers, fields;
        bool peek;
    } cases[] = {
        {{"BODY[]", 6}, {"BODY[]", 6}, SECTION_ALL, 0, 0, false},
        {{"BODY.PEEK[]<0.100>", 18}, {"BODY[]<0>", 9}, SECTION_ALL, 0, 0, true},
        {{"body.peek[header]", 17}, {"BODY[HEADER]", 12}, SECTION_HEADER, 0, 0, true},
        {{"BODY[TEXT]<5.2>", 15}, {"BODY[TEXT]<5>", 13}, SECTION_TEXT, 0, 0, false},
        {{"BODY[1.2.3]", 11}, {"BODY[1.2.3]", 11}, SECTION_ALL, 3, 0, false},
        {{"BODY[1.MIME]", 12}, {"BODY[1.MIME]", 12}, SECTION_MIME, 1, 0, false},
        {{"BODY[2.1.HEADER]", 16}, {"BODY[2.1.HEADER]", 16}, SECTION_HEADER, 2, 0, false},
        {{"BODY[HEADER.FIELDS (Date FROM)]", 31}, {"BODY[HEADER.FIELDS (Date FROM)]", 31}, SECTION_FIELDS, 0, 2, false},
        {{"BODY[HEADER.FIELDS.NOT (\"X Y\")]", 31},
         {"BODY[HEADER.FIELDS.NOT (\"X Y\")]", 31},
         SECTION_FIELDS_NOT,
         0,
         1,
         false},
        {{"BINARY[1]<0.5>", 14}, {"BINARY[1]<0>", 12}, SECTION_ALL, 1, 0, false},
        {{"BINARY.PEEK[1.2]", 16}, {"BINARY[1.2]", 11}, SECTION_ALL, 2, 0, true},
        {{"BINARY.SIZE[1]", 14}, {"BINARY.SIZE[1]", 14}, SECTION_ALL, 1, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imap_fetch f;
        assert_true(parse(cases[i].in, &f));
        assert_int_equal(f.n, 1);
        assert_str(f.items[0].label, cases[i].label);
        assert_int_equal(f.items[0].section, cases[i].section);
        assert_int_equal(f.items[0].numbers_n, cases[i].numbers);
        assert_int_equal(f.items[0].fields_n, cases[i].fields);
        assert_int_equal(f.items[0].peek, cases[i].peek);
        assert_int_equal(f.sets_seen, !cases[i].peek);
    }
}

static void wrong(void **state) {
    static const char *bad[] = {
        "",
        "()",
        "(FLAGS",
        "FLAGS)",
        "(FLAGS  UID)",
        "FLAGSX",
        "BODY[",
        "BODY[]<0>",
        "BODY[]<0.0>",
        "BODY[]<-1.5>",
        "BODY[0]",
        "BODY[1.]",
        "BODY[.1]",
        "BODY[1.0]",
        "BODY[MIME]",
        "BODY[HEADER.FIELDS]",
        "BODY[HEADER.FIELDS ()]",
        "BODY[HEADER.FIELDS (A]",
        "BODY[X]",
        "BODY[1.X]",
        "BINARY[HEADER]",
        "BINARY[1.MIME]",
        "BINARY.SIZE[1]<0.1>",
        "BODY.PEEK",
        "BODY.PEEKX[]",
        "BODY[99999999999]",
        "FLAGS (CHANGEDSINCE)",
        "FLAGS (CHANGEDSINCE 0)",
        "FLAGS (VANISHED)",
        "BODY[]<9223372036854775808.1>",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        imap_fetch f;
        if (parse(str_c(bad[i]), &f))
            fail_msg("accepted %s", bad[i]);
    }
}

static void budgets(void **state) {
    SCOPED_BUF text;
    imap_fetch f;
    buf_init(&text, 1 << 20);
    buf_add(&text, S("(UID"));
    for (int i = 1; i < IMAP_FETCH_ITEMS; i++)
        buf_add(&text, S(" UID"));
    buf_add_byte(&text, ')');
    assert_true(parse(buf_str(&text), &f));
    imap_fetch_add(&f, FETCH_FLAGS); /* there is room for what the server adds */
    imap_fetch_add(&f, FETCH_MODSEQ);
    text.n--;
    buf_add(&text, S(" UID)"));
    assert_false(parse(buf_str(&text), &f));
    buf_clear(&text);
    buf_add(&text, S("BODY[1"));
    for (int i = 1; i < IMAP_SECTION_DEPTH; i++)
        buf_add(&text, S(".1"));
    buf_add_byte(&text, ']');
    assert_true(parse(buf_str(&text), &f));
    text.n--;
    buf_add(&text, S(".1]"));
    assert_false(parse(buf_str(&text), &f));
}

static void modifiers(void **state) {
    imap_fetch f;
    assert_true(parse(S("(FLAGS) (CHANGEDSINCE 12345)"), &f));
    assert_int_equal(f.changed_since, 12345);
    assert_true(f.has_modseq);
    assert_int_equal(f.n, 2);
    assert_true(parse(S("(FLAGS MODSEQ) (changedsince 1)"), &f) && f.n == 2);
    assert_true(parse(S("FLAGS "), &f));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros), cmocka_unit_test(simple),  cmocka_unit_test(sections),
        cmocka_unit_test(wrong),  cmocka_unit_test(budgets), cmocka_unit_test(modifiers),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
