/* Keys answered from as little of a message as will do; test/imap/search.c has the keys themselves. */
#include "check.h"

#include "imap/match.h"

static scratch x;
static const store_message row = {.uid = 7, .modseq = 5, .flags = FLAG_SEEN, .date = 86400 * 10, .size = 100};
static const str header = {"Subject: hello\r\nX-Tag: blue\r\n\r\n", 31};

static imap_verdict match(const char *keys, bool with_envelope, bool with_header, bool with_text) {
    imap_search q;
    imap_envelope e = {.subject = S("hello")};
    part_tree tree = {0};
    assert_true(imap_scan_search(scan_of(&x, str_c(keys)), &q));
    imap_candidate c = {.row = &row, .seq = 3, .now = 86400 * 20, .memory = &x.memory};
    c.envelope = with_envelope ? &e : NULL;
    c.header = with_header ? &header : NULL;
    if (with_text) {
        assert_false(failed(part_tree_parse(S("Subject: hello\r\nX-Tag: blue\r\n\r\nthe body"), &x.memory, &tree)));
        c.tree = &tree;
    }
    imap_verdict v = imap_match(q.root, &c);
    buf_free(&c.text);
    return v;
}

static void rows_decide(void **state) {
    assert_int_equal(match("SEEN", false, false, false), MATCH_YES);
    assert_int_equal(match("UNSEEN TEXT x", false, false, false), MATCH_NO);
    assert_int_equal(match("OR SEEN TEXT x", false, false, false), MATCH_YES);
    assert_int_equal(match("OR TEXT x SEEN", false, false, false), MATCH_YES);
    assert_int_equal(match("NOT (SEEN LARGER 50)", false, false, false), MATCH_NO);
    assert_int_equal(match("ON 11-Jan-1970 OLDER 800000 YOUNGER 900000", false, false, false), MATCH_YES);
    assert_int_equal(match("YOUNGER 800000", false, false, false), MATCH_NO);
}

static void doubts(void **state) {
    assert_int_equal(match("SUBJECT hello", false, false, false), MATCH_MAYBE);
    assert_int_equal(match("NOT SUBJECT hello", false, false, false), MATCH_MAYBE);
    assert_int_equal(match("OR UNSEEN SUBJECT hello", false, false, false), MATCH_MAYBE);
    assert_int_equal(match("SUBJECT hello TEXT x UNSEEN", false, false, false), MATCH_NO);
    assert_int_equal(match("SUBJECT hello", true, false, false), MATCH_YES);
    assert_int_equal(match("HEADER X-Tag blue", true, false, false), MATCH_MAYBE);
    assert_int_equal(match("HEADER X-Tag blue", true, true, false), MATCH_YES);
    assert_int_equal(match("TEXT hello", true, true, false), MATCH_MAYBE);
    assert_int_equal(match("TEXT hello", true, true, true), MATCH_YES);
    assert_int_equal(match("BODY hello", true, true, true), MATCH_NO);
    assert_int_equal(match("BODY \"THE body\" NOT TEXT nothing", true, true, true), MATCH_YES);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_decide), cmocka_unit_test(doubts)};
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&x.memory);
    return result;
}
