/* Parameters of MAIL and RCPT, and xtext: src/smtp/params.c. */
#include "smtp/grammar.h"
#include "store/store.h"

#include "../base/check.h"

static err mail_params(const char *text, smtp_mail_params *out) { return smtp_mail_params_parse(str_c(text), out); }
static err rcpt_params(const char *text, smtp_rcpt_params *out) { return smtp_rcpt_params_parse(str_c(text), out); }

static void walks_parameters(void **state) {
    str rest = S(" A=1  B C-D=e@f<>  ");
    smtp_param p;
    assert_int_equal(smtp_param_take(&rest, &p), SMTP_PARAM_ONE);
    assert_str(p.keyword, S("A"));
    assert_str(p.value, S("1"));
    assert_int_equal(smtp_param_take(&rest, &p), SMTP_PARAM_ONE);
    assert_str(p.keyword, S("B"));
    assert_null(p.value.p);
    assert_int_equal(smtp_param_take(&rest, &p), SMTP_PARAM_ONE);
    assert_str(p.keyword, S("C-D"));
    assert_str(p.value, S("e@f<>"));
    assert_int_equal(smtp_param_take(&rest, &p), SMTP_PARAM_END);
}

static void refuses_bad_parameters(void **state) {
    static const char *const bad[] = {"A=1",      " =1",    " A=",   " -A=1",       " A=1=2",
                                      " A=1\x01", " A_B=1", " A =1", " \xc3\xa4=1", " A=\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        str rest = str_c(bad[i]);
        smtp_param p;
        smtp_param_next next;
        while ((next = smtp_param_take(&rest, &p)) == SMTP_PARAM_ONE)
            ;
        assert_int_equal(next, SMTP_PARAM_BAD);
    }
}

static void mail_all_parameters(void **state) {
    smtp_mail_params p;
    assert_false(failed(mail_params("", &p)));
    assert_int_equal(p.size, 0);
    assert_int_equal(p.body, SMTP_BODY_7BIT);
    assert_false(failed(mail_params(" size=12345 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ314159+2B AUTH=<>", &p)));
    assert_int_equal(p.size, 12345);
    assert_int_equal(p.body, SMTP_BODY_8BITMIME);
    assert_true(p.smtputf8 && p.ret_headers);
    assert_str(p.envid, S("QQ314159+2B"));
    assert_str(p.auth, S("<>"));
    assert_false(failed(mail_params(" BODY=BINARYMIME RET=FULL SIZE=18446744073709551615", &p)));
    assert_int_equal(p.body, SMTP_BODY_BINARYMIME);
    assert_false(p.ret_headers);
    assert_true(p.size == UINT64_MAX);
}

static void mail_refusals(void **state) {
    static const struct {
        const char *text;
        err_what what;
    } bad[] = {
        {" SIZE=", ERR_SYNTAX},
        {" SIZE", ERR_SYNTAX},
        {" SIZE=-1", ERR_SYNTAX},
        {" SIZE=1 SIZE=1", ERR_SYNTAX},
        {" SIZE=18446744073709551616", ERR_SYNTAX},
        {" SIZE=000000000000000000001", ERR_SYNTAX},
        {" BODY=9BIT", ERR_SYNTAX},
        {" BODY", ERR_SYNTAX},
        {" SMTPUTF8=yes", ERR_SYNTAX},
        {" RET=SOME", ERR_SYNTAX},
        {" RET", ERR_SYNTAX},
        {" ENVID=", ERR_SYNTAX},
        {" ENVID", ERR_SYNTAX},
        {" ENVID=a+0D+0Ab", ERR_SYNTAX},
        {" ENVID=a+", ERR_SYNTAX},
        {" ENVID=a+4", ERR_SYNTAX},
        {" ENVID=a+ZZ", ERR_SYNTAX},
        {" AUTH", ERR_SYNTAX},
        {" AUTH=a+00b", ERR_SYNTAX},
        {" FOO=1", ERR_UNSUPPORTED},
        {" NOTIFY=NEVER", ERR_UNSUPPORTED},
        {" SIZE=1\tBODY=7BIT=", ERR_SYNTAX},
    };
    smtp_mail_params p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err e = mail_params(bad[i].text, &p);
        assert_int_equal(e.kind, ERR_PEER);
        assert_int_equal(e.what, bad[i].what);
    }
    char envid[120] = " ENVID=";
    memset(envid + 7, 'x', 101);
    assert_true(failed(mail_params(envid, &p)));
    envid[107] = 0;
    assert_false(failed(mail_params(envid, &p)));
}

static void rcpt_all_parameters(void **state) {
    smtp_rcpt_params p;
    assert_false(failed(rcpt_params("", &p)));
    assert_int_equal(p.notify, NOTIFY_DEFAULT);
    assert_false(failed(rcpt_params(" NOTIFY=SUCCESS,failure,Delay ORCPT=rfc822;Bob+40b.example", &p)));
    assert_int_equal(p.notify, NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY);
    assert_str(p.orcpt, S("rfc822;Bob+40b.example"));
    assert_false(failed(rcpt_params(" NOTIFY=NEVER", &p)));
    assert_int_equal(p.notify, NOTIFY_NEVER);
}

static void rcpt_refusals(void **state) {
    static const char *const syntax[] = {
        " NOTIFY=",
        " NOTIFY",
        " NOTIFY=NEVER,SUCCESS",
        " NOTIFY=SUCCESS,SUCCESS",
        " NOTIFY=SUCCESS,",
        " NOTIFY=,",
        " NOTIFY=ALWAYS",
        " NOTIFY=NEVER NOTIFY=NEVER",
        " ORCPT=bob",
        " ORCPT=;bob",
        " ORCPT=rfc822;",
        " ORCPT=rfc822;a+0D+0AQUIT",
        " ORCPT=r f",
        " ORCPT",
        " ORCPT=rfc822;a ORCPT=rfc822;b",
        " ORCPT=rfc@822;a",
        " ORCPT=rfc822;\xc3\xa4@b",
        " ORCPT=utf-8;a\\x{0A}b",
        " ORCPT=utf-8;a\\x{D800}",
        " ORCPT=utf-8;a\\x{110000}",
        " ORCPT=utf-8;a\\x{}",
        " ORCPT=utf-8;a\\x{41",
        " ORCPT=utf-8;a\\41",
        " ORCPT=utf-8;\xff",
        " ORCPT=utf-8;\xe2\x80\xa8",
    };
    smtp_rcpt_params p;
    for (size_t i = 0; i < sizeof syntax / sizeof *syntax; i++)
        assert_int_equal(rcpt_params(syntax[i], &p).what, ERR_SYNTAX);
    assert_int_equal(rcpt_params(" SIZE=1", &p).what, ERR_UNSUPPORTED);
}

static void xtext_round_trip(void **state) {
    SCOPED_BUF text, back;
    char all[96];
    for (size_t i = 0; i < 95; i++)
        all[i] = (char)(' ' + i);
    buf_init(&text, 1000);
    buf_init(&back, 1000);
    assert_true(smtp_xtext_encode(&text, str_of(all, 95)));
    assert_false(str_has_byte(buf_str(&text), ' ') || str_has_byte(buf_str(&text), '='));
    assert_true(smtp_xtext_decode(&back, buf_str(&text)));
    assert_str(buf_str(&back), str_of(all, 95));
    buf_clear(&back);
    assert_true(smtp_xtext_decode(&back, S("a+3d+2Bb")));
    assert_str(buf_str(&back), S("a=+b"));
}

static void original_recipients(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"rfc822;a+2Bb@c", "rfc822;a+b@c"},
        {"X400;c+3Dus", "X400;c=us"},
        {"utf-8;j\\x{F6}rg@b", "utf-8;j\xc3\xb6rg@b"},
        {"UTF-8;j\xc3\xb6rg@b", "UTF-8;j\xc3\xb6rg@b"},
        {"utf-8;a+b@c", "utf-8;a+b@c"},
        {"utf-8;\\x{5C}@c", "utf-8;\\@c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_BUF out;
        buf_init(&out, 500);
        assert_true(smtp_orcpt_decode(&out, str_c(cases[i].in)));
        assert_str(buf_str(&out), str_c(cases[i].out));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_parameters),    cmocka_unit_test(refuses_bad_parameters),
        cmocka_unit_test(mail_all_parameters), cmocka_unit_test(mail_refusals),
        cmocka_unit_test(rcpt_all_parameters), cmocka_unit_test(rcpt_refusals),
        cmocka_unit_test(xtext_round_trip),    cmocka_unit_test(original_recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
