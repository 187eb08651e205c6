/* One connection: many recipients, several transactions, and what a lost answer means. */
#include "kit.h"

static size_t rcpts_of(sink *s) {
    size_t n = 0;
    for (size_t i = 0; i < sink_messages(s); i++)
        n += sink_message_at(s, i)->rcpts_n;
    return n;
}

/* RFC 5321 4.5.3.1.10: "too many recipients" is no word on any of them. */
static void too_many_recipients(void **state) {
    static const char *const keywords[] = {"", "PIPELINING", "PIPELINING\nCHUNKING", "LIMITS RCPTMAX=25"};
    kit *k = *state;
    for (size_t i = 0; i < 4; i++) {
        kit_first(k, &(sink_script){.keywords = keywords[i], .most_rcpts = 30});
        kit_try_many(k, 100);
        for (size_t r = 0; r < 100; r++)
            check_said(k, r, SAID_RELAYED, "2.0.0");
        check_size(sink_messages(k->first), 4);
        check_size(rcpts_of(k->first), 100); /* each once */
        check_size(sink_connections(k->first), 1);
        relay_free(k->relay);
        k->relay = NULL;
    }
}

static void one_at_a_time(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.most_rcpts = 1, .messages_each = 2});
    kit_try_many(k, 9);
    for (size_t r = 0; r < 9; r++)
        check_said(k, r, SAID_RELAYED, "2.0.0");
    check_size(rcpts_of(k->first), 9);
    check_size(sink_connections(k->first), 5);
}

/* None is taken at all: that is an answer, not a reason to ask for ever. */
static void none_taken(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.rcpt = {{"rcpt", "452 4.5.3 too many"}}});
    kit_try_many(k, 3);
    for (size_t r = 0; r < 3; r++)
        check_said(k, r, SAID_LATER, "4.5.3");
    check_size(sink_said(k->first, "MAIL"), 1);
}

static void dsn_goes_over(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "DSN"});
    k->notify = NOTIFY_SUCCESS;
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_PASSED_ON, "2.0.0");
    check_size(sink_said(k->first, "NOTIFY=SUCCESS"), 1);
}

static void lmtp(void **state) {
    kit *k = *state;
    k->config.smarthost = arena_strf(&k->memory, "127.0.0.2:%u", k->config.port);
    k->config.lmtp = true;
    kit_first(k, &(sink_script){.lmtp = true,
                                .keywords = "PIPELINING",
                                .rcpt = {{"never", "550 5.1.1 who?"}},
                                .lmtp_end = {{"full", "452 4.2.2 full"}, {"gone", "550 5.2.1 off"}}});
    kit_try(k, "ok1@example.test full2@example.test never3@example.test gone4@example.test");
    check_said(k, 0, SAID_DELIVERED, "2.0.0");
    check_said(k, 1, SAID_LATER, "4.2.2");
    check_said(k, 2, SAID_NEVER, "5.1.1");
    check_said(k, 3, SAID_NEVER, "5.2.1");
    check_size(sink_messages(k->first), 1);
}

/* The answer after the dot is lost: nobody else is asked now, and the message is kept. */
static void maybe_sent(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.close_at = SINK_END});
    kit_second(k, &(sink_script){0});
    kit_try(k, "a@example.test b@example.test");
    check_said(k, 0, SAID_LATER, "4.4.2");
    check_said(k, 1, SAID_LATER, "4.4.2");
    assert_true(kit_has(k->said[0].text, "it may have the message"));
    check_size(sink_connections(k->second), 0);
    check_size(sink_connections(k->first), 1);
}

static void large_messages(void **state) {
    static const char *const keywords[] = {"", "PIPELINING\nCHUNKING"};
    kit *k = *state;
    SCOPED_BUF b;
    buf_init(&b, 16 << 20);
    buf_add(&b, S("Subject: much\r\n\r\n"));
    for (size_t i = 0; b.n < 9 << 20; i++)
        buf_addf(&b, "%sline %zu\r\n", i % 5 ? "" : ".", i * 2654435761u);
    k->message = buf_str(&b);
    for (size_t i = 0; i < 2; i++) {
        kit_first(k, &(sink_script){.keywords = keywords[i]});
        kit_try(k, "bob@example.test");
        check_said(k, 0, SAID_RELAYED, "2.0.0");
        char *text = sink_text(sink_message_at(k->first, 0));
        assert_true(str_eq(str_c(text), k->message));
        free(text);
        relay_free(k->relay);
        k->relay = NULL;
    }
}

static void hopeless_content(void **state) {
    kit *k = *state;
    k->binary = true;
    kit_first(k, &(sink_script){.keywords = "CHUNKING"});
    kit_second(k, &(sink_script){.keywords = "CHUNKING\nBINARYMIME"});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_NEVER, "5.6.3");
    check_size(sink_said(k->first, "MAIL"), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(too_many_recipients), TEST(one_at_a_time),  TEST(none_taken),       TEST(dsn_goes_over), TEST(lmtp),
        TEST(maybe_sent),          TEST(large_messages), TEST(hopeless_content),
    };
    return cmocka_run_group_tests_name("relay_exchange", tests, kit_group_begin, kit_group_end);
}
