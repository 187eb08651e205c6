#include <openssl/ssl.h>

#include "serve.h"

#include "base/codec.h"
#include "base/mem.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static const char nested[] = "From: \"A (b) C\" <a@x.test>, list: d@y.test, e@y.test;\r\n"
                             "To: you@z.test\r\n"
                             "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n"
                             "Date: Mon, 7 Feb 1994 21:52:25 -0800\r\n"
                             "Message-ID: <m1@x.test>\r\n"
                             "X-Fold: one\r\n\ttwo\r\n"
                             "MIME-Version: 1.0\r\n"
                             "Content-Type: multipart/mixed; boundary=outer\r\n"
                             "\r\n"
                             "preamble\r\n"
                             "--outer\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: quoted-printable\r\n"
                             "\r\n"
                             "sch=C3=B6n\r\n"
                             "--outer\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "Subject: inner\r\n"
                             "X-In: yes\r\n"
                             "Content-Type: multipart/alternative; boundary=inner\r\n"
                             "\r\n"
                             "--inner\r\n"
                             "\r\n"
                             "plain\r\n"
                             "--inner\r\n"
                             "Content-Type: text/html\r\n"
                             "\r\n"
                             "<p>html\r\n"
                             "--inner--\r\n"
                             "--outer\r\n"
                             "Content-Type: application/octet-stream; name=x\r\n"
                             "Content-Transfer-Encoding: base64\r\n"
                             "\r\n"
                             "AAEC\r\nAwQF\r\n"
                             "--outer--\r\n";

static void ask_part(const char *item, const char *content) {
    char wanted[1000];
    snprintf(wanted, sizeof wanted, "* 1 FETCH (%s {%zu}\r\n%s)\nOK FETCH done", item, strlen(content), content);
    str got = client_askf(&c, "FETCH 1 (BODY.PEEK%s)", item + 4);
    assert_str(got, str_c(wanted));
}

static void sections(void **state) {
    serve_append(&s, str_c(nested));
    client_select(&c, &s);
    const char *outer = strstr(nested, "Subject: inner"), *body = strstr(nested, "preamble");
    char text[1000];
    ask_part("BODY[]", nested);
    ask_part("BODY[TEXT]", body);
    snprintf(text, sizeof text, "%.*s", (int)(body - nested), nested);
    ask_part("BODY[HEADER]", text);
    ask_part("BODY[HEADER.FIELDS (subject X-FOLD nope)]",
             "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\nX-Fold: one\r\n\ttwo\r\n\r\n");
    ask_part("BODY[HEADER.FIELDS.NOT (From To Subject Date Message-ID X-Fold MIME-Version)]",
             "Content-Type: multipart/mixed; boundary=outer\r\n\r\n");
    ask_part("BODY[1]", "sch=C3=B6n");
    ask_part("BODY[1.MIME]",
             "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    snprintf(text, sizeof text, "%.*s", (int)(strstr(nested, "\r\n--outer\r\nContent-Type: application") - outer),
             outer);
    ask_part("BODY[2]", text);
    ask_part("BODY[2.HEADER]",
             "Subject: inner\r\nX-In: yes\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n");
    ask_part("BODY[2.HEADER.FIELDS (X-In)]", "X-In: yes\r\n\r\n");
    ask_part("BODY[2.MIME]", "Content-Type: message/rfc822\r\n\r\n");
    ask_part("BODY[2.1]", "plain");
    ask_part("BODY[2.2]", "<p>html");
    ask_part("BODY[2.2.MIME]", "Content-Type: text/html\r\n\r\n");
    ask_part("BODY[3]", "AAEC\r\nAwQF");
    client_exactly(&c, "FETCH 1 BODY.PEEK[4]", "* 1 FETCH (BODY[4] NIL)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[1.HEADER]", "* 1 FETCH (BODY[1.HEADER] NIL)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[3.1.2]", "* 1 FETCH (BODY[3.1.2] NIL)\nOK FETCH done");
}

static void partials(void **state) {
    serve_append(&s, S("Subject: x\r\n\r\n0123456789"));
    client_select(&c, &s);
    client_exactly(&c, "FETCH 1 BODY.PEEK[TEXT]<2.3>", "* 1 FETCH (BODY[TEXT]<2> {3}\r\n234)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[TEXT]<8.30>", "* 1 FETCH (BODY[TEXT]<8> {2}\r\n89)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[TEXT]<10.1>", "* 1 FETCH (BODY[TEXT]<10> {0}\r\n)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[]<9223372036854775807.9223372036854775807>",
                   "* 1 FETCH (BODY[]<9223372036854775807> {0}\r\n)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY.PEEK[1]<3.2>", "* 1 FETCH (BODY[1]<3> {2}\r\n34)\nOK FETCH done");
}

static void binary(void **state) {
    serve_append(&s, str_c(nested));
    serve_append(&s, S("Content-Transfer-Encoding: x-foo\r\n\r\nabc"));
    client_select(&c, &s);
    str got = client_ask(&c, "FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[3] BINARY.PEEK[3] BINARY.PEEK[3]<1.2>)");
    str wanted = S("* 1 FETCH (BINARY[1] ~{6}\r\nsch\xc3\xb6n BINARY.SIZE[3] 6 BINARY[3] ~{6}\r\n\0\1\2\3\4\5"
                   " BINARY[3]<1> ~{2}\r\n\1\2)\nOK FETCH done");
    assert_str(got, wanted);
    client_exactly(&c, "FETCH 2 BINARY.PEEK[1]",
                   "* 2 FETCH (BINARY[1] NIL)\nNO [UNKNOWN-CTE] The part has an unknown encoding");
}

static void seen(void **state) {
    serve_fill(&s, 3);
    client_select(&c, &s);
    client_exactly(&c, "FETCH 1 (RFC822.SIZE BODY.PEEK[TEXT])",
                   "* 1 FETCH (RFC822.SIZE 48 BODY[TEXT] {8}\r\nbody 1\r\n)\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY[TEXT]", "* 1 FETCH (BODY[TEXT] {8}\r\nbody 1\r\n FLAGS (\\Seen))\nOK FETCH done");
    client_exactly(&c, "FETCH 1 BODY[TEXT]", "* 1 FETCH (BODY[TEXT] {8}\r\nbody 1\r\n)\nOK FETCH done");
    client_exactly(&c, "FETCH 2 (FLAGS RFC822.TEXT)",
                   "* 2 FETCH (FLAGS (\\Seen) RFC822.TEXT {8}\r\nbody 2\r\n)\nOK FETCH done");
    client_well(&c, "EXAMINE INBOX");
    client_exactly(&c, "FETCH 3 (FLAGS RFC822.TEXT)",
                   "* 3 FETCH (FLAGS () RFC822.TEXT {8}\r\nbody 3\r\n)\nOK FETCH done");
    client_well(&c, "ENABLE CONDSTORE");
    client_well(&c, "SELECT INBOX");
    str got = client_ask(&c, "FETCH 3 BODY[TEXT]");
    assert_true(str_find_str(got, S("FLAGS (\\Seen) MODSEQ (")) != STR_NONE);
}

static void rows(void **state) {
    serve_append(&s, str_c(nested));
    client_select(&c, &s);
    client_exactly(
        &c, "FETCH 1 ALL",
        "* 1 FETCH (FLAGS () INTERNALDATE \"14-Nov-2023 23:13:20 +0100\" RFC822.SIZE 692 ENVELOPE (\"Mon, 7 Feb 1994 "
        "21:52:25"
        " -0800\" \"=?utf-8?q?gr=C3=BC=C3=9Fe?=\" ((\"A (b) C\" NIL \"a\" \"x.test\")(NIL NIL \"list\" NIL)(NIL NIL "
        "\"d\""
        " \"y.test\")(NIL NIL \"e\" \"y.test\")(NIL NIL NIL NIL)) ((\"A (b) C\" NIL \"a\" \"x.test\")(NIL NIL \"list\" "
        "NIL)(NIL"
        " NIL \"d\" \"y.test\")(NIL NIL \"e\" \"y.test\")(NIL NIL NIL NIL)) ((\"A (b) C\" NIL \"a\" \"x.test\")(NIL NIL"
        " \"list\" NIL)(NIL NIL \"d\" \"y.test\")(NIL NIL \"e\" \"y.test\")(NIL NIL NIL NIL)) ((NIL NIL \"you\" "
        "\"z.test\")) NIL"
        " NIL NIL \"<m1@x.test>\"))\nOK FETCH done");
    str got = client_ask(&c, "FETCH 1 BODY");
    assert_true(
        str_find_str(got,
                     S("\"alternative\") 11)(\"application\" \"octet-stream\" (\"name\" \"x\") NIL NIL \"base64\" 10)"
                       " \"mixed\"))")) != STR_NONE);
    got = client_ask(&c, "UID FETCH 1 BODYSTRUCTURE");
    assert_true(str_find_str(got, S(" \"mixed\" (\"boundary\" \"outer\") NIL NIL NIL) UID 1)")) != STR_NONE);
}

static void sets(void **state) {
    serve_fill(&s, 5);
    client_select(&c, &s);
    client_exactly(&c, "FETCH 4,2:3,2 UID", "* 2 FETCH (UID 2)\n* 3 FETCH (UID 3)\n* 4 FETCH (UID 4)\nOK FETCH done");
    client_exactly(&c, "FETCH *:4 UID", "* 4 FETCH (UID 4)\n* 5 FETCH (UID 5)\nOK FETCH done");
    client_exactly(&c, "UID FETCH 9:* UID", "* 5 FETCH (UID 5)\nOK FETCH done");
    client_exactly(&c, "UID FETCH 7:9 FLAGS", "OK FETCH done");
    client_exactly(&c, "UID FETCH 2,77 FLAGS", "* 2 FETCH (FLAGS () UID 2)\nOK FETCH done");
    client_fails(&c, "FETCH 6 UID", "NO [CLIENTBUG]");
    client_fails(&c, "FETCH 0 UID", "BAD");
    client_well(&c, "SELECT Archive");
    client_exactly(&c, "FETCH 1:* UID", "OK FETCH done");
    client_exactly(&c, "UID FETCH 1:* UID", "OK FETCH done");
    client_fails(&c, "FETCH 1 UID", "NO [CLIENTBUG]");
}

static void changed_since(void **state) {
    serve_fill(&s, 4);
    client_select(&c, &s);
    uint64_t modseq = serve_look(&s, "INBOX").modseq;
    client_exactly(&c, "STORE 2 +FLAGS.SILENT (\\Seen)", "OK STORE done");
    str got = client_askf(&c, "FETCH 1:* (FLAGS) (CHANGEDSINCE %llu)", (unsigned long long)modseq);
    str wanted =
        arena_strf(&c.memory,
                   "* OK [HIGHESTMODSEQ %llu] CONDSTORE is enabled\n* 2 FETCH (FLAGS (\\Seen) MODSEQ (%llu))\nOK"
                   " FETCH done",
                   (unsigned long long)modseq + 1, (unsigned long long)modseq + 1);
    assert_str(got, wanted);
    got = client_askf(&c, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE %llu)", (unsigned long long)modseq + 1);
    assert_str(got, S("OK FETCH done"));
}

/* ---- large ones ---- */

/* A message of about n bytes whose attachment is base64 of a counter. */
static str large(size_t n, arena *a) {
    buf b, raw;
    buf_init(&b, SIZE_MAX / 4);
    buf_init(&raw, SIZE_MAX / 4);
    for (uint32_t i = 0; raw.n < n * 3 / 4; i++)
        buf_add(&raw, str_of((const char *)&i, sizeof i));
    buf_add(&b, S("Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n"
                  "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    base64_encode_lines(&b, buf_str(&raw), 76);
    buf_add(&b, S("--b--\r\n"));
    str message = arena_str(a, buf_str(&b));
    buf_free(&b);
    buf_free(&raw);
    return message;
}

static void large_bodies(void **state) {
    arena memory;
    arena_init(&memory, 256 << 20);
    str message = large(12 << 20, &memory);
    serve_append(&s, message);
    client_select(&c, &s);
    str got = client_ask(&c, "FETCH 1 (BODY.PEEK[])");
    str head = arena_strf(&memory, "* 1 FETCH (BODY[] {%zu}\r\n", message.n);
    assert_true(str_starts(got, head));
    assert_true(str_eq(str_sub(got, head.n, message.n), message));
    got = client_ask(&c, "FETCH 1 (BINARY.SIZE[2] BINARY.PEEK[2]<4000000.16>)");
    const uint32_t counters[4] = {1000000, 1000001, 1000002, 1000003};
    assert_true(str_find_str(got, str_of((const char *)counters, 16)) != STR_NONE);
    assert_true(str_find_str(got, S("BINARY.SIZE[2] 9437184 ")) != STR_NONE);
    arena_free(&memory);
}

/* A client that does not read holds up its own answers only, and the server queues little for it. */
static void slow_reader(void **state) {
    arena memory;
    arena_init(&memory, 256 << 20);
    str message = large(8 << 20, &memory);
    serve_append(&s, message);
    client_select(&c, &s);
    client_send(&c, S("a FETCH 1 BODY.PEEK[]\r\nb NOOP\r\nc UID FETCH 1 FLAGS\r\n"));
    client other;
    client_select(&other, &s);
    for (int i = 0; i < 20; i++)
        client_well(&other, "FETCH 1 FLAGS");
    client_close(&other);
    assert_true(client_rest(&c, S("a")).n > message.n);
    assert_str(client_rest(&c, S("b")), S("OK NOOP done"));
    assert_str(client_rest(&c, S("c")), S("* 1 FETCH (FLAGS () UID 1)\nOK FETCH done"));
    arena_free(&memory);
}

static void many_rows(void **state) {
    serve_fill(&s, 2300);
    client_select(&c, &s);
    client_well(&c, "STORE 1:* +FLAGS.SILENT (\\Flagged work)");
    client_well(&c, "UID STORE 5:1000 +FLAGS.SILENT (\\Deleted)");
    client_well(&c, "EXPUNGE");
    str got = client_well(&c, "UID FETCH 1:* (FLAGS ENVELOPE)");
    uint32_t uid = 0, n = 0;
    for (str line; str_cut(&got, '\n', &line) && str_starts(line, S("* ")); n++) {
        uid = uid == 4 ? 1001 : uid + 1;
        SCOPED_BUF wanted;
        buf_init(&wanted, 1000);
        buf_addf(&wanted, "* %u FETCH (FLAGS (\\Flagged work) ENVELOPE (NIL \"%u\" ", n + 1, uid);
        assert_true(str_starts(line, buf_str(&wanted)));
    }
    assert_int_equal(n, 1304);
    got = client_well(&c, "FETCH 1:* (BODY.PEEK[TEXT])");
    for (n = 0; str_casefind(got, S("FETCH (BODY[TEXT]")) != STR_NONE; n++)
        got = str_skip(got, str_casefind(got, S("FETCH (BODY[TEXT]")) + 10);
    assert_int_equal(n, 1304);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(sections), CASE(partials),      CASE(binary),       CASE(seen),        CASE(rows),
        CASE(sets),     CASE(changed_since), CASE(large_bodies), CASE(slow_reader), CASE(many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
