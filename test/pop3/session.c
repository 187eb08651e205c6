#include <openssl/ssl.h>

#include <sys/socket.h>

#include "../base/check.h"
#include "net/loop.h"
#include "serve.h"

static served s;

static int start(void **state) {
    serve_start(&s, true);
    home_append(&s.home, s.user, S("Subject: x\r\n\r\ntext\r\n"));
    return 0;
}

static int stop(void **state) {
    serve_stop(&s);
    return 0;
}

static void turn_clock(int64_t ms) {
    time_test_advance(ms);
    loop_kick();
}

/* A timestamp in the greeting would offer APOP (RFC 1939 7). */
static void greeting(void **state) {
    client c;
    client_dial(&c, s.plain);
    str line = client_line(&c);
    assert_true(str_starts(line, S("+OK pop.demo.test ")));
    assert_false(str_has_byte(line, '<'));
    client_ask(&c, "QUIT", "+OK");
    client_ends(&c);
    client_close(&c);
}

static const char session_text[] = "USER user@demo.test\r\nPASS pass\r\nSTAT\r\nTOP 1 0\r\nNOOP\nRSET\r\nQUIT\r\n";
static const str whole_session = {session_text, sizeof session_text - 1};

static void expect_whole_session(client *c) {
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    client_says(c, "+OK Send PASS");
    client_says(c, "+OK Maildrop has 1 messages");
    client_says(c, "+OK 1 20");
    client_says(c, "+OK Top");
    assert_str(client_body(c, &a), S("Subject: x\r\n\r\n"));
    client_says(c, "+OK");
    client_says(c, "+OK");
    client_says(c, "+OK Bye");
    client_ends(c);
    client_close(c);
}

static void at_every_split(void **state) {
    for (size_t split = 1; split < whole_session.n; split++) {
        client c;
        client_connect(&c, s.plain);
        client_send(&c, str_sub(whole_session, 0, split));
        usleep(500);
        client_send(&c, str_skip(whole_session, split));
        expect_whole_session(&c);
    }
}

static void byte_by_byte(void **state) {
    client c;
    client_connect(&c, s.plain);
    for (size_t i = 0; i < whole_session.n; i++) {
        client_send(&c, str_sub(whole_session, i, 1));
        usleep(200);
    }
    expect_whole_session(&c);
}

/* A client that has said everything and closed its half still gets its answers. */
static void half_closed(void **state) {
    client c;
    client_connect(&c, s.plain);
    client_send(&c, whole_session);
    shutdown(c.fd, SHUT_WR);
    expect_whole_session(&c);
}

static void long_lines(void **state) {
    char room[4000];
    memset(room, 'x', sizeof room);
    memcpy(room + 510, "\r\n", 2);
    client c;
    client_connect(&c, s.plain);
    client_send(&c, (str){room, 512});
    client_says(&c, "-ERR Unknown command");
    client_send(&c, (str){room, 1});
    client_send(&c, (str){room, 512});
    client_says(&c, "-ERR Line too long");
    client_ends(&c);
    client_close(&c);
    client_connect(&c, s.plain); /* does not wait for an end that never comes */
    client_send(&c, (str){room + 1000, 600});
    client_says(&c, "-ERR Line too long");
    client_ends(&c);
    client_close(&c);
}

static void garbage(void **state) {
    char room[256];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (char)(i * 7);
    client c;
    client_connect(&c, s.plain);
    client_send(&c, (str){room, sizeof room});
    client_send(&c, S("\r\n\0\0\r\n\x16\x03\x01\r\nQUIT\r\n"));
    str line;
    while ((line = client_line(&c)).p && !str_eq(line, S("+OK Bye")))
        assert_true(str_starts(line, S("-ERR")));
    client_ends(&c);
    client_close(&c);
}

/* RFC 1939 3: closes without a word, and removes nothing. */
static void autologout(void **state) {
    client c;
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "DELE 1", "+OK");
    turn_clock(590000);
    client_ask(&c, "NOOP", "+OK"); /* which begins the time anew */
    turn_clock(590000);
    client_ask(&c, "NOOP", "+OK");
    turn_clock(601000);
    client_ends(&c);
    client_close(&c);
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "STAT", "+OK 1 20");
    client_quit(&c);
}

/* Commands do not prolong the time for logging in. */
static void login_time(void **state) {
    client c;
    client_connect(&c, s.plain);
    turn_clock(100000);
    client_ask(&c, "CAPA", "+OK");
    SCOPED_ARENA a;
    arena_init(&a, 10000);
    client_body(&c, &a);
    turn_clock(21000);
    client_ends(&c);
    client_close(&c);
    client_dial(&c, s.implicit); /* nor does TLS */
    client_tls(&c);
    client_says(&c, "+OK");
    turn_clock(121000);
    client_ends(&c);
    client_close(&c);
}

static void busy(void **state) {
    assert_true(str_starts(pop3_busy, S("-ERR ")));
    assert_true(str_ends(pop3_busy, S("\r\n")));
    assert_int_equal(str_find(pop3_busy, '\n'), pop3_busy.n - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting),    cmocka_unit_test(at_every_split), cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(half_closed), cmocka_unit_test(long_lines),     cmocka_unit_test(garbage),
        cmocka_unit_test(autologout),  cmocka_unit_test(login_time),     cmocka_unit_test(busy),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
