/* DATA: what comes out of it, and what must never. */
#include "kit.h"

#include "mime/header.h"

static kit k;

static int setup(void **state) {
    kit_init(&k, SMTP_MX);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

static void stored_as_it_came(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    caller_mail(c, "a@bar.example", "USER+x@Demo.Test",
                "Subject: hello\r\n\r\nline\r\n..dot\r\n...\r\n\xc3\xa4\xff 8 bits\r\n\r\n.\r\n",
                "250 2.0.0 Ok: queued as ");
    str got = house_message(&k.house, "user@demo.test", 0);
    assert_true(str_starts(
        got, S("Return-Path: <a@bar.example>\r\nDelivered-To: USER+x@Demo.Test\r\n"
               "Received: from client.example ([127.0.0.1])\r\n\tby mail.demo.test (Godwit) with ESMTP id ")));
    assert_true(str_find_str(got, S("\r\n\tfor <USER+x@Demo.Test>;\r\n\t")) != STR_NONE);
    assert_true(str_ends(got, S(" +0000\r\nSubject: hello\r\n\r\nline\r\n.dot\r\n..\r\n\xc3\xa4\xff 8 bits\r\n\r\n")));
    caller_close(c);
}

/* Every pause between two packets is the same as none. */
static void stored_the_same_at_every_split(void **state) {
    const str message = S("Subject: x\r\n\r\n.\r.\r\n..\r\nend\r\n.\r\n"), good = S("A: b\r\n\r\n..\r\n.x\r\n.\r\n");
    kit_open(&k);
    caller *c = caller_greeted(&k);
    for (size_t i = 0; i < 2; i++) {
        str bytes = i ? good : message;
        for (size_t split = 1; split < bytes.n; split++) {
            caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
            caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
            caller_talk(c, "DATA", "354 ");
            caller_say(c, str_sub(bytes, 0, split));
            usleep(1000);
            caller_say(c, str_skip(bytes, split));
            caller_expect(c, i ? "250 2.0.0 " : "550 5.6.0 ");
        }
    }
    check_size(house_inbox(&k.house, "user@demo.test"), good.n - 1);
    for (size_t i = 0; i < good.n - 1; i += 5)
        assert_true(str_ends(house_message(&k.house, "user@demo.test", i), S(" +0000\r\nA: b\r\n\r\n.\r\nx\r\n")));
    caller_close(c);
}

/* CVE-2023-51764 and its kin: whatever a front server takes for the end of data, here it is a refused message or the
 * one end. */
static void smuggling(void **state) {
    static const str ends[] = {{"\n.\n", 3},   {"\n.\r\n", 4}, {"\r\n.\n", 4}, {"\r.\r", 3},      {"\r.\r\n", 4},
                               {"\r\n.\r", 4}, {"\r.\n", 3},   {"\n.\r", 3},   {"\r\n\0.\r\n", 6}};
    const str smuggled =
        S("MAIL FROM:<ceo@demo.test>\r\nRCPT TO:<second@demo.test>\r\nDATA\r\nSubject: evil\r\n\r\n\r\n.\r\n");
    kit_open(&k);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (size_t split = 0; split <= ends[i].n; split++) {
            caller *c = caller_greeted(&k);
            caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
            caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
            caller_talk(c, "DATA", "354 ");
            caller_say(c, S("Subject: x\r\n\r\nbody"));
            caller_say(c, str_sub(ends[i], 0, split));
            usleep(1000);
            caller_say(c, str_skip(ends[i], split));
            caller_say(c, smuggled);
            caller_expect(c, "550 5.6.0 ");
            caller_talk(c, "QUIT", "221 ");
            caller_expect_end(c);
            caller_close(c);
        }
    }
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
    check_size(house_inbox(&k.house, "second@demo.test"), 0);
}

static void large_messages_go_through_the_file(void **state) {
    enum { SIZE = 900 * 1000 };
    kit_open(&k);
    caller *c = caller_greeted(&k);
    SCOPED_BUF body;
    buf_init(&body, SIZE + 1000);
    buf_add(&body, S("Subject: large\r\n\r\n"));
    while (body.n < SIZE)
        buf_addf(&body, "line at %zu\r\n", body.n);
    caller_talk(c, "MAIL FROM:<a@bar.example>", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, buf_str(&body));
    caller_say(c, S(".\r\n"));
    caller_expect(c, "250 2.0.0 ");
    str got = house_message(&k.house, "user@demo.test", 0);
    assert_true(str_ends(got, buf_str(&body)));
    assert_true(str_starts(got, S("Return-Path: <a@bar.example>\r\n")));
    caller_close(c);
}

static void too_large(void **state) {
    k.config.max_size = 100000;
    kit_open(&k);
    static char block[10000];
    memset(block, 'x', sizeof block);
    caller *c = caller_greeted(&k);
    caller_talk(c, "MAIL FROM:<a@bar.example> SIZE=100001", "552 5.3.4 ");
    caller_talk(c, "MAIL FROM:<a@bar.example> SIZE=100000", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    for (size_t i = 0; i < 12; i++)
        caller_say(c, str_of(block, sizeof block));
    caller_say(c, S("\r\n.\r\nNOOP\r\n"));
    caller_expect(c, "552 5.3.4 ");
    caller_expect(c, "250 2.0.0 Ok");
    caller_close(c);
    check_size(house_inbox(&k.house, "user@demo.test"), 0);
}

static void headers_that_are_none(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    static const char *const bodies[] = {".\r\n",
                                         "\r\n.\r\n",
                                         "no header\r\n.\r\n",
                                         " folded: onto ours\r\n.\r\n",
                                         "X: y\r\n.\r\n",
                                         "\tX\r\n\r\nY\r\n.\r\n"};
    for (size_t i = 0; i < 6; i++) {
        caller_mail(c, "a@bar.example", "user@demo.test", bodies[i], "250 ");
        str got = house_message(&k.house, "user@demo.test", i), rest = got;
        header_field field;
        size_t received = 0, fields = 0;
        while (header_next(&rest, &field)) {
            received += str_caseeq(field.name, S("Received"));
            fields++;
            if (str_caseeq(field.name, S("Received")))
                assert_true(str_ends(field.value, S(" +0000"))); /* nothing was folded onto it */
        }
        check_size(received, 1);
        check_size(fields, i == 4 ? 4 : 3);
    }
    caller_close(c);
}

/* Everything that looks at a message does so on a small stack. */
static void nested_deep(void **state) {
    enum { LEVELS = 400 };
    kit_open(&k);
    caller *c = caller_greeted(&k);
    SCOPED_BUF message;
    buf_init(&message, 100000);
    for (size_t i = 0; i < LEVELS; i++)
        buf_addf(&message, "%sContent-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n",
                 i ? "" : "Subject: x\r\n", i, i);
    buf_add(&message, S("\r\n\xc3\xa4\r\n.\r\n\0"));
    caller_mail(c, "a@bar.example", "user@demo.test", message.p, "250 ");
    message.n = 0;
    for (size_t i = 0; i < LEVELS; i++)
        buf_add(&message, S("Content-Type: message/rfc822\r\n\r\n"));
    buf_add(&message, S("\r\n\xc3\xa4\r\n.\r\n\0"));
    caller_talk(c, "MAIL FROM:<> SMTPUTF8", "250 ");
    caller_talk(c, "RCPT TO:<user@demo.test>", "250 ");
    caller_talk(c, "DATA", "354 ");
    caller_say(c, str_c(message.p));
    caller_expect(c, "250 ");
    check_size(house_inbox(&k.house, "user@demo.test"), 2);
    caller_close(c);
}

static void loops_end(void **state) {
    kit_open(&k);
    caller *c = caller_greeted(&k);
    SCOPED_BUF message;
    buf_init(&message, 10000);
    for (size_t i = 0; i < 51; i++)
        buf_addf(&message, "Received: from a by b; %zu\r\n", i);
    buf_add(&message, S("\r\n.\r\n\0"));
    caller_mail(c, "a@bar.example", "user@demo.test", message.p, "554 5.4.6 ");
    caller_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int begin(void **state) {
    setenv("TZ", "UTC", 1);
    return kit_loops_start(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(stored_as_it_came), TEST(stored_the_same_at_every_split),
        TEST(smuggling),         TEST(large_messages_go_through_the_file),
        TEST(too_large),         TEST(headers_that_are_none),
        TEST(loops_end),         TEST(nested_deep),
    };
    return cmocka_run_group_tests(tests, begin, kit_loops_stop);
}
