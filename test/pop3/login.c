#include <openssl/ssl.h>

#include "../auth/scram_client.h"
#include "../base/check.h"
#include "base/codec.h"
#include "serve.h"

static served strict;

static int start(void **state) {
    serve_start(&strict, false);
    return 0;
}

static int stop(void **state) {
    serve_stop(&strict);
    return 0;
}

static void capabilities(void **state) {
    client c;
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    client_connect(&c, strict.plain);
    client_ask(&c, "CAPA", "+OK");
    str list = client_body(&c, &a);
    assert_true(str_starts(list, S("SASL SCRAM-SHA-256\r\nSTLS\r\nUTF8 USER\r\n")));
    client_ask(&c, "stls", "+OK");
    client_tls(&c);
    client_ask(&c, "CAPA", "+OK");
    list = client_body(&c, &a);
    assert_str(
        list,
        S("USER\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\r\nUTF8 USER\r\nTOP\r\nUIDL\r\nPIPELINING\r\n"
          "RESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\nIMPLEMENTATION Godwit\r\n"));
    client_ask(&c, "STLS", "-ERR");
    client_ask(&c, "USER user@demo.test", "+OK");
    client_ask(&c, "PASS pass", "+OK");
    client_ask(&c, "CAPA", "+OK");
    list = client_body(&c, &a);
    assert_true(str_starts(list, S("TOP\r\n")));
    client_ask(&c, "STLS", "-ERR");
    client_quit(&c);
}

static void needs_tls(void **state) {
    client c;
    client_connect(&c, strict.plain);
    client_ask(&c, "USER user@demo.test", "-ERR [AUTH] Use STLS first");
    client_ask(&c, "PASS pass", "-ERR [AUTH] Use STLS first");
    client_ask(&c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "-ERR [AUTH] Use STLS first");
    client_ask(&c, "AUTH LOGIN", "-ERR [AUTH] Use STLS first");
    client_ask(&c, "STAT", "-ERR");
    client_close(&c);
}

/* RFC 2595 4 and the attack on it: what was said in the clear, before or behind STLS, is forgotten. */
static void injection(void **state) {
    client c;
    client_connect(&c, strict.plain);
    client_send(&c, S("STLS\r\nCAPA\r\nQUIT\r\n"));
    client_says(&c, "+OK");
    client_tls(&c);
    client_ask(&c, "USER user@demo.test", "+OK Send PASS");
    client_ask(&c, "PASS pass", "+OK Maildrop");
    client_quit(&c);
}

static void passwords(void **state) {
    client c;
    client_dial(&c, strict.implicit);
    client_tls(&c);
    client_says(&c, "+OK pop.demo.test");
    client_ask(&c, "PASS pass", "-ERR USER comes first");
    client_ask(&c, "USER nobody@demo.test", "+OK Send PASS");
    client_ask(&c, "PASS pass", "-ERR [AUTH] Authentication failed");
    client_ask(&c, "USER user@demo.test", "+OK Send PASS");
    client_ask(&c, "PASS guess", "-ERR [AUTH] Authentication failed");
    client_ask(&c, "PASS pass", "-ERR USER comes first");
    client_ask(&c, "USER user@demo.test", "+OK Send PASS");
    client_ask(&c, "PASS pass", "+OK Maildrop has 0 messages (0 octets)");
    client_ask(&c, "USER user@demo.test", "-ERR");
    client_quit(&c);
    home_add_password(&strict.home, S("blanks@demo.test"), S(" two  words "));
    client_dial(&c, strict.implicit);
    client_tls(&c);
    client_says(&c, "+OK");
    client_ask(&c, "USER blanks@demo.test", "+OK");
    client_ask(&c, "PASS  two  words ", "+OK");
    client_quit(&c);
}

static void connect_tls(client *c) {
    client_dial(c, strict.implicit);
    client_tls(c);
    client_says(c, "+OK");
}

static void mechanisms(void **state) {
    client c;
    connect_tls(&c);
    client_ask(&c, "AUTH", "-ERR");
    client_ask(&c, "AUTH EXTERNAL", "-ERR");
    client_ask(&c, "AUTH PLAIN !!!!", "-ERR Not base64");
    client_ask(&c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AGd1ZXNz", "-ERR [AUTH]");
    client_ask(&c, "AUTH PLAIN =", "-ERR");
    client_ask(&c, "AUTH PLAIN", "+ ");
    client_ask(&c, "*", "-ERR Authentication cancelled");
    client_ask(&c, "AUTH LOGIN", "+ VXNlcm5hbWU6");
    client_ask(&c, "dXNlckBkZW1vLnRlc3Q=", "+ UGFzc3dvcmQ6");
    client_ask(&c, "cGFzcw==", "+OK Maildrop");
    client_ask(&c, "AUTH LOGIN", "-ERR");
    client_quit(&c);
    connect_tls(&c);
    client_ask(&c, "AUTH plain AHVzZXJAZGVtby50ZXN0AHBhc3M=", "+OK Maildrop");
    client_quit(&c);
}

static void send_base64(client *c, const char *before, str message) {
    SCOPED_BUF line = {.max = 20000};
    buf_add(&line, str_c(before));
    base64_encode(&line, message);
    buf_add(&line, S("\r\n"));
    client_send(c, buf_str(&line));
}

static void receive_base64(client *c, buf *message) {
    str line = client_line(c);
    assert_true(str_starts(line, S("+ ")));
    buf_clear(message);
    assert_true(base64_decode(message, str_skip(line, 2)));
}

/* To the server's proof. */
static void prove(client *c, const char *command, const char *gs2, str binding) {
    scram_client s;
    SCOPED_BUF first = {.max = 1000}, final = {.max = 1000}, message = {.max = 1000};
    scram_client_begin(&s, str_c(gs2), S("user@demo.test"), S("pass"), S("rOprNGfwEbeRWgbNEkqO"), &first);
    send_base64(c, command, buf_str(&first));
    receive_base64(c, &message);
    assert_true(scram_client_answer(&s, buf_str(&message), binding, &final));
    send_base64(c, "", buf_str(&final));
    receive_base64(c, &message);
    assert_true(scram_client_trusts(&s, buf_str(&message)));
    scram_client_free(&s);
}

static void scram_logins(void **state) {
    client c;
    client_connect(&c, strict.plain); /* needs no TLS */
    prove(&c, "AUTH SCRAM-SHA-256 ", "n,,", S(""));
    client_ask(&c, "", "+OK Maildrop");
    client_quit(&c);

    connect_tls(&c);
    prove(&c, "AUTH SCRAM-SHA-256 ", "n,,", S(""));
    client_ask(&c, "*", "-ERR Authentication cancelled");
    client_ask(&c, "STAT", "-ERR");
    client_close(&c);
}

/* RFC 5929 and RFC 9266: each type of binding, as the client sees its connection. */
static void scram_bindings(void **state) {
    client c;
    char data[64];
    connect_tls(&c);
    assert_int_equal(
        SSL_export_keying_material(c.ssl, (unsigned char *)data, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0), 1);
    prove(&c, "AUTH SCRAM-SHA-256-PLUS ", "p=tls-exporter,,", (str){data, 32});
    client_ask(&c, "", "+OK Maildrop");
    client_quit(&c);

    connect_tls(&c);
    unsigned n = sizeof data;
    X509 *certificate = SSL_get1_peer_certificate(c.ssl);
    assert_int_equal(X509_digest(certificate, EVP_sha256(), (unsigned char *)data, &n), 1);
    X509_free(certificate);
    prove(&c, "AUTH SCRAM-SHA-256-PLUS ", "p=tls-server-end-point,,", (str){data, n});
    client_ask(&c, "", "+OK Maildrop");
    client_quit(&c);

    client_dial(&c, strict.implicit);
    client_tls_version(&c, TLS1_2_VERSION);
    client_says(&c, "+OK");
    size_t finished = SSL_get_finished(c.ssl, data, sizeof data);
    prove(&c, "AUTH SCRAM-SHA-256-PLUS ", "p=tls-unique,,", (str){data, finished});
    client_ask(&c, "", "+OK Maildrop");
    client_quit(&c);

    connect_tls(&c); /* says nothing about TLS 1.3 */
    send_base64(&c, "AUTH SCRAM-SHA-256-PLUS ", S("p=tls-unique,,n=user@demo.test,r=abc"));
    client_says(&c, "-ERR Channel binding type not supported");
    send_base64(&c, "AUTH SCRAM-SHA-256 ", S("y,,n=user@demo.test,r=abc"));
    client_says(&c, "-ERR [AUTH]");
    client_close(&c);
}

/* A line may be as long as RFC 5034 4 says, and no longer. */
static void long_responses(void **state) {
    client c;
    connect_tls(&c);
    SCOPED_BUF line = {.max = 20000};
    client_ask(&c, "AUTH PLAIN", "+ ");
    while (line.n < 12288)
        buf_add(&line, S("AAAA"));
    buf_add(&line, S("\r\n"));
    client_send(&c, buf_str(&line));
    client_says(&c, "-ERR Malformed");
    client_ask(&c, "AUTH PLAIN", "+ ");
    client_send(&c, S("AAAA"));
    client_send(&c, buf_str(&line));
    client_says(&c, "-ERR Line too long");
    client_ends(&c);
    client_close(&c);
}

static void in_use(void **state) {
    client one, two;
    connect_tls(&one);
    client_ask(&one, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "+OK");
    connect_tls(&two);
    client_ask(&two, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AHBhc3M=", "-ERR [IN-USE]");
    client_ask(&two, "USER user@demo.test", "+OK");
    client_ask(&two, "PASS pass", "-ERR [IN-USE]");
    client_ask(&one, "QUIT", "+OK");
    client_ask(&two, "USER user@demo.test", "+OK"); /* the answer to QUIT means that it is free */
    client_ask(&two, "PASS pass", "+OK");
    client_close(&one);
    client_quit(&two);
}

static void too_many_failures(void **state) {
    client c;
    connect_tls(&c);
    for (int i = 0; i < 10; i++)
        client_ask(&c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AGd1ZXNz", "-ERR [AUTH]");
    client_ask(&c, "AUTH PLAIN AHVzZXJAZGVtby50ZXN0AGd1ZXNz", "-ERR Too many errors");
    client_ends(&c);
    client_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities),      cmocka_unit_test(needs_tls),  cmocka_unit_test(injection),
        cmocka_unit_test(passwords),         cmocka_unit_test(mechanisms), cmocka_unit_test(scram_logins),
        cmocka_unit_test(scram_bindings),    cmocka_unit_test(in_use),     cmocka_unit_test(long_responses),
        cmocka_unit_test(too_many_failures),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
