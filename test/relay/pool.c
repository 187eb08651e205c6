/* Connections between messages: kept, used again, let go. */
#include "kit.h"

#include "../net/on_loop.h"
#include "net/loop.h"

static void again(kit *k, size_t times) {
    for (size_t i = 0; i < times; i++) {
        kit_try(k, "bob@example.test");
        check_said(k, 0, SAID_RELAYED, "2.0.0");
    }
}

static void used_again(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "PIPELINING\nSTARTTLS"});
    again(k, 5);
    check_size(sink_connections(k->first), 1);
    check_size(sink_messages(k->first), 5);
    relay_free(k->relay);
    k->relay = NULL;
    kit_await(sink_said(k->first, "QUIT") == 1);
}

static void so_many_messages(void **state) {
    kit *k = *state;
    k->config.pool_messages = 2;
    kit_first(k, &(sink_script){0});
    again(k, 5);
    check_size(sink_connections(k->first), 3);
}

static void none_kept(void **state) {
    kit *k = *state;
    k->config.pool_per_host = 0;
    kit_first(k, &(sink_script){0});
    again(k, 3);
    check_size(sink_connections(k->first), 3);
    kit_await(sink_said(k->first, "QUIT") == 3);
}

/* The server left while the connection rested, or the moment it was used: nobody notices. */
static void server_left(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.messages_each = 1});
    again(k, 4);
    check_size(sink_connections(k->first), 4);
    kit_first(k, &(sink_script){0});
    again(k, 1);
    sink_stop(k->first);
    k->first = NULL;
    kit_second(k, &(sink_script){0});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    check_str(k->said[0].remote, S("mx2.example.test"));
}

static void expires(void **state) {
    kit *k = *state;
    k->config.pool_idle_ms = 60000;
    kit_first(k, &(sink_script){0});
    again(k, 1);
    time_test_advance(30000);
    loop_kick();
    nothing_more_on(0);
    check_size(sink_said(k->first, "QUIT"), 0);
    time_test_advance(31000);
    loop_kick();
    kit_await(sink_said(k->first, "QUIT") == 1);
    again(k, 1);
    check_size(sink_connections(k->first), 2);
}

static void refused_before(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.rcpt = {{"never", "550 5.1.1 who?"}}});
    kit_try(k, "never@example.test");
    check_said(k, 0, SAID_NEVER, "5.1.1");
    again(k, 1);
    check_size(sink_connections(k->first), 1);
    check_size(sink_said(k->first, "RSET"), 1); /* forgets what went before */
    check_size(sink_message_at(k->first, 0)->rcpts_n, 1);
}

/* Loops end before the relay is freed: what rested is gone with them. */
static void freed_after_the_loops(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.keywords = "STARTTLS"});
    again(k, 1);
    loops_stop();
    relay_free(k->relay);
    k->relay = NULL;
    check_ok(loops_start(2));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(used_again),     TEST(so_many_messages),      TEST(none_kept), TEST(server_left), TEST(expires),
        TEST(refused_before), TEST(freed_after_the_loops),
    };
    return cmocka_run_group_tests_name("relay_pool", tests, kit_group_begin, kit_group_end);
}
