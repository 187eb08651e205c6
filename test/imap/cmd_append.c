#include <openssl/ssl.h>

#include "serve.h"

#include "base/mem.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    client_log_in(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

/* Sends a command with its literals as they are, reads on to the tagged answer. */
static str raw(str tag, str bytes) {
    client_send(&c, bytes);
    return client_rest(&c, tag);
}

static void stores_bytes_as_they_are(void **state) {
    static const char message[] = "Subject: odd\n\r\n bare\nlf\0nul\rcr\xff\r\nend without newline";
    str body = {message, sizeof message - 1};
    client_send(&c,
                arena_strf(&c.memory, "a APPEND INBOX (\\Seen work) \" 7-Feb-1994 21:52:25 -0800\" {%zu}\r\n", body.n));
    client_says(&c, "+ ");
    client_send(&c, body);
    str got = raw(S("a"), S("\r\n"));
    unsigned uidvalidity = serve_look(&s, "INBOX").uidvalidity;
    assert_str(got, arena_strf(&c.memory, "OK [APPENDUID %u 1] APPEND done", uidvalidity));
    client_well(&c, "SELECT INBOX");
    client_exactly(
        &c, "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)",
        arena_cstr(&c.memory, arena_strf(&c.memory,
                                         "* 1 FETCH (FLAGS (\\Seen work) INTERNALDATE \"07-Feb-1994 21:52:25 -0800\""
                                         " RFC822.SIZE %zu)\nOK FETCH done",
                                         body.n)));
    got = client_ask(&c, "FETCH 1 BODY.PEEK[]");
    assert_true(str_find_str(got, body) != STR_NONE);
}

static void without_waiting(void **state) {
    client_well(&c, "SELECT INBOX");
    str got = raw(S("b"),
                  S("a APPEND INBOX {12+}\r\nSubject: 1\r\n\r\nb APPEND {5+}\r\nINBOX () {12+}\r\nSubject: 2\r\n\r\n"));
    assert_true(str_starts(got, S("* 1 EXISTS\na OK [APPENDUID ")));
    assert_true(str_find_str(got, S("\n* 2 EXISTS\nOK [APPENDUID ")) != STR_NONE);
    got = raw(S("u"), S("u APPEND INBOX UTF8 (~{12+}\r\nSubject: 3\r\n)\r\n"));
    assert_true(str_find_str(got, S("OK [APPENDUID ")) != STR_NONE);
}

static void refusals(void **state) {
    s.service.max_append = 1000;
    assert_str(raw(S("a"), S("a APPEND nope {5}\r\n")), S("NO [TRYCREATE] There is no such mailbox"));
    assert_str(raw(S("b"), S("b APPEND nope {5+}\r\nabcde\r\n")), S("NO [TRYCREATE] There is no such mailbox"));
    assert_str(raw(S("c"), S("c APPEND INBOX {1001}\r\n")), S("NO [TOOBIG] The message is larger than 1000 bytes"));
    SCOPED_BUF large;
    buf_init(&large, 1 << 20);
    buf_add(&large, S("d APPEND INBOX {200000+}\r\n"));
    for (int i = 0; i < 20000; i++)
        buf_add(&large, S("x NOOP {3}\r"));
    large.n -= 20000;
    buf_add(&large, S("\r\n"));
    assert_str(raw(S("d"), buf_str(&large)), S("NO [TOOBIG] The message is larger than 1000 bytes"));
    assert_true(str_starts(raw(S("e"), S("e APPEND INBOX {0}\r\n\r\n")), S("+ Send the message\nBAD ")));
    assert_true(str_starts(raw(S("f"), S("f APPEND INBOX (\\Recent) {5+}\r\nabcde\r\n")), S("BAD ")));
    assert_true(str_starts(raw(S("g"), S("g APPEND INBOX \"yesterday\" {5+}\r\nabcde\r\n")), S("BAD ")));
    assert_true(str_starts(raw(S("h"), S("h APPEND INBOX {5+}\r\nabcde more\r\n")), S("BAD ")));
    assert_true(str_starts(raw(S("i"), S("i APPEND INBOX {5+}\r\nabcde {5}\r\n")), S("BAD ")));
    assert_true(str_starts(raw(S("j"), S("j APPEND INBOX \"quoted\"\r\n")), S("BAD ")));
    client_well(&c, "NOOP"); /* and all of them left the stream in step */
    assert_int_equal(serve_look(&s, "INBOX").messages, 0);
    client_send(&c, S("k APPEND INBOX {9999999999+}\r\n"));
    client_says(&c, "* BYE [TOOBIG]");
    client_ends(&c);
}

static void quota(void **state) {
    const store_account full = {.quota_bytes = 100};
    must(store_account_set(s.home.store, &home_admin, s.user.account, ACCOUNT_SET_QUOTA, &full));
    SCOPED_BUF b;
    buf_init(&b, 1 << 20);
    buf_add(&b, S("a APPEND INBOX {200+}\r\n"));
    for (int i = 0; i < 200; i++)
        buf_add_byte(&b, 'x');
    buf_add(&b, S("\r\n"));
    assert_true(str_starts(raw(S("a"), buf_str(&b)), S("NO [OVERQUOTA] ")));
    assert_int_equal(serve_look(&s, "INBOX").messages, 0);
}

/* Larger than what is kept in memory; and the same cut into any pieces. */
static void large(void **state) {
    arena memory;
    arena_init(&memory, 64 << 20);
    size_t n = 3 << 20;
    char *bytes = arena_alloc(&memory, n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : (char)('a' + i % 26);
    memcpy(bytes, "Subject: x\r\n\r\n", 14);
    client_send(&c, arena_strf(&memory, "a APPEND INBOX {%zu+}\r\n", n));
    for (size_t at = 0, piece = 1; at < n; at += piece, piece = piece * 3 + 1)
        client_send(&c, str_sub((str){bytes, n}, at, piece));
    assert_true(str_starts(raw(S("a"), S("\r\n")), S("OK [APPENDUID ")));
    client_well(&c, "SELECT INBOX");
    str got = client_ask(&c, "FETCH 1 BODY.PEEK[]");
    assert_true(str_find_str(got, (str){bytes, n}) != STR_NONE);
    arena_free(&memory);
}

static void gone_in_the_middle(void **state) {
    client_send(&c, S("a APPEND INBOX {500000}\r\n"));
    client_says(&c, "+ ");
    client_send(&c, S("Subject: half"));
    client_close(&c);
    client_log_in(&c, &s);
    assert_int_equal(serve_look(&s, "INBOX").messages, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(stores_bytes_as_they_are), CASE(without_waiting), CASE(refusals), CASE(quota), CASE(large),
        CASE(gone_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
