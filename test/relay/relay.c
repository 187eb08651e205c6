/* The whole way out: store, queue, relay, a server, and the news for the sender. */
#include "kit.h"

#include "mail/bounce.h"
#include "net/loop.h"

typedef struct house {
    mail mail;
    queue *queue;
} house;

static void start(kit *k, house *h) {
    h->mail = (mail){
        .store = k->store,
        .config = {.host = S("relay.test"), .detail_separators = S("+"), .queue_lifetime_s = 86400, .max_hops = 50}};
    const queue_config c = {.node = S("node"),
                            .max_active = 5000,
                            .max_per_domain = 2000,
                            .lease_s = 300,
                            .retry_first_s = 600,
                            .retry_most_s = 3600,
                            .delay_notice_s = 4 * 3600,
                            .notice = bounce_notice,
                            .notice_self = &h->mail};
    check_ok(relay_create(&k->relay, &k->config));
    const queue_target targets[] = {{"relay", relay_attempt, k->relay, false}};
    check_ok(queue_start(&h->queue, k->store, &c, targets, 1));
}

static size_t left(kit *k) {
    static const principal rules = {.role = ROLE_DELIVER};
    uint64_t waiting, active, held;
    check_ok(queue_count(k->store, &rules, &waiting, &active, &held));
    return waiting + active + held;
}

static void advance(int64_t seconds) {
    time_test_advance(seconds * 1000);
    loop_kick();
}

static void out_and_back(void **state) {
    kit *k = *state;
    house h;
    kit_first(k, &(sink_script){.keywords = "PIPELINING\nSIZE 100000", .rcpt = {{"nobody", "550 5.1.1 who is that?"}}});
    start(k, &h);
    kit_accept(k, "m1", "bob@example.test nobody@example.test", 86400);
    kit_await(left(k) == 0);
    check_size(sink_messages(k->first), 1);
    str news;
    check_size(kit_inbox(k, &news), 1);
    assert_true(kit_has(news, "Final-Recipient: rfc822; nobody@example.test"));
    assert_true(kit_has(news, "Remote-MTA: dns; mx1.example.test"));
    assert_true(kit_has(news, "Diagnostic-Code: smtp; 550 5.1.1 who is that?"));
    assert_true(kit_has(news, "mx1.example.test said: 550 5.1.1 who is that?"));
    assert_true(kit_has(news, "Action: failed") && !kit_has(news, "bob@example.test"));
    queue_stop(h.queue, deadline_in(5000));
}

/* A server that is away for a while gets the message once when it is back. */
static void comes_through_in_the_end(void **state) {
    kit *k = *state;
    house h;
    start(k, &h);
    kit_accept(k, "m1", "bob@example.test", 86400);
    kit_await(left(k) == 1);
    usleep(200000);
    kit_first(k, &(sink_script){.mail = "451 4.3.0 not yet"});
    advance(800);
    kit_await(sink_said(k->first, "MAIL") == 1);
    usleep(100000);
    kit_first(k, &(sink_script){0});
    for (int i = 0; i < 100 && left(k); i++) {
        advance(600);
        usleep(50000);
    }
    check_size(left(k), 0);
    check_size(sink_messages(k->first), 1);
    str news;
    check_size(kit_inbox(k, &news), 0);
    queue_stop(h.queue, deadline_in(5000));
}

static void given_up(void **state) {
    kit *k = *state;
    house h;
    start(k, &h);
    kit_accept(k, "m1", "bob@example.test", 3600); /* nobody listens */
    for (int i = 0; i < 200 && left(k); i++) {
        advance(120);
        usleep(20000);
    }
    check_size(left(k), 0);
    str news;
    check_size(kit_inbox(k, &news), 1);
    assert_true(kit_has(news, "Status: 5.4.7"));
    assert_true(kit_has(news, "What was tried:"));
    assert_true(kit_has(news, "mx1.example.test[127.0.0.2]:") && kit_has(news, "mx2.example.test[127.0.0.3]:"));
    queue_stop(h.queue, deadline_in(5000));
}

/* A thousand domains, each with its delivery that waits for a slow server, at the same time on two threads. */
static void many_at_once(void **state) {
    kit *k = *state;
    house h;
    enum { MANY = 1000 };
    kit_first(k, &(sink_script){.keywords = "PIPELINING", .slow_at = SINK_END, .slow_ms = 2000});
    char id[16], to[32];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(to, sizeof to, "bob@d%zu.many.test", i);
        kit_accept(k, id, to, 86400);
    }
    k->config.times.connect_ms = k->config.times.banner_ms = k->config.times.helo_ms = k->config.times.command_ms =
        k->config.times.data_start_ms = k->config.times.data_end_ms = 60000;
    int64_t began = time_mono_ms();
    start(k, &h);
    for (int i = 0; i < 6000 && left(k); i++)
        usleep(10000);
    check_size(left(k), 0);
    check_size(sink_messages(k->first), MANY);
    check(time_mono_ms() - began < 30000); /* one after the other they would take half an hour */
    check(sink_connections(k->first) > 500);
    queue_stop(h.queue, deadline_in(5000));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(out_and_back), TEST(comes_through_in_the_end), TEST(given_up),
                                       TEST(many_at_once)};
    return cmocka_run_group_tests_name("relay", tests, kit_group_begin, kit_group_end);
}
