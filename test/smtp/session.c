/* Lines, order, limits and clocks of a session, over real sockets. */
#include "kit.h"

#include "base/time.h"
#include "smtp/session.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

/* Ten thousand connections at rest hold ten thousand of these. */
static void small_at_rest(void **state) {
    print_message("# smtp_session: %zu bytes, smtp_inbound: %zu bytes\n", sizeof(smtp_session), sizeof(smtp_inbound));
    assert_true(sizeof(smtp_session) < 500);
}

static void a_bare_lf_ends_no_command(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_say(c, S("NOOP\n"));
    caller_expect(c, "500 5.5.2 Bare LF");
    caller_talk(c, "QUIT", "500 5.5.2 "); /* the rest of that line */
    caller_talk(c, "NOOP", "250 ");
    caller_say(c, S("MAIL FROM:<a@bar.example>\nRCPT TO:<user@demo.test>\r\nNOOP\r\n"));
    caller_expect(c, "500 ");
    caller_expect(c, "500 ");
    caller_expect(c, "250 2.0.0 Ok");
    caller_talk(c, "RCPT TO:<user@demo.test>", "503 ");
    caller_say(c, S("MAIL FROM:<a@bar.example>\rRCPT TO:<user@demo.test>\r\n"));
    caller_expect(c, "500 5.5.2 Bare CR");
    caller_say(c, S("NO\0OP\r\n"));
    caller_expect(c, "500 5.5.2 ");
    caller_talk(c, "QUIT", "221 ");
    caller_expect_end(c);
    caller_close(c);
}

/* The commands come in pieces of every size; the answers are the same. */
static void any_split_of_commands(void **state) {
    const str talk = S("EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<user@demo.test>\r\nRSET\r\nQUIT\r\n");
    kit_open(&k);
    for (size_t size = 1; size < talk.n; size = size * 2 + 1) {
        caller *c = caller_open(&k);
        caller_expect(c, "220 ");
        for (size_t at = 0; at < talk.n; at += size) {
            caller_say(c, str_sub(talk, at, size));
            usleep(500);
        }
        caller_expect(c, "250 ");
        caller_expect(c, "250 2.1.0 ");
        caller_expect(c, "250 2.1.5 ");
        caller_expect(c, "250 2.0.0 ");
        caller_expect(c, "221 ");
        caller_expect_end(c);
        caller_close(c);
    }
}

static void long_lines(void **state) {
    static char text[70000];
    memset(text, 'x', sizeof text);
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_say(c, str_of(text, 2048)); /* as long as may be, with its end apart */
    caller_say(c, S("\r\n"));
    caller_expect(c, "500 5.5.2 Command");
    caller_say(c, str_of(text, 2049));
    caller_say(c, S("\r\n"));
    caller_expect(c, "500 5.5.2 Line too long");
    for (size_t i = 0; i < 5; i++) /* far more than is ever kept */
        caller_say(c, str_of(text, sizeof text));
    caller_say(c, S("\rQUIT\nQUIT\r"));
    usleep(20000);
    caller_say(c, S("\nNOOP\r\n"));
    caller_expect(c, "500 5.5.2 Line too long");
    caller_expect(c, "250 2.0.0 Ok");
    caller_talk(c, "QUIT", "221 ");
    caller_close(c);
}

static void too_many_errors(void **state) {
    k.config.max_errors = 3;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_say(c, S("FOO\r\nRCPT TO:<no@demo.test>\r\nRCPT TO:<x@y.example>\r\nBAR\r\nNOOP\r\n"));
    caller_expect(c, "500 ");
    caller_expect(c, "550 5.1.1");
    caller_expect(c, "550 5.7.1");
    caller_expect(c, "500 ");
    caller_expect(c, "421 4.7.0 mail.demo.test Too many errors");
    caller_expect_end(c);
    caller_close(c);
    /* bare LFs count too */
    c = caller_greeted(&k);
    caller_say(c, S("a\nb\nc\nd\ne\nf\n"));
    for (size_t i = 0; i < 4; i++)
        caller_expect(c, "500 ");
    caller_expect(c, "421 ");
    caller_expect_end(c);
    caller_close(c);
}

static void too_much_junk(void **state) {
    k.config.max_junk = 4;
    kit_open(&k);
    caller *c = caller_greeted(&k); /* one */
    caller_say(c, S("NOOP\r\nRSET\r\nVRFY x\r\nHELP\r\n"));
    caller_expect(c, "250 ");
    caller_expect(c, "250 ");
    caller_expect(c, "252 ");
    caller_expect(c, "214 ");
    caller_expect(c, "421 4.7.0 ");
    caller_expect_end(c);
    caller_close(c);
    c = caller_greeted(&k); /* mail makes up for it */
    caller_talk(c, "NOOP", "250 ");
    caller_mail(c, "", "user@demo.test", "\r\n.\r\n", "250 ");
    for (size_t i = 0; i < 4; i++)
        caller_talk(c, "NOOP", "250 ");
    caller_talk(c, "NOOP", "250 ");
    caller_expect(c, "421 ");
    caller_close(c);
}

/* ---- clocks ---- */

static void turn(int64_t ms) {
    usleep(50000); /* what was said has been read */
    time_test_advance(ms);
    loop_kick();
}

static void greeting_clock(void **state) {
    kit_open(&k);
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    turn(40000);
    caller_talk(c, "NOOP", "250 "); /* does not stop it */
    turn(25000);
    caller_expect(c, "421 4.4.2 mail.demo.test Timeout");
    caller_expect_end(c);
    caller_close(c);
}

static void command_clock(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    turn(290000);
    caller_talk(c, "NOOP", "250 ");
    turn(290000);
    caller_say(c, S("NOO")); /* half a command does not stop it */
    turn(11000);
    caller_expect(c, "421 4.4.2 mail.demo.test Timeout");
    caller_expect_end(c);
    caller_close(c);
}

static void data_clock(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    turn(170000);
    caller_say(c, S("Subject: slow\r\n"));
    turn(181000);
    caller_expect(c, "421 4.4.2 mail.demo.test Timeout");
    caller_expect_end(c);
    caller_close(c);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

/* A byte now and then is no progress. */
static void trickle_clock(void **state) {
    k.config.data_total_ms = 500000;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    for (size_t i = 0; i < 4; i++) {
        caller_say(c, S("x"));
        turn(120000);
    }
    caller_say(c, S("x"));
    turn(30000);
    caller_expect(c, "421 4.4.2 mail.demo.test The message took too long");
    caller_expect_end(c);
    caller_close(c);
}

static void trickle_of_chunks(void **state) {
    k.config.data_total_ms = 500000;
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    for (size_t i = 0; i < 3; i++) {
        caller_say(c, S("BDAT 1\r\nx"));
        caller_expect(c, "250 ");
        turn(170000);
    }
    caller_say(c, S("BDAT 1\r\nx"));
    caller_expect(c, "421 4.4.2 mail.demo.test The message took too long");
    caller_expect_end(c);
    caller_close(c);
}

static void goodbye(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    listener_each(k.listener, smtp_goodbye);
    caller_expect(c, "421 4.3.2 ");
    caller_expect_end(c);
    caller_close(c);
}

static void busy(void **state) {
    k.listening.max_connections = 1;
    kit_open(&k);
    caller *c = caller_greeted(&k), *second = caller_open(&k);
    caller_expect(second, "421 4.3.2 Too many connections");
    caller_expect_end(second);
    caller_close(second);
    caller_talk(c, "NOOP", "250 ");
    caller_close(c);
}

/* Whatever moment a client chooses to vanish, nothing is left and nothing is accepted. */
static void gone_at_every_byte(void **state) {
    const str talk = S("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<user@demo.test>\r\nBDAT 3\r\nabcDATA\r\nBDAT 4\r\nab");
    kit_open(&k);
    for (size_t n = 0; n <= talk.n; n++) {
        caller *c = caller_open(&k);
        caller_say(c, str_sub(talk, 0, n));
        caller_close(c);
    }
    for (size_t i = 0; i < 5000 && listener_connections(k.listener); i++)
        usleep(1000);
    check_size(listener_connections(k.listener), 0);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_at_rest),
        TEST(a_bare_lf_ends_no_command),
        TEST(any_split_of_commands),
        TEST(long_lines),
        TEST(too_many_errors),
        TEST(too_much_junk),
        TEST(greeting_clock),
        TEST(command_clock),
        TEST(data_clock),
        TEST(trickle_clock),
        TEST(trickle_of_chunks),
        TEST(goodbye),
        TEST(busy),
        TEST(gone_at_every_byte),
    };
    return cmocka_run_group_tests(tests, kit_loops_start, kit_loops_stop);
}
