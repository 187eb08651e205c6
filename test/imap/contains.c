#include "check.h"

#include "imap/contains.h"

static bool contains(const char *text, const char *needle) {
    return imap_contains(str_c(text), str_c(needle), utf8_is_ascii(str_c(needle)));
}

static void letters(void **state) {
    assert_true(contains("The Quick Brown Fox", "quick BROWN"));
    assert_false(contains("The Quick Brown Fox", "brown quick"));
    assert_true(contains("anything", ""));
    assert_true(contains("", ""));
    assert_false(contains("", "x"));
    assert_true(contains("Gr\xc3\xbc\xc3\x9f"
                         "e aus K\xc3\xb6ln",
                         "GR\xc3\x9cSSE")); /* sharp s is ss */
    assert_true(contains("GR\xc3\x9cSSE", "gr\xc3\xbc\xc3\x9f"
                                          "e"));
    assert_true(contains("cafe\xcc\x81", "CAF\xc3\x89")); /* composed and not */
    assert_true(contains("\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
                         "\xcf\x83\xce\xaf\xcf\x83")); /* final sigma */
    assert_true(contains("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x9c\xac"));
    assert_false(contains("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x9c\xac\xe6\x97\xa5"));
}

/* Long texts are folded in pieces: wherever the needle stands it is found. */
static void pieces(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 1 << 22);
    str needle = S("N\xc3\x84"
                   "DEL");
    for (size_t at = 256 * 1024 - 40; at < 256 * 1024 + 40; at += 3) {
        buf_clear(&text);
        while (text.n < at)
            buf_add(&text, S("\xc3\xa4"));
        buf_add(&text, S("n\xc3\xa4"
                         "del"));
        while (text.n < 600 * 1024)
            buf_add(&text, S("x"));
        assert_true(imap_contains(buf_str(&text), needle, false));
        assert_false(imap_contains(buf_str(&text),
                                   S("n\xc3\xa4"
                                     "deln"),
                                   false));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
