#include "auth/scram.h"

#include "../base/check.h"
#include "base/codec.h"
#include "scram_client.h"

/* RFC 7677 3. */
static const str rfc_first = {"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", 32};
static const str rfc_server_nonce = {"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", 30};
#define RFC_NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
static const char rfc_server_first[] = "r=" RFC_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
static const char rfc_final[] = "c=biws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
static const char rfc_server_final[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

static scram_verifier rfc_verifier(void) {
    scram_verifier v = {.iterations = 4096, .salt_n = 16};
    SCOPED_BUF salt;
    buf_init(&salt, 100);
    assert_true(base64_decode(&salt, S("W22ZaJ0SNY7soEsUEjb6gQ==")) && salt.n == 16);
    memcpy(v.salt, salt.p, 16);
    assert_true(scram_derive(S("pencil"), &v));
    return v;
}

static err exchange(str first_message, str binding, str final_message, str *server_first, str *server_final, scram *s) {
    scram_first first;
    scram_verifier v = rfc_verifier();
    err e = scram_first_parse(first_message, &first);
    assert_int_equal(e.kind, ERR_NONE);
    scram_begin(s, &first, binding, &v, rfc_server_nonce, server_first);
    return scram_end(s, final_message, server_final);
}

static void rfc7677(void **state) {
    scram s;
    str server_first, server_final;
    err e = exchange(rfc_first, S(""), str_c(rfc_final), &server_first, &server_final, &s);
    assert_str(server_first, str_c(rfc_server_first));
    assert_int_equal(e.kind, ERR_NONE);
    assert_str(server_final, str_c(rfc_server_final));
    scram_wipe(&s);
}

static void expect(str final_message, err_what what) {
    scram s;
    str server_first, server_final = S("");
    err e = exchange(rfc_first, S(""), final_message, &server_first, &server_final, &s);
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, what);
    assert_int_equal(server_final.n, 0);
    scram_wipe(&s);
}

/* A right proof for other words is a wrong one. */
static void refuses_other_proofs(void **state) {
    expect(S("c=biws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR="), ERR_SYNTAX); /* bits left over */
    expect(S("c=biws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVA="), ERR_DENIED);
    expect(S("c=biws,r=" RFC_NONCE "x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), ERR_DENIED);
    expect(S("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), ERR_DENIED);
    expect(S("c=eSws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), ERR_DENIED);
    expect(S("c=biws,r=" RFC_NONCE ",x=y,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), ERR_DENIED);
}

/* The client's words may be honest and only its nonce (a replay) or its channel (a relay) another's. */
static void answer(str gs2, str client_binding, str our_binding, str nonce_seen, err_what what) {
    scram_client c;
    SCOPED_BUF first, final;
    buf_init(&first, 1000);
    buf_init(&final, 1000);
    scram_client_begin(&c, gs2, S("user"), S("pencil"), S("fyko+d2lbbFgONRv9qkxdawL"), &first);
    SCOPED_BUF server_first_seen;
    buf_init(&server_first_seen, 1000);
    buf_addf(&server_first_seen, "r=fyko+d2lbbFgONRv9qkxdawL%.*s,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
             STR_ARG(nonce_seen));
    assert_true(scram_client_answer(&c, buf_str(&server_first_seen), client_binding, &final));
    scram s;
    str server_first, server_final;
    err e = exchange(buf_str(&first), our_binding, buf_str(&final), &server_first, &server_final, &s);
    assert_int_equal(e.what, what);
    if (!failed(e))
        assert_true(scram_client_trusts(&c, server_final));
    scram_wipe(&s);
    scram_client_free(&c);
}

static void binds(void **state) {
    str data = S("0123456789abcdef0123456789abcdef"), other = S("0123456789abcdef0123456789abcdeF");
    answer(S("n,,"), S(""), S(""), rfc_server_nonce, ERR_WHAT_OTHER);
    answer(S("y,,"), S(""), S(""), rfc_server_nonce, ERR_WHAT_OTHER);
    answer(S("n,a=user,"), S(""), S(""), rfc_server_nonce, ERR_WHAT_OTHER);
    answer(S("p=tls-exporter,,"), data, data, rfc_server_nonce, ERR_WHAT_OTHER);
    answer(S("p=tls-exporter,,"), other, data, rfc_server_nonce, ERR_DENIED);
    answer(S("p=tls-exporter,,"), S(""), data, rfc_server_nonce, ERR_DENIED);
    answer(S("n,,"), S(""), S(""), S("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k1"), ERR_DENIED);
}

static void first_messages(void **state) {
    scram_first f;
    err e = scram_first_parse(S("p=tls-exporter,a=a=2Cb=3D,n=n=2Cm,r=abc,ext=ignored"), &f);
    assert_int_equal(e.kind, ERR_PEER); /* an extension has one letter */
    e = scram_first_parse(S("p=tls-exporter,a=a=2Cb=3D,n=n=2Cm,r=abc,x=ignored,y=too"), &f);
    assert_int_equal(e.kind, ERR_NONE);
    assert_int_equal(f.flag, SCRAM_FLAG_BOUND);
    assert_str(f.binding, S("tls-exporter"));
    assert_str(f.gs2, S("p=tls-exporter,a=a=2Cb=3D,"));
    assert_str(f.bare, S("n=n=2Cm,r=abc,x=ignored,y=too"));
    assert_str(f.nonce, S("abc"));
    SCOPED_BUF name;
    buf_init(&name, 100);
    assert_true(scram_name_decode(&name, f.authzid));
    assert_true(scram_name_decode(&name, f.name));
    assert_str(buf_str(&name), S("a,b=n,m"));

    const str bad[] = {
        S(""),
        S("n"),
        S("n,"),
        S("n,,"),
        S("n,,n=user"),
        S("n,,n=user,"),
        S("n,,n=user,r="),
        S("n,,n=,r=abc"),
        S("n,,r=abc,n=user"),
        S("n,,m=x,n=user,r=abc"),
        S("n,,n=user,r=abc,"),
        S("n,,n=user,r=abc,x"),
        S("n,,n=user,r=a c"),
        S("n,,n=us=er,r=abc"),
        S("n,,n=user=2,r=abc"),
        S("n,,n=user=2c,r=abc"),
        S("N,,n=user,r=abc"),
        S("p,,n=user,r=abc"),
        S("p=,,n=user,r=abc"),
        S("p=tls unique,,n=user,r=abc"),
        S("x,,n=user,r=abc"),
        S("n,user,n=user,r=abc"),
        S("n,a=,n=user,r=abc"),
        S("n,,n=us\0er,r=abc"),
        S("n,,n=us\xffr,r=abc"),
        S("n,,n=user,r=a\x7f"),
        S("n,,n=user,r=\xc3\xa9"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = scram_first_parse(bad[i], &f);
        assert_int_equal(e.kind, ERR_PEER);
        assert_int_equal(e.what, ERR_SYNTAX);
    }
}

static void final_messages(void **state) {
    scram_final f;
    err e = scram_final_parse(str_c(rfc_final), &f);
    assert_int_equal(e.kind, ERR_NONE);
    assert_str(f.binding, S("biws"));
    assert_str(f.nonce, S(RFC_NONCE));
    assert_str(f.unproved, S("c=biws,r=" RFC_NONCE));
    const str bad[] = {
        S(""),
        S("p="),
        S("c=biws,r=abc"),
        S("c=biws,r=abc,p="),
        S("c=biws,r=abc,p=dHzb"),
        S("c=biws,r=abc,p=!"),
        S("r=abc,c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
        S("c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
        S("c=biws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=,x=y"),
        S("c=biws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ"),
        S("c=biws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQAAA=="),
        S("p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = scram_final_parse(bad[i], &f);
        assert_int_equal(e.what, ERR_SYNTAX);
    }
}

static void limits(void **state) {
    SCOPED_BUF message;
    buf_init(&message, 10000);
    buf_add(&message, S("n,,n=user,r="));
    for (int i = 0; i < SCRAM_NONCE_MOST; i++)
        buf_add_byte(&message, 'x');
    scram_first f;
    err e = scram_first_parse(buf_str(&message), &f);
    assert_int_equal(e.kind, ERR_NONE);
    buf_add_byte(&message, 'x');
    e = scram_first_parse(buf_str(&message), &f);
    assert_int_equal(e.what, ERR_SYNTAX);
    buf_clear(&message);
    buf_add(&message, S("n,,n=user,r=x,e="));
    while (message.n < SCRAM_MESSAGE_MOST)
        buf_add_byte(&message, 'x');
    e = scram_first_parse(buf_str(&message), &f);
    assert_int_equal(e.kind, ERR_NONE);
    buf_add_byte(&message, 'x');
    e = scram_first_parse(buf_str(&message), &f);
    assert_int_equal(e.what, ERR_SYNTAX);
}

/* The longest exchange that the grammar lets through still fits everywhere. */
static void longest(void **state) {
    SCOPED_BUF name, gs2, first, final;
    buf_init(&name, 5000);
    buf_init(&gs2, 5000);
    buf_init(&first, 5000);
    buf_init(&final, 10000);
    for (int i = 0; i < 400; i++)
        buf_add(&name, S("=2C"));
    buf_addf(&gs2, "n,a=%.*s,", STR_ARG(buf_str(&name)));
    scram_client c;
    scram_client_begin(&c, buf_str(&gs2), buf_str(&name), S("pencil"), S("abc"), &first);
    scram_first parsed;
    err e = scram_first_parse(buf_str(&first), &parsed);
    assert_int_equal(e.kind, ERR_NONE);
    scram s;
    str server_first, server_final;
    scram_verifier v = rfc_verifier();
    scram_begin(&s, &parsed, S(""), &v, rfc_server_nonce, &server_first);
    assert_true(scram_client_answer(&c, server_first, S(""), &final));
    e = scram_end(&s, buf_str(&final), &server_final);
    assert_int_equal(e.kind, ERR_NONE);
    assert_true(scram_client_trusts(&c, server_final));
    scram_wipe(&s);
    scram_client_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc7677),        cmocka_unit_test(refuses_other_proofs), cmocka_unit_test(binds),
        cmocka_unit_test(first_messages), cmocka_unit_test(final_messages),       cmocka_unit_test(limits),
        cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
