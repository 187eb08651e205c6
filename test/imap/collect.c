#include "check.h"

#include "imap/collect.h"

enum { MAX_LINE = 200, MAX_COMMAND = 400 };

/* Runs a stream through the collector in pieces and writes down what it said: every literal is kept when it fits and
 * begins below 100 bytes, streamed when it is announced as exactly 7, dropped otherwise. */
static void run(str stream, size_t piece, buf *story) {
    imap_collect c;
    imap_collect_init(&c, MAX_LINE, MAX_COMMAND);
    imap_event event;
    for (size_t at = 0; at < stream.n;) {
        str in = str_sub(stream, at, piece - at % piece); /* pieces begin at multiples */
        size_t taken = imap_collect_feed(&c, in, &event);
        assert_true(taken > 0 && taken <= in.n);
        at += taken;
        if (event == IMAP_LITERAL) {
            buf_addf(story, "[%llu%s", (unsigned long long)c.literal, c.sync ? "]" : "+]");
            if (c.literal == 7)
                imap_collect_stream(&c);
            else if (imap_collect_fits(&c) && c.literal < 100)
                imap_collect_keep(&c);
            else
                imap_collect_drop(&c);
        } else if (event == IMAP_CHUNK) {
            buf_add(story, c.chunk);
        } else if (event == IMAP_COMMAND) {
            buf_add(story, c.dropped ? S("<dropped ") : S("<"));
            buf_add(story, buf_str(&c.text));
            buf_add_byte(story, '>');
            imap_collect_reset(&c);
        } else {
            assert_int_equal(taken, in.n);
        }
        assert_true(c.text.cap <= MAX_COMMAND);
    }
    imap_collect_free(&c);
    assert_null(c.text.p);
}

static void expect(str stream, str story) {
    for (size_t piece = 1; piece <= stream.n; piece++) {
        SCOPED_BUF got;
        buf_init(&got, 1 << 20);
        run(stream, piece, &got);
        assert_str(buf_str(&got), story);
    }
}

static void lines(void **state) {
    expect(S("a1 NOOP\r\n"), S("<a1 NOOP>"));
    expect(S("a1 NOOP\na2 NOOP\r\n\r\n"), S("<a1 NOOP><a2 NOOP><>"));
    expect(S("a1 \r NOOP\r\n"), S("<a1 \r NOOP>"));
    expect(S("half"), S(""));
}

static void literals(void **state) {
    expect(S("a LOGIN {5}\r\nhello {3+}\r\nabc\r\n"), S("[5][3+]<a LOGIN {5}\r\nhello {3+}\r\nabc>"));
    expect(S("a X {0}\r\n\r\n"), S("[0]<a X {0}\r\n>"));
    expect(S("a X ~{3}\r\n\0\1\2 y\r\n"), S("[3]<a X ~{3}\r\n\0\1\2 y>"));
    /* what a literal holds never counts as an announcement */
    expect(S("a X {3}\r\n{9}\r\nb Y\r\n"), S("[3]<a X {3}\r\n{9}><b Y>"));
    expect(S("a X {5}\r\n\r\n{9}\r\nb Y\r\n"), S("[5]<a X {5}\r\n\r\n{9}><b Y>"));
    /* not announcements */
    expect(S("a {}\r\nb {x}\r\nc {+}\r\nd 5}\r\ne {5} \r\n"), S("<a {}><b {x}><c {+}><d 5}><e {5} >"));
}

static void streams(void **state) {
    expect(S("a APPEND x {7}\r\n1234567\r\nb NOOP\r\n"), S("[7]1234567<a APPEND x {7}\r\n><b NOOP>"));
    expect(S("a APPEND x (~{7+}\r\n\r\n\r\n\r\n!)\r\n"), S("[7+]\r\n\r\n\r\n!<a APPEND x (~{7+}\r\n)>"));
}

static void huge_numbers(void **state) {
    expect(S("a X {18446744073709551615}\r\n"), S("[18446744073709551615]"));
    expect(S("a X {99999999999999999999}\r\n"), S("[18446744073709551615]"));
    expect(S("a X {4294967296+}\r\nabc"), S("[4294967296+]"));
}

static void too_long(void **state) {
    char long_line[MAX_LINE + 40];
    memset(long_line, 'x', sizeof long_line);
    memcpy(long_line, "tag ", 4);
    SCOPED_BUF stream, story;
    buf_init(&stream, 1 << 20);
    buf_init(&story, 1 << 20);
    buf_addf(&stream, "%.*s{4+}\r\nb X\n{200+}\r\n", (int)sizeof long_line, long_line);
    for (int i = 0; i < 20; i++)
        buf_add(&stream, S("c NOOP {\r\n"));
    buf_add(&stream, S("tail\r\nc NOOP\r\n"));
    /* the literals of a command that grew too long are passed over, not taken for commands */
    buf_add(&story, S("[4+]"));
    buf_addf(&story, "[200+]<dropped %.*s><c NOOP>", 128, long_line);
    expect(buf_str(&stream), buf_str(&story));
}

static void dropped_literal(void **state) {
    SCOPED_BUF stream;
    buf_init(&stream, 1 << 20);
    buf_add(&stream, S("a SEARCH TEXT {150+}\r\n"));
    for (int i = 0; i < 150; i++)
        buf_add_byte(&stream, "a NOOP\r\n"[i % 8]);
    buf_add(&stream, S(" ALL {3}\r\nxyz\r\nb NOOP\r\n"));
    expect(buf_str(&stream), S("[150+][3]<dropped a SEARCH TEXT {150+}\r\n><b NOOP>"));
}

/* A peer that only announces must cost nothing. */
static void announcing_costs_nothing(void **state) {
    imap_collect c;
    imap_collect_init(&c, 60000, 60000);
    imap_event event;
    imap_collect_feed(&c, S("a LOGIN {4294967295}\r\n"), &event);
    assert_int_equal(event, IMAP_LITERAL);
    assert_false(imap_collect_fits(&c));
    assert_true(c.text.cap <= 64);
    imap_collect_reset(&c);
    assert_null(c.text.p);
}

static void taking(void **state) {
    imap_collect c;
    imap_collect_init(&c, 100, 100);
    imap_event event;
    assert_int_equal(imap_collect_feed(&c, S("a NOOP\r\nrest"), &event), 8);
    assert_int_equal(event, IMAP_COMMAND);
    SCOPED_BUF text = imap_collect_take(&c);
    assert_str(buf_str(&text), S("a NOOP"));
    assert_null(c.text.p);
    assert_int_equal(imap_collect_feed(&c, S("b NOOP\r\n"), &event), 8);
    assert_str(buf_str(&c.text), S("b NOOP"));
    imap_collect_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(literals),
        cmocka_unit_test(streams),
        cmocka_unit_test(huge_numbers),
        cmocka_unit_test(too_long),
        cmocka_unit_test(dropped_literal),
        cmocka_unit_test(announcing_costs_nothing),
        cmocka_unit_test(taking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
