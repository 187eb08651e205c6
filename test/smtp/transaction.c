/* The end of a message: what a client hears when the store cannot, when accounts cannot, and what is kept then. The
 * store's door is wrapped (-Wl,--wrap=store_accept), so that it can fail on demand. */
#include "kit.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "base/log.h"
#include "smtp/session.h"

static kit k;
static _Atomic(const err *) next_failure; /* taken by the loop's thread */

err __wrap_store_accept(store *s, const principal *who, const store_accepted *m, err *results);
err __real_store_accept(store *s, const principal *who, const store_accepted *m, err *results);

err __wrap_store_accept(store *s, const principal *who, const store_accepted *m, err *results) {
    const err *e = atomic_exchange(&next_failure, NULL);
    return e ? *e : __real_store_accept(s, who, m, results);
}

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void a_failing_store_is_temporary(void **state) {
    static const struct {
        err_kind kind;
        err_what what;
        const char *answer;
    } cases[] = {
        {ERR_TEMP, ERR_FULL, "452 4.3.1 "},
        {ERR_TEMP, ERR_IO, "451 4.3.0 "},
        {ERR_TEMP, ERR_TIMEOUT, "451 4.3.0 "},
        {ERR_BUG, ERR_WHAT_OTHER, "451 4.3.0 "},
    };
    kit_open(&k);
    log_setup(LOG_LOGFMT, LOG_ERROR + 1, 2); /* these failures are meant */
    caller *c = caller_greeted(&k);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err e = err_make(cases[i].kind, cases[i].what, "Not now", "on demand");
        atomic_store(&next_failure, &e);
        caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n\r\n.\r\n", cases[i].answer);
    }
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
    caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n\r\n.\r\n", "250 2.0.0 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    caller_close(c);
}

static void lmtp_says_it_to_each(void **state) {
    k.service.role = SMTP_LMTP;
    kit_open(&k);
    log_setup(LOG_LOGFMT, LOG_ERROR + 1, 2);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<second@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    err full = err_make(ERR_TEMP, ERR_FULL, "Not now", "on demand");
    atomic_store(&next_failure, &full);
    caller_say(c, S("a: b\r\n\r\n.\r\n"));
    caller_expect(c, "452 4.3.1 <user@demo.test> ");
    caller_expect(c, "452 4.3.1 <second@demo.test> ");
    caller_close(c);
}

static void no_spool_is_temporary(void **state) {
    k.config.spool = S("/nonexistent/godwit");
    k.config.spool_least = 10;
    kit_open(&k);
    log_setup(LOG_LOGFMT, LOG_ERROR + 1, 2);
    caller *c = caller_greeted(&k);
    caller_mail(c, "a@bar.example", "user@demo.test", "Subject: long enough\r\n\r\n.\r\n", "451 4.3.0 ");
    caller_mail(c, "a@bar.example", "user@demo.test", "a: b\r\n.\r\n", "250 ");
    caller_close(c);
}

/* The only recipient is full: said at once, and nobody gets a notice. */
static void full_for_this_message(void **state) {
    queue_entry *entries;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_mail(c, "a@bar.example", "full@demo.test", "a: b\r\n\r\n.\r\n", "452 4.2.2 ");
    check_size(house_queue(&k.house, &entries), 0);
    caller_close(c);
}

/* One of two is full: 250, the other has it, and the sender hears of the one that has not. */
static void some_are_full(void **state) {
    queue_entry *entries;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<full@demo.test>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, S("Subject: to both\r\n\r\n.\r\n"));
    caller_expect(c, "250 2.0.0 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    check_size(house_queue(&k.house, &entries), 1);
    check_str(entries[0].recipient, S("a@bar.example"));
    check_str(entries[0].sender, S(""));
    caller_close(c);
}

/* Two listeners' worth of clients at once; every 250 is a message, and every message a 250. */
static void many_at_once(void **state) {
    enum { CLIENTS = 20, MAILS = 5 };
    caller *c[CLIENTS];
    kit_open(&k);
    for (size_t i = 0; i < CLIENTS; i++)
        c[i] = caller_greeted(&k);
    for (size_t m = 0; m < MAILS; m++) {
        for (size_t i = 0; i < CLIENTS; i++)
            caller_say(c[i], S("MAIL FROM:<a@bar.example>\r\nRCPT TO:<list@demo.test>\r\nRCPT "
                               "TO:<user@demo.test>\r\nBDAT 8 LAST\r\na: b\r\n\r\n"));
        for (size_t i = 0; i < CLIENTS; i++) {
            caller_expect(c[i], "250 2.1.0");
            caller_expect(c[i], "250 2.1.5");
            caller_expect(c[i], "250 2.1.5");
            caller_expect(c[i], "250 2.0.0 Ok: queued as ");
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        caller_close(c[i]);
    queue_entry *entries;
    check_size(house_inbox(&k.house, "user@demo.test"), CLIENTS * MAILS);
    check_size(house_inbox(&k.house, "second@demo.test"), CLIENTS * MAILS);
    check_size(house_queue(&k.house, &entries), CLIENTS * MAILS);
}

/* The recipients of all open transactions together have a limit; whoever ends makes room. */
static void recipients_have_one_limit(void **state) {
    const smtp_mail_params params = {.envid = S("")};
    const addr_spec nobody = {.local = S(""), .domain = S("")};
    k.config.max_recipients = LIMIT_OPEN_RECIPIENTS;
    const smtp_session session = {.service = &k.service, .policy = &smtp_policy_mx};
    smtp_inbound *all = smtp_inbound_new(&session, &nobody, &params), *other;
    for (size_t i = 0; i < LIMIT_OPEN_RECIPIENTS; i++) {
        assert_non_null(smtp_inbound_room(all));
        smtp_inbound_keep(all);
    }
    other = smtp_inbound_new(&session, &nobody, &params);
    assert_null(smtp_inbound_room(other));
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "452 4.5.3 ");
    smtp_inbound_free(all);
    assert_non_null(smtp_inbound_room(other));
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    smtp_inbound_free(other);
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_failing_store_is_temporary), TEST(lmtp_says_it_to_each), TEST(no_spool_is_temporary),
        TEST(full_for_this_message),        TEST(some_are_full),        TEST(many_at_once),
        TEST(recipients_have_one_limit),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
