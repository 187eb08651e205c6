#include "mail/received.h"

#include "mime/header.h"

#include "../base/check.h"

static const mail_config config = {.host = {"mx.demo.test", 12}};
static const int64_t noon = 1768478400; /* Thu, 15 Jan 2026 12:00:00 +0000 */

static str print(buf *out, const mail_trace *t, const char *to) {
    mail_recipient recipients[2] = {{.address = str_c(to)}, {.address = S("other@demo.test")}};
    mail_envelope e = {.id = "abc123", .recipients = recipients, .recipients_n = to ? 1 : 2};
    buf_init(out, 10000);
    received_print(out, &config, &e, t, noon);
    /* Whatever is in it, it is one field, and nothing behind it. */
    header_field field;
    str rest = buf_str(out);
    assert_true(header_next(&rest, &field));
    assert_str(field.name, S("Received"));
    assert_int_equal(rest.n, 0);
    assert_true(str_ends(field.value, S(" +0000")));
    return field.value;
}

static int in_greenwich(void **state) { return setenv("TZ", "UTC", 1); }

static void all_the_words(void **state) {
    SCOPED_BUF out;
    addr client;
    assert_true(addr_parse(S("192.0.2.1"), &client));
    mail_trace t = {.client = &client,
                    .client_name = S("out.example.org"),
                    .helo = S("example.org"),
                    .protocol = S("ESMTPS"),
                    .tls = S("TLSv1.3 TLS_AES_256_GCM_SHA384")};
    assert_str(print(&out, &t, "user@demo.test"),
               S(" from example.org (out.example.org [192.0.2.1])\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n\t"
                 "by mx.demo.test (Godwit) with ESMTPS id abc123\r\n\tfor <user@demo.test>;\r\n\tThu, 15 Jan 2026 "
                 "12:00:00 +0000"));
}

static void no_for_with_several(void **state) {
    SCOPED_BUF out;
    addr client;
    assert_true(addr_parse(S("2001:db8::1"), &client));
    mail_trace t = {.client = &client, .helo = S("[192.0.2.9]"), .protocol = S("SMTP")};
    assert_str(print(&out, &t, NULL),
               S(" from [192.0.2.9] ([IPv6:2001:db8::1])\r\n\tby mx.demo.test (Godwit) with SMTP id abc123;\r\n\t"
                 "Thu, 15 Jan 2026 12:00:00 +0000"));
}

static void no_client(void **state) {
    SCOPED_BUF out;
    addr path = {.family = ADDR_UNIX};
    mail_trace t = {0};
    assert_str(print(&out, &t, NULL),
               S(" by mx.demo.test (Godwit) with local id abc123;\r\n\tThu, 15 Jan 2026 12:00:00 +0000"));
    buf_free(&out);
    t = (mail_trace){.client = &path, .helo = S("relay"), .protocol = S("LMTP")};
    assert_str(print(&out, &t, NULL), S(" from relay (local)\r\n\tby mx.demo.test (Godwit) with LMTP id "
                                        "abc123;\r\n\tThu, 15 Jan 2026 12:00:00 +0000"));
}

/* What a client says of itself stays in its place. */
static void hostile_names(void **state) {
    static const char *const names[] = {"a(b", "a\r\nX: y", "x;y", "<a@b>", "\"", "a\\", "", "\xc3\xa4", "a b", "x)"};
    addr client;
    assert_true(addr_parse(S("192.0.2.1"), &client));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SCOPED_BUF out;
        mail_trace t = {.client = &client,
                        .helo = str_c(names[i]),
                        .client_name = str_c(names[i]),
                        .protocol = str_c(names[i]),
                        .tls = str_c(names[i])};
        str value = print(&out, &t, "user@demo.test");
        assert_true(str_starts(value, S(" from unknown ([192.0.2.1])")));
        assert_int_equal(header_count(buf_str(&out), S("X")), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_the_words),
        cmocka_unit_test(no_for_with_several),
        cmocka_unit_test(no_client),
        cmocka_unit_test(hostile_names),
    };
    return cmocka_run_group_tests(tests, in_greenwich, NULL);
}
