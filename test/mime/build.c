#include "base/utf8.h"
#include "mime/build.h"
#include "mime/part.h"
#include "mime_check.h"

/* A message built, and its tree. */
typedef struct built {
    buf out;
    build b;
    arena a;
    part_tree t;
} built;

static void begin(built *m) {
    buf_init(&m->out, 1 << 20);
    arena_init(&m->a, 1 << 20);
    build_begin(&m->b, &m->out);
}

static void end(built *m) {
    assert_true(build_end(&m->b));
    assert_false(failed(part_tree_parse(buf_str(&m->out), &m->a, &m->t)));
    assert_false(m->t.cut);
}

static void release(built *m) {
    buf_free(&m->out);
    arena_free(&m->a);
}

static void text_is(const part_tree *t, const part *p, str text) {
    SCOPED_BUF out;
    buf_init(&out, 1 << 20);
    assert_true(part_text(&out, t, p));
    assert_str(buf_str(&out), text);
}

/* Every line ends with CRLF and is at most 998 long, and nothing else ends one. */
static void check_lines(str message) {
    str line;
    while (str_cut_line(&message, &line)) {
        assert_true(str_ends(line, S("\r\n")));
        assert_true(line.n <= 1000);
        assert_true(str_find(line, '\r') == line.n - 2 && !str_has_byte(line, 0));
    }
    assert_int_equal(message.n, 0);
}

static void a_plain_message(void **state) {
    built m;
    begin(&m);
    build_header(&m.b, S("From"), S("a@b"));
    build_text_header(&m.b, S("Subject"), S("caf\xc3\xa9"));
    build_date(&m.b, (mime_date){0, 60});
    build_body_text(&m.b, S("Hello\nthere"));
    end(&m);
    assert_str(buf_str(&m.out),
               S("From: a@b\r\nSubject: =?utf-8?Q?caf=C3=A9?=\r\nDate: Thu, 01 Jan 1970 01:00:00 +0100\r\n"
                 "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\nthere\r\n"));
    release(&m);
}

static void body_is(str text, const char *encoding, str read) {
    built m;
    begin(&m);
    build_body_text(&m.b, text);
    end(&m);
    check_lines(buf_str(&m.out));
    assert_true(utf8_is_ascii(buf_str(&m.out)));
    assert_str(m.t.root->encoding, str_c(encoding));
    text_is(&m.t, m.t.root, read);
    release(&m);
}

static void bodies_are_encoded_as_they_need(void **state) {
    body_is(S(""), "7bit", S(""));
    body_is(S("a\r\n"), "7bit", S("a\r\n"));
    body_is(S("a\rb\nc\r\nd"), "7bit", S("a\r\nb\r\nc\r\nd\r\n"));
    body_is(S("ein Caf\xc3\xa9 bitte\n"), "quoted-printable", S("ein Caf\xc3\xa9 bitte\r\n"));
    body_is(S("\xe6\x97\xa5\xe6\x9c\xac"), "base64", S("\xe6\x97\xa5\xe6\x9c\xac"));
    body_is(S("a\0b and more"), "quoted-printable", S("a\0b and more\r\n"));
    body_is(S("bad \xff byte in it\n"), "quoted-printable", S("bad \xef\xbf\xbd byte in it\r\n"));
}

static void long_lines_are_wrapped(void **state) {
    SCOPED_BUF text;
    buf_init(&text, 10000);
    repeat(&text, S("x"), 998);
    buf_add(&text, S("\r\n"));
    body_is(buf_str(&text), "7bit", buf_str(&text));
    buf_clear(&text);
    repeat(&text, S("x"), 5000);
    buf_add(&text, S("\r\n"));
    body_is(buf_str(&text), "quoted-printable", buf_str(&text));
}

static void a_report(void **state) {
    built m;
    begin(&m);
    build_header(&m.b, S("To"), S("a@b"));
    build_multipart(&m.b, S("report"), S("; report-type=delivery-status"));
    build_part_text(&m.b, S("It failed: caf\xc3\xa9"));
    build_part(&m.b, S("message/delivery-status"), S("Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n"));
    build_part(&m.b, S("message/rfc822"), S("Subject: x\r\n\r\nbody without an end"));
    build_part(&m.b, S("application/octet-stream"), S("\xff"));
    end(&m);
    check_lines(buf_str(&m.out));
    const part *root = m.t.root, *one = root->first, *two = one->next, *three = two->next, *four = three->next;
    assert_str(root->subtype, S("report"));
    assert_str(header_param_get(&root->content_type, S("report-type")), S("delivery-status"));
    assert_int_equal(m.t.parts, 6);
    text_is(&m.t, one, S("It failed: caf\xc3\xa9"));
    assert_str(two->subtype, S("delivery-status"));
    assert_str(str_sub(m.t.message, two->body_at, two->body_size),
               S("Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n"));
    assert_true(three->message);
    assert_str(str_sub(m.t.message, three->body_at, three->body_size), S("Subject: x\r\n\r\nbody without an end"));
    assert_str(four->encoding, S("8bit"));
    assert_int_equal(root->body_at, header_size(m.t.message));
    release(&m);
}

static void parts_with_wild_line_ends_are_tamed(void **state) {
    built m;
    begin(&m);
    build_multipart(&m.b, S("mixed"), S(""));
    build_part(&m.b, S("message/rfc822"), S("Subject: x\n\nbare\rone\0two"));
    end(&m);
    check_lines(buf_str(&m.out));
    const part *p = m.t.root->first;
    assert_str(str_sub(m.t.message, p->body_at, p->body_size), S("Subject: x\r\n\r\nbare\r\nonetwo"));
    release(&m);
}

static void attachment_is(str name, str disposition, str read) {
    built m;
    begin(&m);
    build_multipart(&m.b, S("mixed"), S(""));
    build_attachment(&m.b, S("application/octet-stream"), name, S("\0\r\n\xff"));
    end(&m);
    check_lines(buf_str(&m.out));
    header_field f;
    SCOPED_BUF bytes;
    const part *p = m.t.root->first;
    assert_true(header_find(str_skip(m.t.message, p->header_at), S("Content-Disposition"), &f));
    assert_str(header_unfold(f.value, &m.a), disposition);
    assert_str(part_filename(p), read);
    buf_init(&bytes, 100);
    assert_true(part_decode(&bytes, &m.t, p));
    assert_str(buf_str(&bytes), S("\0\r\n\xff"));
    release(&m);
}

static void attachments(void **state) {
    attachment_is(S("a b.pdf"), S("attachment; filename=\"a b.pdf\""), S("a b.pdf"));
    attachment_is(S("a\"b\\c"), S("attachment; filename=\"a\\\"b\\\\c\""), S("a\"b\\c"));
    attachment_is(S("\xc3\xa9 '%.x"), S("attachment; filename*=utf-8''%C3%A9%20%27%25.x"), S("\xc3\xa9 '%.x"));
    attachment_is(S("a\r\nBcc: b"), S("attachment; filename*=utf-8''a%0D%0ABcc%3A%20b"), S("a  Bcc: b"));
    attachment_is(S(""), S("attachment; filename=\"\""), S(""));
}

static void nothing_can_be_injected(void **state) {
    static const str bad[] = {{"x\r\nBcc: y", 9}, {"x\n", 2}, {"x\ry", 3}, {"x\0y", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int way = 0; way < 6; way++) {
            built m;
            begin(&m);
            if (way == 0)
                build_header(&m.b, S("Subject"), bad[i]);
            else if (way == 1)
                build_header(&m.b, bad[i], S("x"));
            else if (way == 2)
                build_message_id(&m.b, bad[i]);
            else
                build_multipart(&m.b, way == 3 ? bad[i] : S("mixed"), way == 4 ? bad[i] : S(""));
            if (way == 5)
                build_part(&m.b, bad[i], S("body"));
            assert_false(build_end(&m.b));
            release(&m);
        }
    }
}

static void text_headers_stay_on_their_line(void **state) {
    built m;
    begin(&m);
    build_text_header(&m.b, S("Subject"), S("caf\xc3\xa9\r\nBcc: y\0z"));
    end(&m);
    assert_int_equal(header_count(buf_str(&m.out), S("Bcc")), 0);
    header_field f;
    assert_true(header_find(buf_str(&m.out), S("Subject"), &f));
    assert_str(header_text(f.value, &m.a), S("caf\xc3\xa9  Bcc: y z"));
    release(&m);
}

static void message_ids_are_unique_and_valid(void **state) {
    built m;
    begin(&m);
    build_message_id(&m.b, S("mail.example"));
    build_message_id(&m.b, S("[IPv6:::1]"));
    end(&m);
    str rest = buf_str(&m.out);
    header_field one, two;
    assert_true(header_next(&rest, &one) && header_next(&rest, &two));
    assert_str(one.name, S("Message-ID"));
    assert_true(str_starts(one.value, S(" <")) && str_ends(one.value, S("@mail.example>")));
    assert_true(str_ends(two.value, S("@[IPv6:::1]>")));
    assert_false(str_eq(str_sub(one.value, 0, 20), str_sub(two.value, 0, 20)));
    release(&m);
    begin(&m);
    build_message_id(&m.b, S("a>b"));
    assert_false(build_end(&m.b));
    release(&m);
    begin(&m);
    build_message_id(&m.b, S(""));
    assert_false(build_end(&m.b));
    release(&m);
}

static void a_bad_date_fails(void **state) {
    built m;
    begin(&m);
    build_date(&m.b, (mime_date){INT64_MAX, 0});
    assert_false(build_end(&m.b));
    release(&m);
}

static void over_is_told_at_the_end(void **state) {
    for (size_t max = 0; max < 300; max += 7) {
        SCOPED_BUF out;
        build b;
        buf_init(&out, max);
        build_begin(&b, &out);
        build_header(&b, S("To"), S("a@b"));
        build_multipart(&b, S("mixed"), S(""));
        build_part_text(&b,
                        S("text that is long enough to be over the maximum in any case, whatever stands before it, and "
                          "more of it, so that there is no doubt about it at all"));
        assert_false(build_end(&b));
    }
}

static void normalizes(str in, str expected) {
    SCOPED_BUF out, again;
    buf_init(&out, 1000);
    buf_init(&again, 1000);
    assert_true(crlf_normalize(&out, in));
    assert_str(buf_str(&out), expected);
    assert_true(crlf_normalize(&again, buf_str(&out)));
    assert_str(buf_str(&again), expected);
}

static void line_ends(void **state) {
    normalizes(S(""), S(""));
    normalizes(S("a"), S("a"));
    normalizes(S("a\nb"), S("a\r\nb"));
    normalizes(S("a\rb"), S("a\r\nb"));
    normalizes(S("a\r\nb"), S("a\r\nb"));
    normalizes(S("\n\r"), S("\r\n\r\n"));
    normalizes(S("\r\r\n\n"), S("\r\n\r\n\r\n"));
    normalizes(S("\0\r"), S("\0\r\n"));
}

static void texts_round_trip(void **state) {
    uint64_t seed = 53;
    for (int round = 0; round < 500; round++) {
        SCOPED_BUF text;
        buf_init(&text, 10000);
        uint32_t ascii = pick(&seed, 2);
        for (uint32_t i = pick(&seed, 200); i > 0; i--)
            buf_add(&text, ascii ? PICK(&seed, S("a"), S(" "), S("\r\n"), S("--"), S("."), S("From "), S("="))
                                 : PICK(&seed, S("\xc3\xa9"), S(" "), S("\r\n"), S("=E9"), S("\t"), S("\xe2\x82\xac"),
                                        S("word ")));
        built m;
        begin(&m);
        build_multipart(&m.b, S("mixed"), S(""));
        build_part_text(&m.b, buf_str(&text));
        build_part_text(&m.b, S("last"));
        end(&m);
        check_lines(buf_str(&m.out));
        text_is(&m.t, m.t.root->first, buf_str(&text));
        text_is(&m.t, m.t.root->last, S("last"));
        release(&m);
    }
}

static void run_normalize(str s) {
    SCOPED_BUF out;
    buf_init(&out, (size_t)1 << 27);
    assert_true(crlf_normalize(&out, s));
}

static void run_build(str s) {
    SCOPED_BUF out;
    build b;
    buf_init(&out, (size_t)1 << 27);
    build_begin(&b, &out);
    build_text_header(&b, S("Subject"), s);
    build_body_text(&b, s);
    assert_true(build_end(&b));
}

static void is_linear(void **state) {
    assert_linear(run_normalize, S(""), S("\r"), S(""));
    assert_linear(run_build, S(""), S("\n"), S(""));
    assert_linear(run_build, S(""), S("\xc3\xa9 "), S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_message),
        cmocka_unit_test(bodies_are_encoded_as_they_need),
        cmocka_unit_test(long_lines_are_wrapped),
        cmocka_unit_test(a_report),
        cmocka_unit_test(parts_with_wild_line_ends_are_tamed),
        cmocka_unit_test(attachments),
        cmocka_unit_test(nothing_can_be_injected),
        cmocka_unit_test(text_headers_stay_on_their_line),
        cmocka_unit_test(message_ids_are_unique_and_valid),
        cmocka_unit_test(a_bad_date_fails),
        cmocka_unit_test(over_is_told_at_the_end),
        cmocka_unit_test(line_ends),
        cmocka_unit_test(texts_round_trip),
        cmocka_unit_test(is_linear),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
