#include "mail/content.h"

#include "../base/check.h"
#include "base/limits.h"
#include "mime/header.h"

static const mail_config config = {.host = {"mail.demo.test", 14}, .max_hops = 3};
static const mail_trace trace = {.protocol = {"local", 5}};
static const int64_t noon = 1768478400; /* Thu, 15 Jan 2026 12:00:00 +0000 */

#define RECEIVED "Received: by mail.demo.test (Godwit) with local id abc;\r\n\tThu, 15 Jan 2026 12:00:00 +0000\r\n"

static int in_greenwich(void **state) { return setenv("TZ", "UTC", 1); }

static mail_envelope envelope(bool submission) {
    return (mail_envelope){.id = "abc", .sender = S(""), .submission = submission, .smtputf8 = true};
}

/* What becomes of raw, with and without room in front of it: the same. */
static err make(mail_envelope *e, str raw, str expected, mail_content *facts) {
    err why = OK;
    for (size_t room = 0; room <= 4096; room += 64 + room) {
        SCOPED_ARENA a;
        SCOPED_BUF block;
        mail_content content;
        arena_init(&a, 1 << 22);
        buf_init(&block, 1 << 22);
        char *front = buf_reserve(&block, room + raw.n + 1);
        memset(front, 'x', room);
        memcpy(front + room, raw.p, raw.n);
        e->headroom = room;
        why = mail_content_make(&config, e, &trace, str_of(front + room, raw.n), noon, &a, &content);
        if (!failed(why)) {
            assert_str(content.stored.raw, expected);
            bool in_place = content.stored.raw.p >= front && content.stored.raw.p <= front + room + raw.n;
            assert_true(room == 0 ? !in_place : room < 448 || in_place); /* large enough for our lines: never copied */
            assert_int_equal(content.stored.header_size, header_size(expected));
        }
        *facts = content;
        mail_content_free(&content);
    }
    return why;
}

static void received_on_top(void **state) {
    mail_envelope e = envelope(false);
    mail_content facts;
    assert_false(failed(make(&e, S("Subject: x\r\n\r\nbody\r\n"), S(RECEIVED "Subject: x\r\n\r\nbody\r\n"), &facts)));
    assert_false(facts.body8 || facts.header8);
}

static void no_header(void **state) {
    static const struct {
        str raw, expected;
    } cases[] = {
        {{"", 0}, {RECEIVED "\r\n", sizeof RECEIVED + 1}},
        {{"\r\nbody\r\n", 8}, {RECEIVED "\r\nbody\r\n", sizeof RECEIVED + 7}},
        {{"body\r\n", 6}, {RECEIVED "\r\nbody\r\n", sizeof RECEIVED + 7}},
        {{" x: y\r\n", 7}, {RECEIVED "\r\n x: y\r\n", sizeof RECEIVED + 8}},
        {{"\tx: y\r\n", 7}, {RECEIVED "\r\n\tx: y\r\n", sizeof RECEIVED + 8}},
        {{"x: y\r\n", 6}, {RECEIVED "x: y\r\n", sizeof RECEIVED + 5}},
        {{"x: y", 4}, {RECEIVED "x: y", sizeof RECEIVED + 3}},
        {{": y\r\n", 5}, {RECEIVED "\r\n: y\r\n", sizeof RECEIVED + 6}},
    };
    mail_content facts;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mail_envelope e = envelope(false);
        assert_false(failed(make(&e, cases[i].raw, cases[i].expected, &facts)));
    }
}

static void refused(void **state) {
    static char large[LIMIT_HEADER_BYTES + 100];
    static const struct {
        const char *raw;
        size_t n;
        err_what what;
    } cases[] = {
        {"a: b\nc: d\r\n\r\n", 13, ERR_SYNTAX},
        {"a: b\rc: d\r\n\r\n", 13, ERR_SYNTAX},
        {"a: b\0c\r\n\r\n", 11, ERR_SYNTAX},
        {"a: b\r\r\n\r\n", 9, ERR_SYNTAX},
        {"Received: 1\r\nreceived: 2\r\nRECEIVED: 3\r\nReceived : 4\r\n\r\n", 55, ERR_CONFLICT},
    };
    mail_content facts;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mail_envelope e = envelope(false);
        err why = make(&e, str_of(cases[i].raw, cases[i].n), S(""), &facts);
        assert_int_equal(why.kind, ERR_PEER);
        assert_int_equal(why.what, cases[i].what);
    }
    mail_envelope e = envelope(false);
    memset(large, 'x', sizeof large);
    large[1] = ':';
    assert_int_equal(make(&e, str_of(large, sizeof large), S(""), &facts).what, ERR_LIMIT);
    for (size_t i = 0; i + 5 <= sizeof large; i += 5)
        memcpy(large + i, "a:b\r\n", 5);
    assert_int_equal(make(&e, str_of(large, 5 * 2001), S(""), &facts).what, ERR_LIMIT);
}

static void submissions_are_mended(void **state) {
    mail_envelope e = envelope(true);
    mail_content facts;
    assert_false(failed(make(
        &e, S("Date: 1\r\nBcc: a@b,\r\n c@d\r\nMessage-Id: <x>\r\nX-Bcc: y\r\nresent-bcc : z\r\n\r\nBcc: body\r\n"),
        S(RECEIVED "Date: 1\r\nMessage-Id: <x>\r\nX-Bcc: y\r\n\r\nBcc: body\r\n"), &facts)));
    assert_false(failed(
        make(&e, S("date: 1\r\nMESSAGE-ID: <x>\r\n\r\n"), S(RECEIVED "date: 1\r\nMESSAGE-ID: <x>\r\n\r\n"), &facts)));
    e = envelope(false); /* others' mail is not */
    assert_false(failed(make(&e, S("Bcc: a@b\r\n\r\n"), S(RECEIVED "Bcc: a@b\r\n\r\n"), &facts)));
}

static void added_lines(void **state) {
    SCOPED_ARENA a;
    mail_content content;
    mail_envelope e = envelope(true);
    arena_init(&a, 1 << 22);
    assert_false(failed(mail_content_make(&config, &e, &trace, S("Subject: x\r\n\r\n"), noon, &a, &content)));
    str got = content.stored.raw;
    header_field date, id;
    assert_true(str_starts(got, S(RECEIVED)) && str_ends(got, S("\r\nSubject: x\r\n\r\n")));
    assert_true(header_find(got, S("Date"), &date) && header_find(got, S("Message-ID"), &id));
    assert_str(date.value, S(" Thu, 15 Jan 2026 12:00:00 +0000"));
    assert_true(str_ends(id.value, S("@mail.demo.test>")));
    mail_content_free(&content);
}

static void eight_bits(void **state) {
    static const struct {
        const char *raw;
        bool body8, header8;
    } cases[] = {
        {"Subject: x\r\n\r\nbody\r\n", false, false},
        {"Subject: x\r\n\r\n\xc3\xa4\r\n", true, false},
        {"Subject: \xc3\xa4\r\n\r\nbody\r\n", true, true},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; "
         "name=\"\xc3\xa4\"\r\n\r\nx\r\n--b--\r\n",
         true, true},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa4\r\n--b--\r\n", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_ARENA a;
        mail_content content;
        mail_envelope e = envelope(false);
        arena_init(&a, 1 << 22);
        assert_false(failed(mail_content_make(&config, &e, &trace, str_c(cases[i].raw), noon, &a, &content)));
        assert_int_equal(content.body8, cases[i].body8);
        assert_int_equal(content.header8, cases[i].header8);
        mail_content_free(&content);
        e.smtputf8 = false; /* not announced, not looked for */
        assert_false(failed(mail_content_make(&config, &e, &trace, str_c(cases[i].raw), noon, &a, &content)));
        assert_false(content.header8);
        mail_content_free(&content);
    }
}

/* Past 64 KB a thread does the looking. */
static void large_ones(void **state) {
    SCOPED_ARENA a;
    SCOPED_BUF raw;
    mail_content content;
    mail_envelope e = envelope(false);
    arena_init(&a, 1 << 22);
    buf_init(&raw, 1 << 22);
    buf_add(&raw, S("Subject: large\r\n\r\n"));
    while (raw.n < 300000)
        buf_add(&raw, S("0123456789\r\n"));
    buf_add(&raw, S("\xff\r\n"));
    assert_false(failed(mail_content_make(&config, &e, &trace, buf_str(&raw), noon, &a, &content)));
    assert_true(content.body8);
    assert_int_equal(content.stored.raw.n, raw.n + sizeof RECEIVED - 1);
    assert_true(content.stored.structure.n > 0 && content.stored.envelope.n > 0);
    mail_content_free(&content);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(received_on_top), cmocka_unit_test(no_header),
        cmocka_unit_test(refused),         cmocka_unit_test(submissions_are_mended),
        cmocka_unit_test(added_lines),     cmocka_unit_test(eight_bits),
        cmocka_unit_test(large_ones),
    };
    return cmocka_run_group_tests(tests, in_greenwich, NULL);
}
