/* Our client against our servers: what one says the other understands, and every byte arrives. */
#include "kit.h"

#include "../net/on_loop.h"
#include "net/loop.h"
#include "smtp/client.h"

static kit k;
static tls_client *any_tls;

static int begin(void **state) {
    setenv("TZ", "UTC", 1);
    return failed(tls_client_create(&any_tls, S(""))) ? -1 : kit_loops_start(state);
}

static int end(void **state) {
    kit_loops_stop(state);
    tls_client_free(any_tls);
    return 0;
}

static int teardown(void **state) {
    kit_free(&k);
    return 0;
}

typedef struct delivery {
    smtp_client_config config;
    const char *sender, *to[4];
    bool body8, binary, smtputf8;
    unsigned notify;
    str message;
    smtp_rcpt rcpts[4];
    smtp_outcome outcome;
    char story[256];
} delivery;

static err read_message(void *source, uint64_t offset, size_t max, str *bytes) {
    const delivery *d = source;
    *bytes = str_sub(str_skip(d->message, (size_t)offset), 0, max);
    return OK;
}

static void deliver(void *arg) {
    delivery *d = arg;
    smtp_client *c;
    smtp_reply said;
    addr at = listener_address(k.listener);
    err why = OK;
    smtp_transaction t = {.sender = str_c(d->sender),
                          .envid = S("E 1"),
                          .body8 = d->body8,
                          .binary = d->binary,
                          .smtputf8 = d->smtputf8,
                          .rcpts = d->rcpts,
                          .size = d->message.n,
                          .read = read_message,
                          .source = d};
    for (; t.rcpts_n < 4 && d->to[t.rcpts_n]; t.rcpts_n++)
        d->rcpts[t.rcpts_n] =
            (smtp_rcpt){.address = str_c(d->to[t.rcpts_n]), .original = S("rfc822;a+b=c@d"), .notify = d->notify};
    d->config.helo = S("client.example");
    d->config.name = S("mail.demo.test");
    d->config.tls = any_tls;
    check_ok(smtp_client_open(&c, &at, NULL, &d->config, &k.house.memory, &said));
    snprintf(d->story, sizeof d->story, "%.*s", STR_ARG(smtp_client_story(c)));
    d->outcome = smtp_client_send(c, &t, &k.house.memory, &why);
    check_ok(why);
    smtp_client_close(c);
}

static void run(delivery *d) {
    in_fiber(0, deliver, d);
    assert_int_equal(d->outcome, SMTP_ALL_SAID);
}

/* A user logs in by SCRAM over TLS and sends to us and to others. */
static void a_submission(void **state) {
    queue_entry *entries;
    kit_init(&k, SMTP_SUBMIT);
    k.service.require_tls = true;
    kit_open(&k);
    delivery d = {
        .config = {.tls_mode = CLIENT_TLS_MUST, .user = S("user@demo.test"), .password = S("pass")},
        .sender = "user@demo.test",
        .to = {"second@demo.test", "friend@elsewhere.example", "nobody@demo.test"},
        .notify = NOTIFY_FAILURE,
        .message = S("Date: x\r\nMessage-ID: <a@b>\r\n\r\n.\r\n..\r\nQUIT\r\n"),
    };
    run(&d);
    assert_int_equal(d.rcpts[0].reply.code, 250);
    assert_int_equal(d.rcpts[1].reply.code, 250);
    assert_int_equal(d.rcpts[2].reply.code, 550);
    assert_string_equal(d.rcpts[2].reply.status, "5.1.1");
    str got = house_message(&k.house, "second@demo.test", 0);
    assert_true(str_ends(got, S(" +0000\r\nDate: x\r\nMessage-ID: <a@b>\r\n\r\n.\r\n..\r\nQUIT\r\n")));
    assert_true(str_find_str(got, S(" with ESMTPSA id ")) != STR_NONE);
    check_size(house_queue(&k.house, &entries), 1);
    check_str(entries[0].recipient, S("friend@elsewhere.example"));
    check_str(entries[0].envid, S("E 1"));
    check_str(entries[0].original, S("rfc822;a+b=c@d"));
    check_size(entries[0].notify, NOTIFY_FAILURE);
}

static void every_kind_of_body(void **state) {
    static const struct {
        str body;
        bool body8, binary;
    } cases[] = {
        {{"a: b\r\n\r\nplain\r\n", 15}, false, false},
        {{"a: b\r\n\r\n\xc3\xa4\xff\r\n.\r\n", 16}, true, false},
        {{"a: b\r\n\r\n\r\nx\n\0\r.\r\n.\r\ny\r", 23}, true, true},
        {{"a: b\r\n\r\n", 8}, false, false},
    };
    kit_init(&k, SMTP_MX);
    kit_open(&k);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        delivery d = {.config = {.tls_mode = CLIENT_TLS_TRY},
                      .sender = "",
                      .to = {"user@demo.test"},
                      .body8 = cases[i].body8,
                      .binary = cases[i].binary,
                      .message = cases[i].body};
        run(&d);
        assert_int_equal(d.rcpts[0].reply.code, 250);
        assert_true(strstr(d.story, "TLSv1.3") != NULL);
        str got = house_message(&k.house, "user@demo.test", i);
        assert_true(str_ends(got, cases[i].body));
        assert_true(got.p[got.n - cases[i].body.n - 1] == '\n'); /* nothing in between */
    }
}

static void large_and_to_each(void **state) {
    SCOPED_BUF message;
    buf_init(&message, 1 << 20);
    buf_add(&message, S("Subject: large\r\n\r\n"));
    while (message.n < 700000)
        buf_addf(&message, ".%zu\r\n", message.n);
    kit_init(&k, SMTP_LMTP);
    kit_open(&k);
    delivery d = {.config = {.tls_mode = CLIENT_TLS_NONE, .lmtp = true},
                  .sender = "a@bar.example",
                  .to = {"user@demo.test", "full@demo.test", "nobody@demo.test", "second@demo.test"},
                  .message = buf_str(&message)};
    run(&d);
    static const unsigned codes[] = {250, 452, 550, 250};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(d.rcpts[i].reply.code, codes[i]);
    assert_true(str_ends(house_message(&k.house, "second@demo.test", 0), buf_str(&message)));
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_submission), TEST(every_kind_of_body), TEST(large_and_to_each)};
    return cmocka_run_group_tests(tests, begin, end);
}
