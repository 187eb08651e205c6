#include "check.h"

#include "imap/search_key.h"

static scratch x;
static imap_search q;

static bool parse(str text) { return imap_scan_search(scan_of(&x, text), &q); }

/* The tree in one line. */
static void show(const imap_search_key *k, buf *out) {
    static const char *const names[] = {"and",     "or",     "not",        "nothing", "flag",      "keyword", "seq",
                                        "uid",     "larger", "smaller",    "before",  "on",        "since",   "older",
                                        "younger", "modseq", "sentbefore", "senton",  "sentsince", "from",    "to",
                                        "cc",      "bcc",    "subject",    "header",  "body",      "text"};
    buf_add(out, str_c(names[k->kind]));
    if (k->flag)
        buf_addf(out, " %llu", (unsigned long long)k->flag);
    if (k->number)
        buf_addf(out, " %llu", (unsigned long long)k->number);
    if (k->field.n)
        buf_addf(out, " %.*s", STR_ARG(k->field));
    if (k->text.n)
        buf_addf(out, " %.*s", STR_ARG(k->text));
    if (k->set.saved)
        buf_add(out, S(" $"));
    if (k->set.n) {
        buf_add_byte(out, ' ');
        imap_ranges_print(out, k->set.ranges, k->set.n);
    }
    for (const imap_search_key *child = k->first; child; child = child->next) {
        buf_add(out, child == k->first ? S("(") : S(", "));
        show(child, out);
    }
    if (k->first)
        buf_add_byte(out, ')');
}

static void trees(void **state) {
    static const char *const cases[][2] = {
        {"ALL", "and(and)"},
        {"UNSEEN", "and(not(flag 1))"},
        {"FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"", "and(flag 4, since 8797, not(from Smith))"},
        {"OR (SEEN DRAFT) 2:4,* UID $", "and(or(and(flag 1, flag 16), seq 2:4,0), uid $)"},
        {"HEADER Message-ID <a@b> LARGER 5", "and(header Message-ID <a@b>, larger 5)"},
        {"not not keyword $Junk", "and(not(not(keyword $Junk)))"},
        {"UNKEYWORD x", "and(not(keyword x))"},
        {"MODSEQ \"/flags/\\\\draft\" all 620162338", "and(modseq 620162338)"},
        {"MODSEQ 5 OLDER 10 YOUNGER 20", "and(modseq 5, older 10, younger 20)"},
        {"SENTON \"01-Jan-1970\" BEFORE \" 2-Jan-1970\"", "and(senton, before 1)"},
        {"NEW OLD RECENT", "and(nothing, and, nothing)"},
        {"((((SEEN))))", "and(and(and(and(and(flag 1)))))"},
        {"SUBJECT {5}\r\na b\"c BODY x", "and(subject a b\"c, body x)"},
        {"$", "and(uid $)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out;
        buf_init(&out, 1 << 16);
        if (!parse(str_c(cases[i][0])))
            fail_msg("refused %s", cases[i][0]);
        show(q.root, &out);
        assert_str(buf_str(&out), str_c(cases[i][1]));
        assert_false(q.extended);
    }
}

static void options(void **state) {
    assert_true(parse(S("RETURN () SEEN")) && q.extended && q.returns == RETURN_ALL);
    assert_true(parse(S("RETURN (MIN MAX COUNT ALL SAVE) SEEN")) && q.returns == 31);
    assert_true(parse(S("RETURN (SAVE) CHARSET utf-8 SUBJECT \"\xc3\xa4\"")) && q.returns == RETURN_SAVE);
    assert_true(q.has_envelope && !q.has_modseq && !q.root->first->by_bytes);
    assert_true(parse(S("CHARSET ISO-8859-1 SUBJECT x")) && q.bad_charset);
    assert_true(parse(S("MODSEQ 1")) && q.has_modseq);
    assert_false(parse(S("RETURN (PARTIAL 1:5) SEEN")));
    assert_false(parse(S("RETURN (MIN")));
    assert_false(parse(S("RETURN (MIN)")));
}

static void wrong(void **state) {
    static const char *const bad[] = {"",
                                      "SEENX",
                                      "NOT",
                                      "OR SEEN",
                                      "OR SEEN SEEN)",
                                      "(SEEN",
                                      "()",
                                      "SINCE 1-Foo-2000",
                                      "SINCE 0-Jan-2000",
                                      "SINCE 1-Jan-20000",
                                      "LARGER x",
                                      "LARGER -1",
                                      "FROM",
                                      "HEADER x",
                                      "UID",
                                      "UID 0",
                                      "KEYWORD \"x\"",
                                      "SUBJECT \"\xff\"",
                                      "SEEN  DRAFT",
                                      "MODSEQ x",
                                      "SINCE \"1-Jan-2000",
                                      "CHARSET",
                                      "FROM {5}\r\nabc"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(str_c(bad[i])))
            fail_msg("accepted %s", bad[i]);
}

static bool repeated(const char *head, size_t n, const char *tail) {
    SCOPED_BUF text;
    buf_init(&text, 1 << 22);
    for (size_t i = 0; i < n; i++)
        buf_add(&text, str_c(head));
    buf_add(&text, str_c(tail));
    return parse(buf_str(&text));
}

static void budgets(void **state) {
    assert_true(repeated("NOT ", IMAP_SEARCH_DEPTH - 1, "SEEN"));
    assert_false(repeated("NOT ", IMAP_SEARCH_DEPTH, "SEEN"));
    assert_false(repeated("(", 1000000, ""));
    assert_false(repeated("OR ", 1000000, ""));
    assert_true(repeated("SEEN ", IMAP_SEARCH_KEYS - 2, "SEEN"));
    assert_false(repeated("SEEN ", IMAP_SEARCH_KEYS, "SEEN"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(options),
        cmocka_unit_test(wrong),
        cmocka_unit_test(budgets),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
