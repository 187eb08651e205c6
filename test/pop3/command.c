#include <openssl/ssl.h>

#include "../base/check.h"
#include "serve.h"

static served s;

static int start(void **state) {
    serve_start(&s, true);
    return 0;
}

static int stop(void **state) {
    serve_stop(&s);
    return 0;
}

static void fill(int n) {
    for (int i = 0; i < n; i++)
        home_append(&s.home, s.user, S("Subject: x\r\n\r\ntext\r\n"));
}

static void empty(void) {
    client c;
    client_log_in(&c, s.plain, "user");
    for (int i = 1;; i++) {
        char line[40];
        int n = snprintf(line, sizeof line, "DELE %d\r\n", i);
        client_send(&c, (str){line, (size_t)n});
        if (!str_starts(client_line(&c), S("+OK")))
            break;
    }
    client_ask(&c, "QUIT", "+OK");
    client_ends(&c);
    client_close(&c);
}

/* RFC 1939 5. */
static void transaction(void **state) {
    empty();
    fill(3);
    client c;
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "STAT", "+OK 3 60");
    client_ask(&c, "NOOP", "+OK");
    client_ask(&c, "DELE 2", "+OK Message 2 deleted");
    client_ask(&c, "DELE 2", "-ERR No such message");
    client_ask(&c, "LIST 2", "-ERR No such message");
    client_ask(&c, "UIDL 2", "-ERR No such message");
    client_ask(&c, "RETR 2", "-ERR No such message");
    client_ask(&c, "TOP 2 0", "-ERR No such message");
    client_ask(&c, "STAT", "+OK 2 40");
    client_ask(&c, "LIST 3", "+OK 3 20");
    client_ask(&c, "RSET", "+OK Maildrop has 3 messages (60 octets)");
    client_ask(&c, "stat", "+OK 3 60");
    client_ask(&c, "DELE 1", "+OK");
    client_ask(&c, "DELE 3", "+OK");
    client_ask(&c, "QUIT", "+OK");
    client_ends(&c);
    client_close(&c);
    client_log_in(&c, s.plain, "user"); /* and gone they are */
    client_ask(&c, "STAT", "+OK 1 20");
    client_quit(&c);
}

/* RFC 1939 6: without QUIT nothing is removed. */
static void no_quit(void **state) {
    empty();
    fill(1);
    client c;
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "DELE 1", "+OK");
    client_close(&c);
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "STAT", "+OK 1 20");
    client_quit(&c);
}

static void quit_at_once(void **state) {
    client c;
    client_connect(&c, s.plain);
    client_ask(&c, "QUIT", "+OK");
    client_ends(&c);
    client_close(&c);
}

static void mistakes(void **state) {
    client c;
    client_connect(&c, s.plain);
    client_ask(&c, "", "-ERR Syntax error");
    client_ask(&c, "HELO there", "-ERR Unknown command");
    client_ask(&c, "STAT", "-ERR Log in first");
    client_ask(&c, "RETR 1", "-ERR Log in first");
    client_ask(&c, "USER", "-ERR Argument missing");
    client_ask(&c, "CAPA all", "-ERR No argument expected");
    client_ask(&c, "USER a\tb", "-ERR Syntax error");
    client_ask(&c, "UTF8", "+OK");
    client_ask(&c, "USER user@demo.test", "+OK");
    client_ask(&c, "PASS pass", "+OK");
    client_ask(&c, "PASS pass", "-ERR Not after the login");
    client_ask(&c, "UTF8", "-ERR Not after the login");
    client_ask(&c, "QUIT now", "-ERR No argument expected");
    client_ask(&c, "NOOP", "+OK"); /* which does not make up for it */
    client_ask(&c, "XTND XMIT", "-ERR Too many errors");
    client_ends(&c);
    client_close(&c);
}

static void numbers(void **state) {
    empty();
    fill(1);
    client c;
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "DELE 0", "-ERR No such message");
    client_ask(&c, "DELE 2", "-ERR No such message");
    client_ask(&c, "DELE -1", "-ERR No such message");
    client_ask(&c, "DELE one", "-ERR No such message");
    client_ask(&c, "DELE 4294967297", "-ERR No such message");
    client_ask(&c, "DELE 1 1", "-ERR No such message");
    client_ask(&c, "RETR", "-ERR Argument missing");
    client_ask(&c, "TOP 1", "-ERR TOP wants");
    client_ask(&c, "TOP 1 -1", "-ERR TOP wants");
    client_ask(&c, "TOP 1 x", "-ERR TOP wants");
    client_ask(&c, "DELE  1 ", "+OK");
    client_quit(&c);
}

/* QUIT after the store is gone for writing: the messages stay, and the answer says so. */
static void quit_fails(void **state) {
    empty();
    fill(1);
    client c;
    client_log_in(&c, s.plain, "user");
    client_ask(&c, "DELE 1", "+OK");
    must(store_account_remove(s.home.store, &home_admin, s.user));
    client_ask(&c, "QUIT", "-ERR");
    client_ends(&c);
    client_close(&c);
    s.user = home_add_password(&s.home, S("user@demo.test"), S("pass"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transaction), cmocka_unit_test(no_quit), cmocka_unit_test(quit_at_once),
        cmocka_unit_test(mistakes),    cmocka_unit_test(numbers), cmocka_unit_test(quit_fails),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
