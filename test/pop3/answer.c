#include <openssl/ssl.h>

#include "../base/check.h"
#include "base/limits.h"
#include "serve.h"

static served s;

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { LARGE = 2 << 20 }; /* each byte costs much more there */
#else
enum { LARGE = 24 << 20 };
#endif

static int start(void **state) {
    serve_start(&s, true);
    return 0;
}

static int stop(void **state) {
    serve_stop(&s);
    return 0;
}

static void log_in(client *c, const char *name) { client_log_in(c, s.plain, name); }

/* Whatever was accepted comes back as it was; CRLF is added only where a message does not end with one. */
static void byte_exact(void **state) {
    const str messages[] = {
        S("Subject: plain\r\n\r\ntext\r\n"),
        S("Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n...\r\nx.\r\n.\r\n"),
        S(".Subject: dot at once\r\n\r\n"),
        S("Subject: no end\r\n\r\ntext"),
        S("Subject: ends with CR\r\n\r\ntext\r"),
        S("Subject: bare\r\n\r\na\nb\n.\nc\r.\rd\n"),
        S("Subject: bytes\r\n\r\n\x01\x7f\x80\xff\xc3\xa4\0\r\n"),
        S("no header at all\r\n"),
        S("\r\n"),
        S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: "
          "base64\r\n\r\nAAEC\r\n--b--\r\n"),
    };
    enum { N = sizeof messages / sizeof *messages };
    int64_t id = home_add_password(&s.home, S("exact@demo.test"), S("pass"));
    for (size_t i = 0; i < N; i++)
        home_append(&s.home, id, messages[i]);
    client c;
    log_in(&c, "exact");
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < N; i++) {
        char command[40], answer[60];
        int n = snprintf(command, sizeof command, "RETR %zu\r\n", i + 1);
        client_send(&c, (str){command, (size_t)n});
        n = snprintf(answer, sizeof answer, "+OK %zu octets", messages[i].n);
        assert_str(client_line(&c), (str){answer, (size_t)n});
        str body = client_body(&c, &a);
        bool ends = str_ends(messages[i], S("\r\n"));
        assert_str(ends ? body : str_sub(body, 0, body.n - 2), messages[i]);
    }
    client_close(&c);
}

static void lists(void **state) {
    int64_t id = home_add_password(&s.home, S("lists@demo.test"), S("pass"));
    uint32_t uids[3];
    for (int i = 0; i < 3; i++)
        uids[i] = home_append(&s.home, id, S("Subject: x\r\n\r\n"));
    principal who = {.role = ROLE_ACCOUNT, .account = id};
    store_mailbox inbox;
    must(store_mailbox_get(s.home.store, &who, S("INBOX"), &s.home.memory, &inbox));
    client c;
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    log_in(&c, "lists");
    client_ask(&c, "LIST", "+OK 3 messages");
    assert_str(client_body(&c, &a), S("1 14\r\n2 14\r\n3 14\r\n"));
    client_ask(&c, "DELE 2", "+OK");
    client_ask(&c, "LIST", "+OK 2 messages");
    assert_str(client_body(&c, &a), S("1 14\r\n3 14\r\n"));
    client_ask(&c, "UIDL", "+OK");
    assert_str(client_body(&c, &a),
               arena_strf(&a, "1 %u.%u\r\n3 %u.%u\r\n", inbox.uidvalidity, uids[0], inbox.uidvalidity, uids[2]));
    client_send(&c, S("UIDL 3\r\n"));
    assert_str(client_line(&c), arena_strf(&a, "+OK 3 %u.%u", inbox.uidvalidity, uids[2]));
    client_ask(&c, "DELE 1", "+OK");
    client_ask(&c, "DELE 3", "+OK");
    client_ask(&c, "LIST", "+OK 0 messages");
    assert_str(client_body(&c, &a), S(""));
    client_close(&c);
}

static void tops(void **state) {
    int64_t id = home_add_password(&s.home, S("tops@demo.test"), S("pass"));
    home_append(&s.home, id, S("Subject: x\r\nTo: y\r\n\r\none\r\n.two\r\nthree"));
    client c;
    SCOPED_ARENA a;
    arena_init(&a, 1 << 20);
    log_in(&c, "tops");
    client_ask(&c, "TOP 1 0", "+OK");
    assert_str(client_body(&c, &a), S("Subject: x\r\nTo: y\r\n\r\n"));
    client_ask(&c, "TOP 1 2", "+OK");
    assert_str(client_body(&c, &a), S("Subject: x\r\nTo: y\r\n\r\none\r\n.two\r\n"));
    client_ask(&c, "TOP 1 4294967295", "+OK");
    assert_str(client_body(&c, &a), S("Subject: x\r\nTo: y\r\n\r\none\r\n.two\r\nthree\r\n"));
    client_close(&c);
}

/* RFC 2449 6.6: all commands in one piece; long answers keep their order. */
static void pipelined(void **state) {
    int64_t id = home_add_password(&s.home, S("pipe@demo.test"), S("pass"));
    SCOPED_ARENA a;
    arena_init(&a, 8 << 20);
    char *long_text = arena_alloc(&a, 300000);
    memset(long_text, 'x', 300000);
    memcpy(long_text, "Subject: x\r\n\r\n", 14);
    for (size_t i = 500; i + 2 < 300000; i += 500)
        memcpy(long_text + i, "\r\n", 2);
    memcpy(long_text + 299998, "\r\n", 2);
    home_append(&s.home, id, (str){long_text, 300000});
    home_append(&s.home, id, S("Subject: short\r\n\r\n"));
    client c;
    client_connect(&c, s.plain);
    client_send(&c, S("USER pipe@demo.test\r\nPASS pass\r\nSTAT\r\nRETR 1\r\nRETR 2\r\nUIDL\r\nRETR 1\r\nDELE "
                      "1\r\nLIST\r\nRSET\r\nQUIT\r\n"));
    client_says(&c, "+OK Send PASS");
    client_says(&c, "+OK Maildrop has 2 messages (300018 octets)");
    client_says(&c, "+OK 2 300018");
    client_says(&c, "+OK 300000 octets");
    assert_true(str_eq(client_body(&c, &a), (str){long_text, 300000}));
    client_says(&c, "+OK 18 octets");
    assert_str(client_body(&c, &a), S("Subject: short\r\n\r\n"));
    client_says(&c, "+OK 2 messages");
    client_body(&c, &a);
    client_says(&c, "+OK 300000 octets");
    assert_true(str_eq(client_body(&c, &a), (str){long_text, 300000}));
    client_says(&c, "+OK Message 1 deleted");
    client_says(&c, "+OK 1 messages");
    assert_str(client_body(&c, &a), S("2 18\r\n"));
    client_says(&c, "+OK Maildrop has 2 messages");
    client_says(&c, "+OK Bye");
    client_ends(&c);
    client_close(&c);
}

static char *make_large(void) {
    char *p = malloc(LARGE);
    assert_non_null(p);
    uint32_t state = 1;
    for (size_t i = 0; i < LARGE; i++) {
        state = state * 1664525 + 1013904223;
        p[i] = i % 77 == 75                ? '\r'
               : i % 77 == 76              ? '\n'
               : i % 77 == 0 && i % 5 == 0 ? '.'
                                           : (char)('A' + (state >> 27));
    }
    memcpy(p, "Subject: x\r\n\r\n", 14);
    memcpy(p + LARGE - 2, "\r\n", 2);
    return p;
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
static const bool measures_memory = false; /* they keep more than we do */
#else
static const bool measures_memory = true;
#endif

static size_t resident(void) {
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long total, pages;
    assert_int_equal(fscanf(f, "%lu %lu", &total, &pages), 2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* A client that does not read costs no more than a queue, keeps nobody else waiting, and in the end gets everything. */
static void slow_reader(void **state) {
    int64_t id = home_add_password(&s.home, S("large@demo.test"), S("pass"));
    char *large = make_large();
    home_append(&s.home, id, (str){large, LARGE});
    client slow, quick;
    log_in(&slow, "large");
    size_t before = resident();
    client_ask(&slow, "RETR 1", "+OK");
    client_send(&slow, S("NOOP\r\nTOP 1 0\r\n"));
    usleep(300000);
    for (int i = 0; i < 20; i++) {
        log_in(&quick, "tops");
        client_ask(&quick, "STAT", "+OK 1 ");
        client_quit(&quick);
    }
    assert_true(resident() < before + (8 << 20) || !measures_memory);
    SCOPED_ARENA a;
    arena_init(&a, (size_t)LARGE + (1 << 20));
    assert_true(str_eq(client_body(&slow, &a), (str){large, LARGE}));
    client_says(&slow, "+OK");
    client_says(&slow, "+OK Top");
    assert_str(client_body(&slow, &a), S("Subject: x\r\n\r\n"));
    client_close(&slow);
    free(large);
}

/* Nor does one that asks for everything at once and reads nothing. */
static void greedy(void **state) {
    client c;
    log_in(&c, "pipe");
    size_t before = resident();
    SCOPED_BUF commands = {.max = 200000};
    for (int i = 0; i < 10000; i++)
        buf_add(&commands, S("RETR 1\r\nUIDL\r\n"));
    client_send(&c, buf_str(&commands));
    usleep(300000);
    assert_true(resident() < before + (8 << 20) || !measures_memory);
    SCOPED_ARENA a;
    arena_init(&a, 8 << 20);
    for (int i = 0; i < 5; i++) {
        client_says(&c, "+OK 300000 octets");
        assert_int_equal(client_body(&c, &a).n, 300000);
        client_says(&c, "+OK 2 messages");
        client_body(&c, &a);
    }
    client_close(&c);
}

/* A client that goes away in the middle of an answer leaves its maildrop to the next. */
static void goes_away(void **state) {
    client c;
    log_in(&c, "large");
    client_ask(&c, "RETR 1", "+OK");
    client_close(&c);
    log_in(&c, "large");
    client_close(&c);
}

static void gone_message(void **state) {
    int64_t id = home_add_password(&s.home, S("gone@demo.test"), S("pass"));
    home_append(&s.home, id, S("Subject: x\r\n\r\n"));
    client c;
    log_in(&c, "gone");
    principal who = {.role = ROLE_ACCOUNT, .account = id};
    store_range *gone;
    size_t n;
    must(store_expunge(s.home.store, &who, home_inbox(&s.home, id), NULL, 0, true, &s.home.memory, &gone, &n));
    client_ask(&c, "RETR 1", "-ERR No such message any more");
    client_ask(&c, "TOP 1 0", "-ERR No such message any more");
    client_ask(&c, "DELE 1", "+OK");
    client_ask(&c, "QUIT", "+OK");
    client_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_exact), cmocka_unit_test(lists),        cmocka_unit_test(tops),
        cmocka_unit_test(pipelined),  cmocka_unit_test(slow_reader),  cmocka_unit_test(goes_away),
        cmocka_unit_test(greedy),     cmocka_unit_test(gone_message),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
