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
    print_message("smtp_session: %zu bytes, smtp_inbound: %zu bytes\n", sizeof(smtp_session), sizeof(smtp_inbound));
    assert_true(sizeof(smtp_session) < 500);
}

static void a_bare_lf_ends_no_command(void **state) {
    kit_open(&k);
    client *c = client_greeted(&k);
    client_say(c, S("NOOP\n"));
    client_expect(c, "500 5.5.2 Bare LF");
    client_talk(c, "QUIT", "500 5.5.2 "); /* the rest of that line */
    client_talk(c, "NOOP", "250 ");
    client_say(c, S("MAIL FROM:<a@bar.example>\nRCPT TO:<user@demo.test>\r\nNOOP\r\n"));
    client_expect(c, "500 ");
    client_expect(c, "500 ");
    client_expect(c, "250 2.0.0 Ok");
    client_talk(c, "RCPT TO:<user@demo.test>", "503 ");
    client_say(c, S("MAIL FROM:<a@bar.example>\rRCPT TO:<user@demo.test>\r\n"));
    client_expect(c, "500 5.5.2 Bare CR");
    client_say(c, S("NO\0OP\r\n"));
    client_expect(c, "500 5.5.2 ");
    client_talk(c, "QUIT", "221 ");
    client_expect_end(c);
    client_close(c);
}

/* The commands come in pieces of every size; the answers are the same. */
static void any_split_of_commands(void **state) {
    const str talk = S("EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<user@demo.test>\r\nRSET\r\nQUIT\r\n");
    kit_open(&k);
    for (size_t size = 1; size < talk.n; size = size * 2 + 1) {
        client *c = client_open(&k);
        client_expect(c, "220 ");
        for (size_t at = 0; at < talk.n; at += size) {
            client_say(c, str_sub(talk, at, size));
            usleep(500);
        }
        client_expect(c, "250 ");
        client_expect(c, "250 2.1.0 ");
        client_expect(c, "250 2.1.5 ");
        client_expect(c, "250 2.0.0 ");
        client_expect(c, "221 ");
        client_expect_end(c);
        client_close(c);
    }
}

static void long_lines(void **state) {
    static char text[70000];
    memset(text, 'x', sizeof text);
    kit_open(&k);
    client *c = client_greeted(&k);
    client_say(c, str_of(text, 2048)); /* as long as may be, with its end apart */
    client_say(c, S("\r\n"));
    client_expect(c, "500 5.5.2 Command");
    client_say(c, str_of(text, 2049));
    client_say(c, S("\r\n"));
    client_expect(c, "500 5.5.2 Line too long");
    for (size_t i = 0; i < 5; i++) /* far more than is ever kept */
        client_say(c, str_of(text, sizeof text));
    client_say(c, S("\rQUIT\nQUIT\r"));
    usleep(20000);
    client_say(c, S("\nNOOP\r\n"));
    client_expect(c, "500 5.5.2 Line too long");
    client_expect(c, "250 2.0.0 Ok");
    client_talk(c, "QUIT", "221 ");
    client_close(c);
}

static void too_many_errors(void **state) {
    k.config.max_errors = 3;
    kit_open(&k);
    client *c = client_greeted(&k);
    client_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    client_say(c, S("FOO\r\nRCPT TO:<no@demo.test>\r\nRCPT TO:<x@y.example>\r\nBAR\r\nNOOP\r\n"));
    client_expect(c, "500 ");
    client_expect(c, "550 5.1.1");
    client_expect(c, "550 5.7.1");
    client_expect(c, "500 ");
    client_expect(c, "421 4.7.0 mail.demo.test Too many errors");
    client_expect_end(c);
    client_close(c);
    /* bare LFs count too */
    c = client_greeted(&k);
    client_say(c, S("a\nb\nc\nd\ne\nf\n"));
    for (size_t i = 0; i < 4; i++)
        client_expect(c, "500 ");
    client_expect(c, "421 ");
    client_expect_end(c);
    client_close(c);
}

static void too_much_junk(void **state) {
    k.config.max_junk = 4;
    kit_open(&k);
    client *c = client_greeted(&k); /* one */
    client_say(c, S("NOOP\r\nRSET\r\nVRFY x\r\nHELP\r\n"));
    client_expect(c, "250 ");
    client_expect(c, "250 ");
    client_expect(c, "252 ");
    client_expect(c, "214 ");
    client_expect(c, "421 4.7.0 ");
    client_expect_end(c);
    client_close(c);
    c = client_greeted(&k); /* mail makes up for it */
    client_talk(c, "NOOP", "250 ");
    client_mail(c, "", "user@demo.test", "\r\n.\r\n", "250 ");
    for (size_t i = 0; i < 4; i++)
        client_talk(c, "NOOP", "250 ");
    client_talk(c, "NOOP", "250 ");
    client_expect(c, "421 ");
    client_close(c);
}

/* ---- clocks ---- */

static void turn(int64_t ms) {
    usleep(50000); /* what was said has been read */
    time_test_advance(ms);
    loop_kick();
}

static void greeting_clock(void **state) {
    kit_open(&k);
    client *c = client_open(&k);
    client_expect(c, "220 ");
    turn(40000);
    client_talk(c, "NOOP", "250 "); /* does not stop it */
    turn(25000);
    client_expect(c, "421 4.4.2 ");
    client_expect_end(c);
    client_close(c);
}

static void command_clock(void **state) {
    kit_open(&k);
    client *c = client_greeted(&k);
    turn(290000);
    client_talk(c, "NOOP", "250 ");
    turn(290000);
    client_say(c, S("NOO")); /* half a command does not stop it */
    turn(11000);
    client_expect(c, "421 4.4.2 ");
    client_expect_end(c);
    client_close(c);
}

static void data_clock(void **state) {
    kit_open(&k);
    client *c = client_greeted(&k);
    client_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    client_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    client_talk(c, "DATA", "354 ");
    turn(170000);
    client_say(c, S("Subject: slow\r\n"));
    turn(181000);
    client_expect(c, "421 4.4.2 ");
    client_expect_end(c);
    client_close(c);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

/* A byte now and then is no progress. */
static void trickle_clock(void **state) {
    k.config.data_total_ms = 500000;
    kit_open(&k);
    client *c = client_greeted(&k);
    client_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    client_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    client_talk(c, "DATA", "354 ");
    for (size_t i = 0; i < 4; i++) {
        client_say(c, S("x"));
        turn(120000);
    }
    client_say(c, S("x"));
    turn(30000);
    client_expect(c, "421 4.4.2 ");
    client_expect_end(c);
    client_close(c);
}

static void trickle_of_chunks(void **state) {
    k.config.data_total_ms = 500000;
    kit_open(&k);
    client *c = client_greeted(&k);
    client_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    client_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    for (size_t i = 0; i < 3; i++) {
        client_say(c, S("BDAT 1\r\nx"));
        client_expect(c, "250 ");
        turn(170000);
    }
    client_say(c, S("BDAT 1\r\nx"));
    client_expect(c, "421 4.4.2 ");
    client_expect_end(c);
    client_close(c);
}

static void goodbye(void **state) {
    kit_open(&k);
    client *c = client_greeted(&k);
    listener_each(k.listener, smtp_goodbye);
    client_expect(c, "421 4.3.2 ");
    client_expect_end(c);
    client_close(c);
}

static void busy(void **state) {
    k.listening.max_connections = 1;
    kit_open(&k);
    client *c = client_greeted(&k), *second = client_open(&k);
    client_expect(second, "421 4.3.2 Too many connections");
    client_expect_end(second);
    client_close(second);
    client_talk(c, "NOOP", "250 ");
    client_close(c);
}

/* Whatever moment a client chooses to vanish, nothing is left and nothing is accepted. */
static void gone_at_every_byte(void **state) {
    const str talk = S("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<user@demo.test>\r\nBDAT 3\r\nabcDATA\r\nBDAT 4\r\nab");
    kit_open(&k);
    for (size_t n = 0; n <= talk.n; n++) {
        client *c = client_open(&k);
        client_say(c, str_sub(talk, 0, n));
        client_close(c);
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
