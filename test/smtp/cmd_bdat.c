/* BDAT: chunks, and everything that can go wrong between and inside them. */
#include "kit.h"

#include <sys/socket.h>

#include "base/rand.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    kit_open(&k);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static caller *with_recipient(const char *from) {
    caller *c = caller_greeted(&k);
    caller_talk(c, from, "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    return c;
}

static void chunks_make_one_message(void **state) {
    caller *c = with_recipient("MAIL FROM:<a@bar.example>");
    caller_say(c, S("BDAT 14\r\nSubject: x\r\n\r\nBDAT 0\r\nBDAT 8\r\n.\r\nQUIT\rBDAT 7 LAST\r\n\r\n..\r\n."));
    caller_expect(c, "250 2.0.0 Ok: 14 bytes");
    caller_expect(c, "250 2.0.0 Ok: 14 bytes");
    caller_expect(c, "250 2.0.0 Ok: 22 bytes");
    caller_expect(c, "550 5.6.0 "); /* "\r" CRLF: a bare CR over two chunks */
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_say(c, S("BDAT 14\r\nSubject: x\r\n\r\nBDAT 8\r\n.\r\nQUIT\rBDAT 6 LAST\r\n\n..\r\n."));
    caller_expect(c, "250 ");
    caller_expect(c, "250 ");
    caller_expect(c, "250 2.0.0 Ok: queued as ");
    check_size(house_inbox(&k.house, "user@demo.test"), 1);
    /* no dots are taken out, and none ends anything */
    assert_true(
        str_ends(house_message(&k.house, "user@demo.test", 0), S(" +0000\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n..\r\n.")));
    caller_close(c);
}

static void line_ends_matter_but_in_binary(void **state) {
    static const struct {
        const char *body;
        const char *bytes;
        size_t n;
        const char *answer;
    } cases[] = {
        {"", "a: b\r\n\r\nx\ny", 11, "550 5.6.0 "},
        {" BODY=8BITMIME", "a: b\r\n\r\nx\ry", 11, "550 5.6.0 "},
        {" BODY=8BITMIME", "a: b\r\n\r\nx\0y", 11, "550 5.6.0 "},
        {"", "a: b\r\n\r\nx\r", 10, "550 5.6.0 "},
        {" BODY=BINARYMIME", "a: b\r\n\r\nx\ny", 11, "250 2.0.0 "},
        {" BODY=BINARYMIME", "a: b\r\n\r\nx\ry\0\r", 13, "250 2.0.0 "},
        {" BODY=BINARYMIME", "a: b\nc: d\r\n\r\nx", 14, "550 5.6.0 "}, /* the header has no bytes of its own choice */
        {" BODY=BINARYMIME", "a: b\0\r\n\r\nx", 10, "550 5.6.0 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caller *c = caller_greeted(&k);
        caller_say(c, arena_strf(&c->memory,
                                 "MAIL FROM:<a@bar.example>%s\r\nRCPT TO:<user@demo.test>\r\nBDAT %zu LAST\r\n",
                                 cases[i].body, cases[i].n));
        caller_say(c, str_of(cases[i].bytes, cases[i].n));
        caller_expect(c, "250 ");
        caller_expect(c, "250 ");
        caller_expect_at(c, cases[i].answer, __FILE__, (int)i);
        caller_close(c);
    }
    assert_true(str_ends(house_message(&k.house, "user@demo.test", 1), S("\r\n\r\nx\ry\0\r")));
}

/* The announced bytes are never commands, whatever is wrong. */
static void refused_chunks_are_thrown_away(void **state) {
    caller *c = caller_open(&k);
    caller_expect(c, "220 ");
    caller_say(c, S("BDAT 6\r\nQUIT\r\n"));
    caller_expect(c, "503 5.5.1 Say EHLO");
    caller_say(c, S("EHLO a\r\nBDAT 6 LAST\r\nQUIT\r\nMAIL FROM:<>\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n"));
    caller_expect(c, "250 ");
    caller_expect(c, "503 5.5.1 Say MAIL");
    caller_expect(c, "250 2.1.0");
    caller_expect(c, "503 5.5.1 No valid");
    caller_expect(c, "250 2.0.0");
    caller_close(c);
    /* a chunk lost is the message lost: what follows does not become a shorter one */
    c = with_recipient("MAIL FROM:<>");
    caller_say(c, S("BDAT 3\r\nabcBDAT 6 LATS\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"));
    caller_expect(c, "250 ");
    caller_expect(c, "501 5.5.4");
    caller_expect(c, "503 5.5.1");
    caller_expect(c, "250 2.0.0 Ok");
    caller_close(c);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

static void sizes_that_are_none_close(void **state) {
    static const char *const sizes[] = {"BDAT", "BDAT LAST", "BDAT -1", "BDAT 18446744073709551616", "BDAT 1x"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        caller *c = with_recipient("MAIL FROM:<>");
        caller_say(c, arena_strf(&c->memory, "%s\r\nMAIL FROM:<smuggled@bar.example>\r\n", sizes[i]));
        caller_expect(c, "501 5.5.4 ");
        caller_expect_end(c);
        caller_close(c);
    }
}

static void announced_but_never_sent(void **state) {
    caller *c = with_recipient("MAIL FROM:<>");
    caller_say(c, S("BDAT 18446744073709551615 LAST\r\nabc\r\n.\r\nQUIT\r\n"));
    assert_true(peer_is_silent(c->fd, 100));
    caller_close(c);
    c = caller_greeted(&k);
    caller_talk(c, "NOOP", "250 ");
    caller_close(c);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

static void too_large(void **state) {
    k.config.max_size = 100;
    caller *c = with_recipient("MAIL FROM:<>");
    caller_say(c, S("BDAT 60\r\n123456789 123456789 123456789 123456789 123456789 123456789 "));
    caller_expect(c, "250 ");
    caller_say(c, S("BDAT 60\r\n123456789 123456789 123456789 123456789 123456789 123456789 "));
    caller_expect(c, "552 5.3.4 ");
    caller_say(c, S("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"));
    caller_expect(c, "503 5.5.1 ");
    caller_expect(c, "250 ");
    caller_close(c);
}

/* Other commands between chunks: RSET, QUIT, NOOP and EHLO act, the rest waits its turn. */
static void between_chunks(void **state) {
    static const struct {
        const char *line, *answer;
        bool alive;
    } cases[] = {
        {"NOOP", "250 ", true},         {"DATA", "503 ", true},     {"RCPT TO:<second@demo.test>", "503 ", true},
        {"MAIL FROM:<>", "503 ", true}, {"STARTTLS", "503 ", true}, {"AUTH PLAIN AA==", "503 ", true},
        {"VRFY x", "252 ", true},       {"RSET", "250 ", false},    {"EHLO b", "250 ", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caller *c = with_recipient("MAIL FROM:<>");
        caller_say(c, S("BDAT 6\r\na: b\r\n"));
        caller_expect(c, "250 ");
        caller_talk_at(c, cases[i].line, cases[i].answer, __FILE__, (int)i);
        caller_say(c, S("BDAT 0 LAST\r\n"));
        caller_expect_at(c, cases[i].alive ? "250 2.0.0 Ok: queued" : "503 5.5.1 ", __FILE__, (int)i);
        caller_close(c);
    }
}

/* ---- state fuzz: CVE-2026-45185 and its kin ---- */

/* Over TLS, at every byte of a dialogue with chunks: the end of TLS, of the connection, or a plain byte after
 * close_notify. */
static void ends_at_every_byte(void **state) {
    const str talk = S("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<user@demo.test>\r\nBDAT 5\r\nabcdeBDAT 4\r\nab");
    for (size_t n = 0; n <= talk.n; n++) {
        for (int how = 0; how < 4; how++) {
            caller *c = caller_greeted(&k);
            caller_talk(c, "STARTTLS", "220 ");
            caller_tls(c);
            caller_say(c, str_sub(talk, 0, n));
            caller_end(c, how);
            caller_close(c);
        }
    }
    for (size_t i = 0; i < 5000 && listener_connections(k.listener); i++)
        usleep(1000);
    check_size(listener_connections(k.listener), 0);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

/* Random commands with chunks of random sizes, in packets of random sizes: the server answers each in its turn, or
 * closes with 421 or 501. */
static void random_talk(void **state) {
    static const char *const lines[] = {"RSET\r\n",
                                        "NOOP\r\n",
                                        "MAIL FROM:<a@bar.example>\r\n",
                                        "MAIL FROM:<> BODY=BINARYMIME\r\n",
                                        "RCPT TO:<user@demo.test>\r\n",
                                        "RCPT TO:<no@demo.test>\r\n",
                                        "EHLO b\r\n",
                                        "VRFY x\r\n",
                                        "DATB\r\n",
                                        "BDAT 3 X\r\nabc",
                                        "BDAT 0\r\n",
                                        "BDAT 0 LAST\r\n",
                                        "BDAT 7\r\nx: y\r\nz",
                                        "BDAT 6 LAST\r\nQUIT\r\n",
                                        "BDAT 4\r\n\r\n\r\n",
                                        "BDAT 1\r\n\r",
                                        "BDAT 2\r\n\n\n",
                                        "BDAT 6 LAST\r\na: b\r\n",
                                        "NO\nOP\r\n"};
    for (size_t round = 0; round < 60; round++) {
        SCOPED_BUF talk;
        buf_init(&talk, 1 << 16);
        size_t answers = 0;
        for (size_t i = 0; i < 40; i++) {
            size_t pick = rand_below(sizeof lines / sizeof *lines);
            answers += 1 + (lines[pick][2] == '\n'); /* a bare LF is two refusals */
            buf_add(&talk, str_c(lines[pick]));
        }
        buf_add(&talk, S("QUIT\r\n"));
        caller *c = caller_greeted(&k);
        for (size_t at = 0; at < talk.n;) {
            size_t n = 1 + rand_below(60);
            caller_say(c, str_sub(buf_str(&talk), at, n));
            at += n;
        }
        for (size_t i = 0; i < answers; i++)
            check(caller_reply(c).n > 0);
        caller_expect(c, "221 ");
        caller_expect_end(c);
        caller_close(c);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int begin(void **state) {
    setenv("TZ", "UTC", 1);
    return kit_loops_start(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(chunks_make_one_message),
        TEST(line_ends_matter_but_in_binary),
        TEST(refused_chunks_are_thrown_away),
        TEST(sizes_that_are_none_close),
        TEST(announced_but_never_sent),
        TEST(too_large),
        TEST(between_chunks),
        TEST(ends_at_every_byte),
        TEST(random_talk),
    };
    return cmocka_run_group_tests(tests, begin, kit_loops_stop);
}
