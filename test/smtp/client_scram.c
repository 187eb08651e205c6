#include "../base/check.h"

#include "smtp/client_scram.h"

typedef struct dialogue {
    scram_client s;
    buf first, final;
} dialogue;

static void begin(dialogue *d, str gs2, str binding, str user, str nonce) {
    scram_client_init(&d->s);
    buf_init(&d->first, SCRAM_MESSAGE);
    buf_init(&d->final, SCRAM_MESSAGE);
    assert_false(failed(scram_client_first(&d->s, gs2, binding, user, nonce, &d->first)));
}

static void end(dialogue *d) {
    scram_client_wipe(&d->s);
    buf_free(&d->first);
    buf_free(&d->final);
}

static const char server_first[] =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

/* The example of RFC 7677 3. */
static void example(void **state) {
    dialogue d;
    begin(&d, S("n,,"), S(""), S("user"), S("rOprNGfwEbeRWgbNEkqO"));
    assert_str(buf_str(&d.first), S("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    assert_false(failed(scram_client_final(&d.s, str_c(server_first), S("pencil"), &d.final)));
    assert_str(buf_str(&d.final), S("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    assert_true(scram_client_verify(&d.s, S("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
    assert_false(scram_client_verify(&d.s, S("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=")));
    assert_false(scram_client_verify(&d.s, S("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==")));
    assert_false(scram_client_verify(&d.s, S("v=")));
    assert_false(scram_client_verify(&d.s, S("e=other-error")));
    assert_false(scram_client_verify(&d.s, S("")));
    end(&d);
}

static void names_and_binding(void **state) {
    dialogue d;
    begin(&d, S("p=tls-exporter,,"), S("DATA"), S("a=b,c"), S("n"));
    assert_str(buf_str(&d.first), S("p=tls-exporter,,n=a=3Db=2Cc,r=n"));
    assert_false(failed(scram_client_final(&d.s, S("r=nX,s=AAAA,i=4096,x=later"), S("pw"), &d.final)));
    assert_true(str_starts(buf_str(&d.final), S("c=cD10bHMtZXhwb3J0ZXIsLERBVEE=,r=nX,p=")));
    end(&d);
}

static void bad_servers(void **state) {
    static const struct {
        const char *message;
        err_what what;
    } cases[] = {
        {"", ERR_SYNTAX},
        {"r=nX", ERR_SYNTAX},
        {"r=nX,s=AAAA", ERR_SYNTAX},
        {"m=must,r=nX,s=AAAA,i=4096", ERR_SYNTAX},
        {"r=n,s=AAAA,i=4096", ERR_SYNTAX}, /* nothing of its own in the nonce */
        {"r=m,s=AAAA,i=4096", ERR_SYNTAX},
        {"r=nX,s=,i=4096", ERR_SYNTAX},
        {"r=nX,s=A,i=4096", ERR_SYNTAX},
        {"r=nX,s=AAAA,i=", ERR_SYNTAX},
        {"r=nX,s=AAAA,i=-1", ERR_SYNTAX},
        {"r=nX,s=AAAA,i=1", ERR_LIMIT},
        {"r=nX,s=AAAA,i=4095", ERR_LIMIT},
        {"r=nX,s=AAAA,i=1000001", ERR_LIMIT},
        {"r=nX,s=AAAA,i=99999999999999", ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dialogue d;
        begin(&d, S("n,,"), S(""), S("user"), S("n"));
        err e = scram_client_final(&d.s, str_c(cases[i].message), S("pw"), &d.final);
        assert_int_equal(e.kind, ERR_PEER);
        assert_int_equal(e.what, cases[i].what);
        end(&d);
    }
    static char salt[400];
    memset(salt, 'A', sizeof salt);
    SCOPED_BUF message;
    buf_init(&message, 1000);
    buf_addf(&message, "r=nX,s=%.400s,i=4096", salt);
    dialogue d;
    begin(&d, S("n,,"), S(""), S("user"), S("n"));
    assert_true(failed(scram_client_final(&d.s, buf_str(&message), S("pw"), &d.final)));
    end(&d);
}

static void bad_secrets(void **state) {
    dialogue d;
    begin(&d, S("n,,"), S(""), S("user"), S("n"));
    assert_int_equal(scram_client_final(&d.s, S("r=nX,s=AAAA,i=4096"), S("a\0b"), &d.final).kind, ERR_PERM);
    end(&d);
    static char name[SCRAM_MESSAGE];
    memset(name, 'n', sizeof name);
    scram_client_init(&d.s);
    buf_init(&d.first, SCRAM_MESSAGE);
    buf_init(&d.final, SCRAM_MESSAGE);
    assert_int_equal(scram_client_first(&d.s, S("n,,"), S(""), (str){name, sizeof name}, S("n"), &d.first).kind,
                     ERR_PERM);
    end(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),
        cmocka_unit_test(names_and_binding),
        cmocka_unit_test(bad_servers),
        cmocka_unit_test(bad_secrets),
    };
    return cmocka_run_group_tests_name("smtp_client_scram", tests, NULL, NULL);
}
