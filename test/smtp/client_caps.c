#include "../base/check.h"

#include "smtp/client_caps.h"

static smtp_caps caps_of(const char *lines) {
    smtp_caps caps = {0};
    str rest = str_c(lines), line;
    while (str_cut(&rest, '\n', &line))
        smtp_caps_line(&caps, line);
    return caps;
}

static void keywords(void **state) {
    smtp_caps c = caps_of(
        "PIPELINING\n8bitmime\nSmtpUtf8\nCHUNKING\nBINARYMIME\nDSN\nSTARTTLS\nENHANCEDSTATUSCODES\nX-OTHER 1\n");
    assert_int_equal(c.bits, SMTP_CAP_PIPELINING | SMTP_CAP_8BITMIME | SMTP_CAP_SMTPUTF8 | SMTP_CAP_CHUNKING |
                                 SMTP_CAP_BINARYMIME | SMTP_CAP_DSN | SMTP_CAP_STARTTLS | SMTP_CAP_STATUS);
    assert_int_equal(caps_of("").bits, 0);
    assert_int_equal(caps_of("PIPELININGS\nXSIZE\nDS N").bits, 0);
}

static void size(void **state) {
    assert_int_equal(caps_of("SIZE 1000").size, 1000);
    assert_int_equal(caps_of("SIZE").size, 0);
    assert_int_equal(caps_of("SIZE 0").size, 0);
    assert_int_equal(caps_of("SIZE 18446744073709551615").size, UINT64_MAX);
    assert_int_equal(caps_of("SIZE 18446744073709551616").size, 0);
    assert_int_equal(caps_of("SIZE -5").size, 0);
    assert_int_equal(caps_of("SIZE -5").bits, SMTP_CAP_SIZE);
}

static void mechanisms(void **state) {
    assert_int_equal(caps_of("AUTH PLAIN login CRAM-MD5").mechanisms, SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN);
    assert_int_equal(caps_of("AUTH=LOGIN PLAIN").mechanisms, SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN);
    assert_int_equal(caps_of("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256").mechanisms,
                     SMTP_AUTH_SCRAM | SMTP_AUTH_SCRAM_PLUS);
    assert_int_equal(caps_of("AUTH SCRAM-SHA-1 PLAINER").mechanisms, 0);
    assert_int_equal(caps_of("AUTH  PLAIN ").mechanisms, SMTP_AUTH_PLAIN);
}

static void limits(void **state) {
    smtp_caps c = caps_of("LIMITS RCPTMAX=50 MAILMAX=7 RCPTDOMAINMAX=1 X= =3 RCPTMAX=x");
    assert_int_equal(c.rcpt_max, 50);
    assert_int_equal(c.mail_max, 7);
    assert_int_equal(caps_of("LIMITS RCPTMAX=0").rcpt_max, 0);
    assert_int_equal(caps_of("LIMITS").rcpt_max, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keywords),
        cmocka_unit_test(size),
        cmocka_unit_test(mechanisms),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("smtp_client_caps", tests, NULL, NULL);
}
