#include "mime/header.h"
#include "mime_check.h"

static void next_is(str *rest, str name, str value) {
    header_field f;
    assert_true(header_next(rest, &f));
    assert_str(f.name, name);
    assert_str(f.value, value);
}

static void ends(str *rest, str behind) {
    header_field f;
    assert_false(header_next(rest, &f));
    assert_str(*rest, behind);
}

static void walks_fields_to_the_empty_line(void **state) {
    str s = S("A: 1\r\nB:2\r\nC-d : 3 \r\n\r\nbody: x\r\n");
    next_is(&s, S("A"), S(" 1"));
    next_is(&s, S("B"), S("2"));
    next_is(&s, S("C-d"), S(" 3 "));
    ends(&s, S("body: x\r\n"));
}

static void folds_belong_to_the_value(void **state) {
    str s = S("A: 1\r\n 2\r\n\t3\r\nB: 4\r\n \r\n\r\n");
    next_is(&s, S("A"), S(" 1\r\n 2\r\n\t3"));
    next_is(&s, S("B"), S(" 4\r\n "));
    ends(&s, S(""));
}

static void raw_bytes_are_kept(void **state) {
    str all = S("A: 1\r\n 2\r\nno field\r\nB\x80: \xff\0\r\nlast: x");
    str rest = all;
    header_field f;
    SCOPED_BUF joined;
    buf_init(&joined, 1000);
    while (header_next(&rest, &f))
        buf_add(&joined, f.raw);
    assert_str(buf_str(&joined), all);
}

static void bare_cr_and_lf_end_nothing(void **state) {
    str s = S("A: 1\nB: 2\rC: 3\n\nD: 4\r\rE: 5\r\nF: 6\r\n\r\n");
    next_is(&s, S("A"), S(" 1\nB: 2\rC: 3\n\nD: 4\r\rE: 5"));
    next_is(&s, S("F"), S(" 6"));
    ends(&s, S(""));
    assert_int_equal(header_size(S("A: 1\n\nB: 2\r\r\r\n\n\r\n\r\nx")), 19);
    assert_int_equal(header_count(S("A: 1\nFrom: x\rFrom: y\r\n\r\n"), S("From")), 0);
    s = S("\nA: 1\r\n\r\n"); /* a bare LF is no empty line */
    next_is(&s, S(""), S("\nA: 1"));
}

static void what_is_no_field_has_no_name(void **state) {
    str s =
        S("From me Sat Nov 21 01:02:03 2026\r\n folded: first\r\n: x\r\nno colon\r\nA b: c\r\nX\x7f: y\r\nA\0B: z\r\n");
    next_is(&s, S(""), S("From me Sat Nov 21 01:02:03 2026\r\n folded: first"));
    next_is(&s, S(""), S(": x"));
    next_is(&s, S(""), S("no colon"));
    next_is(&s, S(""), S("A b: c"));
    next_is(&s, S(""), S("X\x7f: y"));
    next_is(&s, S(""), S("A\0B: z"));
    ends(&s, S(""));
    s = S(" begins with a blank: x\r\nA: b\r\n");
    next_is(&s, S(""), S(" begins with a blank: x"));
    next_is(&s, S("A"), S(" b"));
}

static void ends_at_the_end_of_the_bytes(void **state) {
    str s = S("A: 1");
    next_is(&s, S("A"), S(" 1"));
    ends(&s, S(""));
    s = S("A: 1\r");
    next_is(&s, S("A"), S(" 1\r"));
    s = S("A: 1\r\n");
    next_is(&s, S("A"), S(" 1"));
    ends(&s, S(""));
    s = S("");
    ends(&s, S(""));
    s = (str){NULL, 0};
    ends(&s, S(""));
}

static void size_includes_the_empty_line(void **state) {
    assert_int_equal(header_size(S("A: 1\r\n\r\nbody")), 8);
    assert_int_equal(header_size(S("\r\nbody")), 2);
    assert_int_equal(header_size(S("A: 1\r\nbody")), 10);
    assert_int_equal(header_size(S("A: 1\r\n \r\n\r\nb")), 11);
    assert_int_equal(header_size(S("")), 0);
}

static void finds_the_first_of_a_name(void **state) {
    str header = S("a: 0\r\nSubject: 1\r\nSUBJECT: 2\r\n\r\nsubject: body\r\n");
    header_field f;
    assert_true(header_find(header, S("subject"), &f));
    assert_str(f.value, S(" 1"));
    assert_str(f.raw, S("Subject: 1\r\n"));
    assert_false(header_find(header, S("Subjec"), &f));
    assert_int_equal(header_count(header, S("sUBJECT")), 2);
    assert_int_equal(header_count(header, S("b")), 0);
}

/* Two From fields, or one hidden behind a line end that only some see, are for the caller to count. */
static void ambiguous_from_is_seen_the_same_way_everywhere(void **state) {
    assert_int_equal(header_count(S("From: a@b\r\nFrom: c@d\r\n\r\n"), S("From")), 2);
    assert_int_equal(header_count(S("From: a@b\r\nFrom : c@d\r\n\r\n"), S("From")), 2);
    assert_int_equal(header_count(S("From: a@b\r\n From: c@d\r\n\r\n"), S("From")), 1);
    assert_int_equal(header_count(S("From: a@b\r\n\r\nFrom: c@d\r\n\r\n"), S("From")), 1);
    assert_int_equal(header_count(S("From: a@b\r\nFr\0om: c@d\r\n\r\n"), S("From")), 1);
    assert_int_equal(header_count(S("From: a@b\r\nFrom\xc2\xa0: c@d\r\n\r\n"), S("From")), 1);
}

/* A header of which only the first n bytes have come: all fields but the last one are those of the whole. */
static void every_prefix_agrees_with_the_whole(void **state) {
    str whole = S("A: 1\r\n 2\r\nno field\r\nB\n: \r\r\nC : 3\r\n\r\nrest: 5\r\n");
    for (size_t n = 0; n <= whole.n; n++) {
        str rest = whole, part = str_sub(whole, 0, n);
        header_field f, p;
        while (header_next(&part, &p)) {
            if (!header_next(&rest, &f)) {
                assert_str(p.raw, S("\r")); /* the first half of the empty line */
                break;
            }
            if (part.n)
                assert_str(p.raw, f.raw);
            else
                assert_true(str_starts(f.raw, p.raw));
        }
    }
}

/* Fields of pieces drawn at random: sizes add up and the size of the header is where the walk ends. */
static void walk_and_size_agree(void **state) {
    uint64_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        SCOPED_BUF in;
        buf_init(&in, 1000);
        for (uint32_t i = pick(&seed, 12); i > 0; i--)
            buf_add(&in, PICK(&seed, S("\r"), S("\n"), S("\r\n"), S(" "), S("a:"), S("x"), S("\r\n\r\n"), S("\0")));
        str rest = buf_str(&in);
        header_field f;
        size_t sum = 0;
        while (header_next(&rest, &f))
            sum += f.raw.n;
        assert_int_equal(header_size(buf_str(&in)), in.n - rest.n);
        assert_true(sum == in.n - rest.n || sum + 2 == in.n - rest.n);
    }
}

static void run_walk(str s) {
    header_field f;
    assert_false(header_find(s, S("none"), &f));
}
static void run_size(str s) { assert_true(header_size(s) > 0); }

static void is_linear(void **state) {
    assert_linear(run_walk, S(""), S("A: b\r\n"), S(""));
    assert_linear(run_walk, S("A: b"), S("\n"), S(""));
    assert_linear(run_walk, S("A: b"), S("\r\n "), S(""));
    assert_linear(run_walk, S("A"), S(" "), S(": b"));
    assert_linear(run_size, S("A"), S("\r\n\r"), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_fields_to_the_empty_line),
        cmocka_unit_test(folds_belong_to_the_value),
        cmocka_unit_test(raw_bytes_are_kept),
        cmocka_unit_test(bare_cr_and_lf_end_nothing),
        cmocka_unit_test(what_is_no_field_has_no_name),
        cmocka_unit_test(ends_at_the_end_of_the_bytes),
        cmocka_unit_test(size_includes_the_empty_line),
        cmocka_unit_test(finds_the_first_of_a_name),
        cmocka_unit_test(ambiguous_from_is_seen_the_same_way_everywhere),
        cmocka_unit_test(every_prefix_agrees_with_the_whole),
        cmocka_unit_test(walk_and_size_agree),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
