#include "mail/mail.h"

#include "../base/check.h"

/* Every kind of error has a code of the right class: the peer's faults are final, but for a full mailbox; ours are not.
 */
static void classes(void **state) {
    for (int what = ERR_WHAT_OTHER; what <= ERR_TLS; what++) {
        for (int kind = ERR_NONE; kind <= ERR_BUG; kind++) {
            err e = {.kind = (err_kind)kind, .what = (err_what)what};
            const char *status = mail_status(&e);
            char expected = kind == ERR_NONE                                                ? '2'
                            : kind == ERR_TEMP || kind == ERR_BUG || what == ERR_OVER_QUOTA ? '4'
                                                                                            : '5';
            assert_int_equal(status[0], expected);
            assert_int_equal(strlen(status), 5);
        }
    }
}

static void words_of_the_rules(void **state) {
    err e = {.kind = ERR_PEER, .what = ERR_NOT_FOUND};
    assert_string_equal(mail_status(&e), "5.1.1");
    e.what = ERR_DENIED;
    assert_string_equal(mail_status(&e), "5.7.1");
    e.what = ERR_OVER_QUOTA;
    assert_string_equal(mail_status(&e), "4.2.2");
    e = (err){.kind = ERR_TEMP, .what = ERR_FULL};
    assert_string_equal(mail_status(&e), "4.3.1");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(classes), cmocka_unit_test(words_of_the_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
