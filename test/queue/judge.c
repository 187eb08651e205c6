#include "../base/check.h"

#include "queue/judge.h"

static const queue_config config = {.retry_first_s = 900, .retry_most_s = 14400, .delay_notice_s = 3600};
enum { NOW = 1000000, EXPIRES = NOW + 86400 };

static void backoff(void **state) {
    static const int64_t base[] = {900, 900, 1800, 3600, 7200, 14400, 14400, 14400};
    for (uint32_t n = 0; n < 8; n++) {
        int64_t least = INT64_MAX, most = 0;
        for (uint64_t r = 0; r < 20000; r++) {
            int64_t wait = queue_backoff(&config, n, r * 7919);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_int_equal(least, base[n] * 3 / 4);
        assert_int_equal(most, base[n] * 5 / 4);
    }
    assert_true(queue_backoff(&config, UINT32_MAX, UINT64_MAX) <= 14400 * 5 / 4);
    const queue_config odd = {.retry_first_s = 0, .retry_most_s = 0};
    assert_true(queue_backoff(&odd, 5, 3) >= 1);
    const queue_config huge = {.retry_first_s = INT64_MAX / 8, .retry_most_s = INT64_MAX / 4};
    assert_true(queue_backoff(&huge, 100, UINT64_MAX) > 0);
}

static queue_entry entry(const char *sender, unsigned notify) {
    return (queue_entry){.sender = str_c(sender), .notify = notify, .created = NOW - 100, .expires = EXPIRES};
}

static queue_said said(queue_fate fate) {
    return (queue_said){.fate = fate, .status = S("4.2.0"), .remote = S("mx"), .text = S("450 4.2.0 later")};
}

/* Who is told what: RFC 3461 4.1. */
static void notices(void **state) {
    static const struct {
        queue_fate fate;
        unsigned notify;
        bool tell;
        queue_notice notice;
    } cases[] = {
        {SAID_DELIVERED, NOTIFY_DEFAULT, false, 0},
        {SAID_DELIVERED, NOTIFY_SUCCESS, true, QUEUE_NOTICE_SUCCESS},
        {SAID_DELIVERED, NOTIFY_FAILURE | NOTIFY_DELAY, false, 0},
        {SAID_RELAYED, NOTIFY_SUCCESS, true, QUEUE_NOTICE_SUCCESS},
        {SAID_PASSED_ON, NOTIFY_SUCCESS, false, 0},
        {SAID_NEVER, NOTIFY_DEFAULT, true, QUEUE_NOTICE_FAILED},
        {SAID_NEVER, NOTIFY_FAILURE, true, QUEUE_NOTICE_FAILED},
        {SAID_NEVER, NOTIFY_SUCCESS | NOTIFY_DELAY, false, 0},
        {SAID_NEVER, NOTIFY_NEVER, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        queue_entry e = entry("anna@example.org", cases[i].notify);
        queue_said s = said(cases[i].fate);
        queue_verdict v = queue_judge(&config, &e, &s, NOW, EXPIRES, 0);
        assert_true(v.done && !v.expired);
        assert_int_equal(v.tell, cases[i].tell);
        assert_true(!v.tell || v.notice == cases[i].notice);
        e.sender = S(""); /* never in answer to nobody */
        assert_false(queue_judge(&config, &e, &s, NOW, EXPIRES, 0).tell);
    }
}

static void delays(void **state) {
    queue_entry e = entry("anna@example.org", NOTIFY_DEFAULT);
    queue_said s = said(SAID_LATER);
    assert_false(queue_judge(&config, &e, &s, NOW, EXPIRES, 0).tell); /* not late yet */
    e.created = NOW - 3600;
    queue_verdict v = queue_judge(&config, &e, &s, NOW, EXPIRES, 0);
    assert_true(!v.done && v.tell && v.notice == QUEUE_NOTICE_DELAYED);
    e.delay_notice = NOW - 5;
    assert_false(queue_judge(&config, &e, &s, NOW, EXPIRES, 0).tell); /* once */
    e.delay_notice = 0;
    e.notify = NOTIFY_FAILURE;
    assert_false(queue_judge(&config, &e, &s, NOW, EXPIRES, 0).tell);
    e.notify = NOTIFY_DELAY;
    assert_true(queue_judge(&config, &e, &s, NOW, EXPIRES, 0).tell);
    const queue_config quiet = {.retry_first_s = 900, .retry_most_s = 14400};
    assert_false(queue_judge(&quiet, &e, &s, NOW, EXPIRES, 0).tell);
}

static void next_tries(void **state) {
    queue_entry e = entry("anna@example.org", NOTIFY_DEFAULT);
    queue_said s = said(SAID_LATER);
    queue_verdict v = queue_judge(&config, &e, &s, NOW, EXPIRES, 225);
    assert_int_equal(v.next_try, NOW + 900);
    s.not_before = NOW + 5000;
    assert_int_equal(queue_judge(&config, &e, &s, NOW, EXPIRES, 225).next_try, NOW + 5000);
    s.not_before = EXPIRES + 5000;
    assert_int_equal(queue_judge(&config, &e, &s, NOW, EXPIRES, 225).next_try,
                     EXPIRES); /* the last try is at the end */
    assert_false(queue_judge(&config, &e, &s, EXPIRES - 1, EXPIRES, 225).done);
    v = queue_judge(&config, &e, &s, EXPIRES, EXPIRES, 225);
    assert_true(v.done && v.expired && v.tell && v.notice == QUEUE_NOTICE_FAILED);
}

static void words(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    queue_said s = {.status = S("4.4.1"), .remote = S(""), .text = S("mx1: no answer\r\nBcc: x")};
    assert_str(queue_history_line(&s, 0, &a), S("1970-01-01 00:00:00 UTC here: 4.4.1 mx1: no answer\\x0d\\x0aBcc: x"));
    s = said(SAID_LATER);
    assert_str(queue_words(&s, &a), S("mx: 450 4.2.0 later")); /* the status is not said twice */
    static char wide[5000];
    memset(wide, 'x', sizeof wide);
    s.text = (str){wide, sizeof wide};
    assert_true(queue_history_line(&s, 0, &a).n < 700);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff),    cmocka_unit_test(notices), cmocka_unit_test(delays),
        cmocka_unit_test(next_tries), cmocka_unit_test(words),
    };
    return cmocka_run_group_tests_name("queue_judge", tests, NULL, NULL);
}
