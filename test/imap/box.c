#include "check.h"

#include "imap/box.h"

static void keywords(void **state) {
    str words[] = {S("work"), S("$Junk"), S("later")};
    imap_box *b = mem_alloc(sizeof *b);
    store_mailbox m = {.keywords = words};
    assert_false(imap_box_keywords(b, &m));
    assert_true(imap_box_knows(b, FLAG_SEEN | FLAG_DRAFT));
    assert_false(imap_box_knows(b, UINT64_C(1) << FLAG_KEYWORD_SHIFT));
    m.keywords_n = 2;
    assert_true(imap_box_keywords(b, &m));
    assert_str(b->keywords[1], S("$Junk"));
    assert_true(imap_box_knows(b, UINT64_C(3) << FLAG_KEYWORD_SHIFT));
    assert_false(imap_box_knows(b, UINT64_C(4) << FLAG_KEYWORD_SHIFT));
    assert_false(imap_box_keywords(b, &m)); /* no news */
    m.keywords_n = 3;
    assert_true(imap_box_keywords(b, &m));
    words[0] = S("gone"); /* the box has copies */
    assert_str(b->keywords[0], S("work"));
    assert_str(b->keywords[2], S("later"));
    free(b->keywords);
    free(b);
}

/* A session that idles in a mailbox of a million messages holds this and a span. */
static void is_small(void **state) { assert_true(sizeof(imap_box) + sizeof(imap_span) <= 256); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keywords), cmocka_unit_test(is_small)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
