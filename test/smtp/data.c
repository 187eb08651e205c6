#include "smtp/data.h"

#include "../base/check.h"
#include "data_plain.h"

typedef struct reading {
    smtp_data d;
    smtp_line_ends ends;
    buf out;
    size_t used;
} reading;

static void read_begin(reading *r) {
    *r = (reading){0};
    smtp_data_begin(&r->d);
    buf_init(&r->out, 1 << 20);
}

static void read_piece(reading *r, str in) {
    str rest = in, piece;
    while (smtp_data_next(&r->d, &rest, &piece)) {
        assert_true(piece.n > 0);
        smtp_line_ends_feed(&r->ends, piece);
        buf_add(&r->out, piece);
    }
    r->used += in.n - rest.n;
}

/* A bare line end makes the machine stop looking for NUL; both mean refusal. */
static void expect(reading *r, const plain_data *plain, str content) {
    smtp_line_ends_finish(&r->ends);
    assert_int_equal(r->d.state == SMTP_DATA_END, plain->ended);
    assert_int_equal(r->used, plain->used);
    assert_int_equal(r->ends.bare, plain->bare);
    assert_int_equal(r->ends.nul, plain->nul);
    assert_str(buf_str(&r->out), content);
    buf_free(&r->out);
}

/* Whole, byte by byte, at every split into two, and every split into three for the short ones. */
static void every_split(str in) {
    SCOPED_BUF content;
    reading r;
    buf_init(&content, 1 << 20);
    plain_data plain = plain_read(in, &content);
    for (size_t first = 0; first <= in.n; first++) {
        for (size_t second = first; second <= (in.n < 40 ? in.n : first); second++) {
            read_begin(&r);
            read_piece(&r, str_sub(in, 0, first));
            read_piece(&r, str_sub(in, first, second - first));
            read_piece(&r, str_skip(in, second));
            expect(&r, &plain, buf_str(&content));
        }
    }
    read_begin(&r);
    for (size_t i = 0; i < in.n; i++)
        read_piece(&r, str_sub(in, i, 1));
    expect(&r, &plain, buf_str(&content));
}

static void any_split_same_result(void **state) {
    static const str cases[] = {
        {"", 0},
        {".\r\n", 3},
        {".\r\nQUIT\r\n", 9},
        {"a\r\n.\r\n", 6},
        {"a\r\n..\r\n.\r\n", 10},
        {"..\r\n.\r\n", 7},
        {".a\r\n.\r\n", 7},
        {"a\n.\n", 4},
        {"a\n.\r\n", 5},
        {"a\r\n.\n", 5},
        {"a\r.\r", 4},
        {"a\r.\r\n", 5},
        {"a\r\n.\rb\r\n.\r\n", 12},
        {"a\r\n.\r\r\n.\r\n", 11},
        {"a\r\n.\r.\r\n.\r\n", 11},
        {"a\0b\r\n.\r\n", 8},
        {"a\r\n\0.\r\n.\r\n", 10},
        {"\r\r\n.\r\n", 6},
        {"\r\n\r\n.\r\n", 7},
        {"\r", 1},
        {"\n", 1},
        {"....\r\n.\r\n", 9},
        {".\r.\r\n.\r\n", 8},
        {".\n.\r\n", 5},
        {".\r", 2},
        {".", 1},
        {"a\r\n", 3},
        {"x\r\n.\r\n.\r\n", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        every_split(cases[i]);
    every_split(S("Subject: x\r\n\r\nline one\r\n.stuffed\r\n...\r\nlast\r\n.\r\nMAIL FROM:<a@b>\r\n"));
}

/* Every string of up to six of the bytes that matter. */
static void all_short_strings(void **state) {
    static const char alphabet[] = {'\r', '\n', '.', 'a'};
    char text[6];
    for (size_t n = 0; n <= sizeof text; n++) {
        for (size_t code = 0; code < (size_t)1 << (2 * n); code++) {
            for (size_t i = 0; i < n; i++)
                text[i] = alphabet[code >> (2 * i) & 3];
            SCOPED_BUF content;
            reading r;
            buf_init(&content, 100);
            plain_data plain = plain_read(str_of(text, n), &content);
            for (size_t split = 0; split <= n; split++) {
                read_begin(&r);
                read_piece(&r, str_of(text, split));
                read_piece(&r, str_of(text + split, n - split));
                expect(&r, &plain, buf_str(&content));
            }
        }
    }
}

/* The nine ends of data of the smuggling advisories: only one is an end, all others are refused. */
static void smuggling(void **state) {
    static const str ends[] = {{"\n.\n", 3},   {"\n.\r\n", 4}, {"\r\n.\n", 4}, {"\r.\r", 3},      {"\r.\r\n", 4},
                               {"\r\n.\r", 4}, {"\r.\n", 3},   {"\n.\r", 3},   {"\r\n\0.\r\n", 6}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        SCOPED_BUF in;
        buf_init(&in, 1000);
        buf_add(&in, S("Subject: a\r\n\r\nbody"));
        buf_add(&in, ends[i]);
        buf_add(&in, S("MAIL FROM:<x@y>\r\nRCPT TO:<z@w>\r\nDATA\r\nsmuggled\r\n.\r\n"));
        for (size_t split = 0; split <= in.n; split++) {
            reading r;
            read_begin(&r);
            read_piece(&r, str_sub(buf_str(&in), 0, split));
            read_piece(&r, str_skip(buf_str(&in), split));
            assert_int_equal(r.d.state, SMTP_DATA_END);
            assert_int_equal(r.used, in.n);
            assert_true(r.ends.bare || r.ends.nul);
            buf_free(&r.out);
        }
    }
}

static void line_ends_at_the_end(void **state) {
    static const struct {
        str in;
        bool bare, nul;
    } cases[] = {
        {{"", 0}, false, false},  {{"a", 1}, false, false},  {{"a\r\n", 3}, false, false}, {{"a\r", 2}, true, false},
        {{"\n", 1}, true, false}, {{"a\0", 2}, false, true}, {{"\r\r\n", 3}, true, false}, {{"\r\n\n", 3}, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t split = 0; split <= cases[i].in.n; split++) {
            smtp_line_ends e = {0};
            smtp_line_ends_feed(&e, str_sub(cases[i].in, 0, split));
            smtp_line_ends_feed(&e, str_skip(cases[i].in, split));
            smtp_line_ends_finish(&e);
            assert_int_equal(e.bare, cases[i].bare);
            assert_int_equal(e.nul, cases[i].nul);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_same_result),
        cmocka_unit_test(all_short_strings),
        cmocka_unit_test(smuggling),
        cmocka_unit_test(line_ends_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
