#include <openssl/ssl.h>

#include "../auth/scram_client.h"
#include "base/codec.h"
#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    client_connect(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void by_password(void **state) {
    client_fails(&c, "LOGIN user@demo.test", "BAD");
    client_fails(&c, "LOGIN user@demo.test pass more", "BAD");
    client_fails(&c, "LOGIN user@demo.test wrong", "NO [AUTHENTICATIONFAILED]");
    client_fails(&c, "LOGIN nobody@demo.test pass", "NO [AUTHENTICATIONFAILED]");
    client_fails(&c, "LOGIN \"%s${x}\" \"%n\"", "NO [AUTHENTICATIONFAILED]");
    client_fails(&c, "LOGIN \"user@demo.test' OR 1=1 --\" pass", "NO [AUTHENTICATIONFAILED]");
    str got = client_well(&c, "LOGIN \"user@demo.test\" {4+}\r\npass");
    assert_true(str_find_str(got, S("OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ")) != STR_NONE);
}

static void by_sasl(void **state) {
    client_fails(&c, "AUTHENTICATE", "BAD");
    client_fails(&c, "AUTHENTICATE NOPE", "NO [CANNOT]");
    client_fails(&c, "AUTHENTICATE PLAIN !!!", "BAD");
    client_fails(&c, "AUTHENTICATE PLAIN =", "NO");
    client_fails(&c, "AUTHENTICATE PLAIN AHVzZXJAZGVtby50ZXN0AHdyb25n", "NO [AUTHENTICATIONFAILED]");
    client_send(&c, S("a AUTHENTICATE PLAIN\r\n"));
    client_says(&c, "+ ");
    client_send(&c, S("*\r\n"));
    assert_str(client_rest(&c, S("a")), S("BAD Cancelled"));
    client_send(&c, S("b AUTHENTICATE PLAIN\r\n"));
    client_says(&c, "+ ");
    client_send(&c, S("x {3}\r\n"));
    assert_str(client_rest(&c, S("b")), S("BAD Cancelled"));
    client_send(&c, S("c AUTHENTICATE PLAIN\r\nAHVzZXJAZGVtby50ZXN0AHBhc3M=\r\nd NAMESPACE\r\n"));
    str got = client_rest(&c, S("d"));
    assert_true(str_starts(got, S("+ \nc OK [CAPABILITY ")) && str_ends(got, S("OK NAMESPACE done")));
}

static void two_questions(void **state) {
    client_send(&c, S("a AUTHENTICATE LOGIN\r\n"));
    client_says(&c, "+ ");
    client_send(&c, S("dXNlckBkZW1vLnRlc3Q=\r\n"));
    client_says(&c, "+ ");
    client_send(&c, S("cGFzcw==\r\n"));
    assert_true(str_starts(client_rest(&c, S("a")), S("OK [CAPABILITY ")));
}

static void send_base64(const char *before, const buf *bytes) {
    SCOPED_BUF line;
    buf_init(&line, 4096);
    buf_add(&line, str_c(before));
    base64_encode(&line, buf_str(bytes));
    buf_add(&line, S("\r\n"));
    client_send(&c, buf_str(&line));
}

static void receive_base64(buf *out) {
    buf_clear(out);
    assert_true(base64_decode(out, str_skip(client_says(&c, "+ "), 2)));
}

/* SCRAM-SHA-256 with the server's proof as a last challenge; with -PLUS bound to the TLS it runs in. */
static void prove(const char *mechanism, const char *gs2, str binding) {
    scram_client m;
    SCOPED_BUF first, last, message;
    buf_init(&first, 1000);
    buf_init(&last, 1000);
    buf_init(&message, 1000);
    scram_client_begin(&m, str_c(gs2), S("user@demo.test"), S("pass"), S("rOprNGfwEbeRWgbNEkqO"), &first);
    send_base64(mechanism, &first);
    receive_base64(&message);
    assert_true(scram_client_answer(&m, buf_str(&message), binding, &last));
    send_base64("", &last);
    receive_base64(&message);
    assert_true(scram_client_trusts(&m, buf_str(&message)));
    client_send(&c, S("\r\n"));
    assert_true(str_starts(client_rest(&c, S("a")), S("OK [CAPABILITY ")));
    scram_client_free(&m);
}

static void by_scram(void **state) {
    prove("a AUTHENTICATE SCRAM-SHA-256 ", "n,,", S(""));
    client_well(&c, "SELECT INBOX");
}

static void by_scram_plus(void **state) {
    unsigned char data[32];
    client_well(&c, "STARTTLS");
    client_tls(&c);
    assert_int_equal(SSL_export_keying_material(c.ssl, data, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0), 1);
    prove("a AUTHENTICATE SCRAM-SHA-256-PLUS ", "p=tls-exporter,,", str_of((char *)data, 32));
    client_well(&c, "SELECT INBOX");
}

/* Nobody sees what is another's: names mean the own account's mailboxes, and there is no other way to name one. */
static void strangers_mail(void **state) {
    home_add_password(&s.home, S("other@demo.test"), S("pass"));
    client_well(&c, "LOGIN user@demo.test pass");
    client_well(&c, "CREATE secret");
    serve_append_to(&s, "secret", S("Subject: secret\r\n\r\n"), 0);
    serve_append(&s, S("Subject: mine\r\n\r\n"));
    client other;
    client_connect(&other, &s);
    client_well(&other, "LOGIN other@demo.test pass");
    static const char *const refused[] = {"SELECT secret",        "EXAMINE secret",  "STATUS secret (MESSAGES)",
                                          "DELETE secret",        "RENAME secret x", "SELECT user@demo.test",
                                          "SELECT ../user/secret"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        client_fails(&other, refused[i], "NO");
    client_exactly(&other, "LIST \"\" sec*", "OK LIST done");
    client_exactly(&other, "LSUB \"\" sec*", "OK LSUB done");
    client_well(&other, "SELECT INBOX");
    client_exactly(&other, "UID FETCH 1:* (UID BODY[])", "OK FETCH done");
    client_exactly(&other, "UID SEARCH TEXT secret", "* SEARCH\nOK SEARCH done");
    client_exactly(&other, "UID COPY 1 Trash", "OK COPY done, there was nothing to do");
    client_fails(&other, "UID COPY 1 secret", "NO [TRYCREATE]");
    client_fails(&other, "APPEND secret {3+}\r\nabc", "NO [TRYCREATE]");
    client_close(&other);
    client_exactly(&c, "STATUS secret (MESSAGES)", "* STATUS \"secret\" (MESSAGES 1)\nOK STATUS done");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(by_password), CASE(by_sasl),       CASE(two_questions),
                                       CASE(by_scram),    CASE(by_scram_plus), CASE(strangers_mail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
