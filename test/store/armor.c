#include "kit.h"

#include "base/codec.h"
#include "base/rand.h"
#include "store/armor.h"

enum { MOST = 1 << 20 };

static bool open_text(const char *text, size_t *used, buf *out) {
    armor how;
    return armor_open(str_c(text), out, &how, used);
}

static void shapes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool opens;
        size_t used;
    } cases[] = {
        {"QUJD", true, 4},
        {"QUJD\r\n", true, 4},
        {"QUJD\r\n\r\n \t\r\n", true, 4},
        {"QUJD\r\nREVG", true, 10},
        {"QUJD\nREVG\n", true, 9},
        {"QUJDR\r\nEVG", true, 10}, /* lines need not be groups */
        {"QUJDREVG\r\nQQ==", true, 14},
        {"Q\r\nU\r\nJ\r\nD", true, 10},
        {"QUJD\r\nREVGR\r\nEVG", false, 0},  /* a longer line */
        {"QUJDR\r\nEVGQ\r\nUJDR", false, 0}, /* a shorter one that is not the last */
        {"QUJD\r\n\r\nREVG", false, 0},
        {"QUJD\r\nREVG\nREVG", false, 0},
        {"QUJD \r\nREVG", false, 0},
        {"QQ==\r\nREVG", false, 0}, /* padding in the middle */
        {"QUJ", false, 0},
        {"QR==", false, 0}, /* bits left over */
        {"QQ=", false, 0},
        {"QUJD\r\n-- \r\nfooter", false, 0},
        {"=QUJ", false, 0},
        {"", false, 0},
        {"\r\nQUJD", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out;
        buf_init(&out, 100);
        buf_add(&out, S("kept"));
        size_t used = 0;
        bool opens = open_text(cases[i].text, &used, &out);
        if (opens != cases[i].opens || (opens && used != cases[i].used))
            print_message("case %zu: %d, used %zu\n", i, opens, used);
        assert_int_equal(opens, cases[i].opens);
        assert_true(str_starts(buf_str(&out), S("kept")) && !out.over);
        if (opens)
            assert_int_equal(used, cases[i].used);
        else
            assert_int_equal(out.n, 4);
    }
}

static void size_of(void **state) {
    (void)state;
    assert_int_equal(armor_size(&(armor){.width = 4}, 3), 4);
    assert_int_equal(armor_size(&(armor){.width = 4}, 4), 10);
    assert_int_equal(armor_size(&(armor){.width = 4, .lf = true}, 4), 9);
    assert_int_equal(armor_size(&(armor){.width = 76}, 57), 76);
    assert_int_equal(armor_size(&(armor){.width = 76}, 58), 82);
    assert_int_equal(armor_size(&(armor){.width = 0}, 58), 0);
    assert_int_equal(armor_size(&(armor){.width = 1}, 0), 0);
    assert_int_equal(armor_size(&(armor){.width = 1}, UINT64_MAX), 0);
}

static err from_buffer(void *arg, uint64_t at, char *to, size_t n) {
    const buf *b = arg;
    assert_true(at + n <= b->n);
    memcpy(to, b->p + at, n);
    return OK;
}

/* All of it, and every range of the small ones. */
static void check_ranges(str text, const armor *how, buf *bytes) {
    armor_source from = {bytes, from_buffer};
    char *back = test_malloc(text.n);
    assert_ok(armor_print(how, bytes->n, 0, back, text.n, from));
    assert_memory_equal(back, text.p, text.n);
    size_t step = text.n > 300 ? text.n / 17 : 1;
    for (size_t at = 0; at <= text.n; at += step) {
        for (size_t n = 0; n <= text.n - at; n += step) {
            assert_ok(armor_print(how, bytes->n, at, back, n, from));
            assert_memory_equal(back, text.p + at, n);
        }
    }
    assert_int_equal(armor_print(how, bytes->n, text.n, back, 1, from).kind, ERR_BUG);
    test_free(back);
}

static void wrap(buf *out, str text, size_t width, str end) {
    for (bool first = true; text.n; first = false) {
        if (!first)
            buf_add(out, end);
        buf_add(out, str_sub(text, 0, width));
        text = str_skip(text, width);
    }
}

static void any_range_prints(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 5, 57, 58, 100, 49151, 49152, 49153, 200000};
    static const size_t widths[] = {1, 4, 5, 75, 76, 77, 998, 100000, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes * (sizeof widths / sizeof *widths); i++) {
        size_t size = sizes[i % (sizeof sizes / sizeof *sizes)], width = widths[i / (sizeof sizes / sizeof *sizes)];
        SCOPED_BUF bytes, encoded, text, opened;
        buf_init(&bytes, MOST);
        buf_init(&encoded, MOST);
        buf_init(&text, MOST * 2);
        buf_init(&opened, MOST);
        rand_bytes(buf_reserve(&bytes, size), size);
        buf_commit(&bytes, size);
        base64_encode(&encoded, buf_str(&bytes));
        wrap(&text, buf_str(&encoded), width, i % 3 ? S("\r\n") : S("\n"));
        armor how;
        size_t used;
        assert_true(armor_open(buf_str(&text), &opened, &how, &used));
        assert_int_equal(used, text.n);
        assert_int_equal(armor_size(&how, size), text.n);
        assert_str(buf_str(&opened), buf_str(&bytes));
        check_ranges(buf_str(&text), &how, &bytes);
    }
}

static err failing(void *arg, uint64_t at, char *to, size_t n) {
    (void)arg, (void)at, (void)to, (void)n;
    return err_make(ERR_TEMP, ERR_IO, "local error", "");
}

static void a_failing_source_is_an_error(void **state) {
    (void)state;
    char to[4];
    armor how = {.width = 76};
    assert_err(armor_print(&how, 3, 0, to, 4, (armor_source){NULL, failing}), ERR_TEMP, ERR_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shapes), cmocka_unit_test(size_of),
                                       cmocka_unit_test(any_range_prints),
                                       cmocka_unit_test(a_failing_source_is_an_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
