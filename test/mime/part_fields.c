#include "mime/part_fields.h"
#include "mime_check.h"

static void read_root(part *p, arena *a, const char *header) {
    *p = (part){0};
    assert_true(part_fields_read(p, str_c(header), a));
}

static void type_is(const char *header, const char *type, const char *subtype) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a, header);
    assert_str(p.type, str_c(type));
    assert_str(p.subtype, str_c(subtype));
}

static void types(void **state) {
    type_is("Content-Type: text/html\r\n\r\n", "text", "html");
    type_is("content-type:Image/PNG; name=x\r\n\r\n", "Image", "PNG");
    type_is("Content-Type: (a) application (b) / (c) pdf (d)\r\n\r\n", "text", "plain");
    type_is("Content-Type: application /\r\n pdf\r\n\r\n", "application", "pdf");
    type_is("Content-Type: text/html charset=utf-8\r\n\r\n", "text", "html");
}

/* RFC 2045 5.2: what says nothing, or nothing that can be read, is text. */
static void defaults(void **state) {
    static const char *const headers[] = {"",
                                          "\r\n",
                                          "Subject: x\r\n\r\n",
                                          "Content-Type:\r\n\r\n",
                                          "Content-Type: html\r\n\r\n",
                                          "Content-Type: text/\r\n\r\n",
                                          "Content-Type: /html\r\n\r\n",
                                          "Content-Type: ; charset=utf-8\r\n\r\n",
                                          "Content-Type: multipart/mixed\r\n\r\n"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        type_is(headers[i], "text", "plain");
}

static void a_part_of_a_digest_is_a_message(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    part digest = {.type = S("multipart"), .subtype = S("Digest"), .multipart = true};
    part p = {.parent = &digest};
    assert_true(part_fields_read(&p, S("\r\n"), &a));
    assert_str(p.subtype, S("rfc822"));
    p = (part){.parent = &digest};
    assert_true(part_fields_read(&p, S("Content-Type: text/html\r\n\r\n"), &a));
    assert_str(p.subtype, S("html"));
}

static void encoding_is(const char *header, const char *encoding) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a, header);
    assert_str(p.encoding, str_c(encoding));
}

static void encodings(void **state) {
    encoding_is("Content-Transfer-Encoding: Base64\r\n\r\n", "Base64");
    encoding_is("Content-Transfer-Encoding: (x) 8bit (y)\r\n\r\n", "8bit");
    encoding_is("Content-Transfer-Encoding:\r\n\r\n", "7BIT");
    encoding_is("Content-Transfer-Encoding: \"base64\"\r\n\r\n", "7BIT");
    encoding_is("\r\n", "7BIT");
}

static void plain_fields_are_unfolded(void **state) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a,
              "Content-ID: <a@b>\r\nContent-Description: a\r\n b \r\nContent-MD5: x==\r\n"
              "Content-Language: en, de\r\nContent-Location: http://x/\r\n\r\n");
    assert_str(p.id, S("<a@b>"));
    assert_str(p.description, S("a b"));
    assert_str(p.md5, S("x=="));
    assert_str(p.language, S("en, de"));
    assert_str(p.location, S("http://x/"));
    read_root(&p, &a, "Subject: x\r\n\r\nContent-ID: body\r\n");
    assert_true(!p.id.p && !p.description.p && !p.md5.p && !p.language.p && !p.location.p);
    assert_int_equal(p.disposition.value.n, 0);
}

static void of_two_fields_the_first_counts(void **state) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a,
              "Content-Type: text/html\r\nContent-Type: text/css\r\nContent-ID: 1\r\nContent-ID: 2\r\n"
              "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: base64\r\n"
              "Content-Disposition: inline\r\nContent-Disposition: attachment\r\n\r\n");
    assert_str(p.subtype, S("html"));
    assert_str(p.id, S("1"));
    assert_str(p.encoding, S("8bit"));
    assert_str(p.disposition.value, S("inline"));
}

static void boundary_is(const char *header, const char *boundary) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a, header);
    assert_str(part_fields_boundary(&p), str_c(boundary));
}

static void boundaries(void **state) {
    boundary_is("Content-Type: multipart/mixed; boundary=abc\r\n\r\n", "abc");
    boundary_is("Content-Type: multipart/mixed; boundary=\"a b \"\r\n\r\n", "a b");
    boundary_is("Content-Type: Multipart/x; Boundary=\"=?utf-8?q?a?=\"\r\n\r\n", "=?utf-8?q?a?=");
    boundary_is("Content-Type: multipart/mixed; boundary*=us-ascii''a%20b\r\n\r\n", "a b");
    boundary_is("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\r\n\r\n", "ab");
    boundary_is("Content-Type: text/plain; boundary=abc\r\n\r\n", "");
}

static bool opens(const char *header) {
    SCOPED_ARENA a;
    part p;
    arena_init(&a, 10000);
    read_root(&p, &a, header);
    return part_fields_open_message(&p);
}

static void messages(void **state) {
    assert_true(opens("Content-Type: message/rfc822\r\n\r\n"));
    assert_true(opens("Content-Type: Message/RFC822\r\nContent-Transfer-Encoding: BINARY\r\n\r\n"));
    assert_true(opens("Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"));
    assert_false(opens("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    assert_false(opens("Content-Type: message/delivery-status\r\n\r\n"));
    assert_false(opens("Content-Type: text/rfc822\r\n\r\n"));
}

static void a_spent_arena_is_told(void **state) {
    for (size_t max = 0; max < 64; max++) {
        SCOPED_ARENA a;
        part p = {0};
        arena_init(&a, max);
        assert_false(part_fields_read(&p, S("Content-Type: text/plain; x=y; z=w\r\nContent-ID: a\r\n b\r\n\r\n"), &a));
        part_fields_opaque(&p);
        assert_true(p.type.n && p.subtype.n && p.encoding.n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(defaults),
        cmocka_unit_test(a_part_of_a_digest_is_a_message),
        cmocka_unit_test(encodings),
        cmocka_unit_test(plain_fields_are_unfolded),
        cmocka_unit_test(of_two_fields_the_first_counts),
        cmocka_unit_test(boundaries),
        cmocka_unit_test(messages),
        cmocka_unit_test(a_spent_arena_is_told),
    };
    return cmocka_run_group_tests_name("part_fields", tests, NULL, NULL);
}
