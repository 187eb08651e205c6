/* Two mail exchangers, one message: who gets it, and what its recipients are told. */
#include "kit.h"

typedef struct host_case {
    const char *what;
    sink_script first; /* what the better host does */
    bool absent;       /* nobody listens there */
    bool goes_on;      /* to the second */
    queue_fate fate;   /* when there is no second that helps */
    const char *status;
} host_case;

static const host_case cases[] = {
    {"nobody listens", {0}, true, true, SAID_LATER, "4.4.1"},
    {"closes at once", {.close_at = SINK_CONNECT}, false, true, SAID_LATER, "4.4.2"},
    {"closes at EHLO", {.close_at = SINK_EHLO}, false, true, SAID_LATER, "4.4.2"},
    {"busy", {.greeting = "421 4.3.2 busy"}, false, true, SAID_LATER, "4.3.2"},
    {"no service", {.greeting = "554 5.3.2 no mail here"}, false, true, SAID_NEVER, "5.3.2"},
    {"speaks something else", {.greeting = "SSH-2.0-x"}, false, true, SAID_LATER, "4.5.0"},
    {"falls silent", {.slow_at = SINK_CONNECT, .slow_ms = 3000}, false, true, SAID_LATER, "4.4.1"},
    {"EHLO later", {.ehlo_refused = "421 4.3.2 bye"}, false, true, SAID_LATER, "4.3.2"},
    {"MAIL later", {.mail = "451 4.7.1 later"}, false, true, SAID_LATER, "4.7.1"},
    {"MAIL never", {.mail = "550 5.7.1 not you"}, false, false, SAID_NEVER, "5.7.1"},
    {"RCPT later", {.rcpt = {{"bob", "450 4.2.0 greylisted"}}}, false, false, SAID_LATER, "4.2.0"},
    {"RCPT never", {.rcpt = {{"bob", "550 5.1.1 who?"}}}, false, false, SAID_NEVER, "5.1.1"},
    {"RCPT closes", {.close_at = SINK_RCPT}, false, true, SAID_LATER, "4.4.2"},
    {"DATA later", {.data = "451 4.3.0 no disk"}, false, false, SAID_LATER, "4.3.0"},
    {"DATA never", {.data = "554 5.5.0 no"}, false, false, SAID_NEVER, "5.5.0"},
    {"DATA closes", {.close_at = SINK_DATA}, false, true, SAID_LATER, "4.4.2"},
    {"message later", {.end = "451 4.7.1 scanner down"}, false, false, SAID_LATER, "4.7.1"},
    {"message never", {.end = "554 5.7.1 spam"}, false, false, SAID_NEVER, "5.7.1"},
    {"closes after the dot", {.close_at = SINK_END}, false, false, SAID_LATER, "4.4.2"},
    {"silent after the dot", {.slow_at = SINK_END, .slow_ms = 2500}, false, false, SAID_LATER, "4.4.2"},
    {"no status codes", {.end = "554 spam"}, false, false, SAID_NEVER, "5.0.0"},
};

/* RFC 5321 5.1: the next host is tried when this one could not be talked to; an answer about the message is one. */
static void failover(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const host_case *c = &cases[i];
        k->config.times.banner_ms = k->config.times.data_end_ms = 1000;
        if (!c->absent)
            kit_first(k, &c->first);
        kit_second(k, &(sink_script){0});
        kit_try(k, "bob@example.test");
        if (c->goes_on) {
            check_said(k, 0, SAID_RELAYED, "2.0.0");
            check_str(k->said[0].remote, S("mx2.example.test"));
        } else {
            check_said(k, 0, c->fate, c->status);
            check_size(sink_connections(k->second), 0);
        }
        check_size(sink_messages(k->second), c->goes_on);
        check_size(k->first ? sink_messages(k->first) : 0, 0);
        relay_free(k->relay);
        k->relay = NULL;
    }
}

/* The same when the second does no better: nothing is lost, nothing sent twice. */
static void both_fail(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const host_case *c = &cases[i];
        if (c->absent || c->first.slow_ms)
            continue;
        kit_first(k, &c->first);
        kit_second(k, &c->first);
        kit_try(k, "bob@example.test");
        check_said(k, 0, c->fate, c->status);
        check_size(sink_connections(k->second), c->goes_on);
        relay_free(k->relay);
        k->relay = NULL;
    }
}

static void story_of_all_hosts(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.greeting = "421 4.3.2 busy"});
    kit_second(k, &(sink_script){.mail = "451 4.7.1 not now"});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_LATER, "4.7.1");
    assert_true(kit_has(k->said[0].text, "mx1.example.test: 421 4.3.2 busy; mx2.example.test: 451 4.7.1 not now"));
}

/* One host refuses for good, the other for now: there is hope. */
static void hope_wins(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.greeting = "451 4.3.2 busy"});
    kit_second(k, &(sink_script){.greeting = "554 5.3.2 never"});
    kit_try(k, "bob@example.test");
    check_said(k, 0, SAID_LATER, "4.3.2");
}

static void recipients_apart(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){
                     .keywords = "PIPELINING\nENHANCEDSTATUSCODES",
                     .rcpt = {{"never", "550 5.1.1 who?"}, {"later", "450 4.2.1 full"}, {"moved", "551 5.1.6 gone"}}});
    kit_try(k, "ok1@example.test never2@example.test later3@example.test ok4@example.test moved5@example.test");
    check_said(k, 0, SAID_RELAYED, "2.0.0");
    check_said(k, 1, SAID_NEVER, "5.1.1");
    check_said(k, 2, SAID_LATER, "4.2.1");
    check_said(k, 3, SAID_RELAYED, "2.0.0");
    check_said(k, 4, SAID_NEVER, "5.1.6");
    check_str(k->said[1].text, S("550 5.1.1 who?"));
    check_str(k->said[1].remote, S("mx1.example.test"));
    check_size(sink_message_at(k->first, 0)->rcpts_n, 2);
}

/* What a host said of one recipient for good stays said when it then goes away; the others go on. */
static void last_words_stay(void **state) {
    kit *k = *state;
    kit_first(k, &(sink_script){.rcpt = {{"never", "550 5.1.1 who?"}}, .close_at = SINK_DATA});
    kit_second(k, &(sink_script){0});
    kit_try(k, "never1@example.test ok2@example.test");
    check_said(k, 0, SAID_NEVER, "5.1.1");
    check_said(k, 1, SAID_RELAYED, "2.0.0");
    check_size(sink_message_at(k->second, 0)->rcpts_n, 1);
}

static void destinations(void **state) {
    static const struct {
        const char *recipient;
        queue_fate fate;
        const char *status;
    } there[] = {
        {"x@null.example.test", SAID_NEVER, "5.1.10"},   {"x@absent.example.test", SAID_NEVER, "5.1.2"},
        {"x@nothing.example.test", SAID_NEVER, "5.1.2"}, {"x@homeless.example.test", SAID_NEVER, "5.4.4"},
        {"x@loops.example.test", SAID_NEVER, "5.4.6"},   {"x@broken.test", SAID_LATER, "4.4.3"},
        {"x@half.example.test", SAID_RELAYED, "2.0.0"},  {"x@alone.example.test", SAID_RELAYED, "2.0.0"},
        {"x@[127.0.0.2]", SAID_RELAYED, "2.0.0"},        {"x@two.example.test", SAID_RELAYED, "2.0.0"},
    };
    kit *k = *state;
    kit_first(k, &(sink_script){0});
    kit_second(k, &(sink_script){0});
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        kit_try(k, there[i].recipient);
        check_said(k, 0, there[i].fate, there[i].status);
    }
}

/* Both addresses of one host are tried. */
static void second_address(void **state) {
    kit *k = *state;
    kit_second(k, &(sink_script){0});
    for (int i = 0; i < 4; i++) {
        kit_try(k, "x@two.example.test");
        check_said(k, 0, SAID_RELAYED, "2.0.0");
        relay_free(k->relay);
        k->relay = NULL;
    }
    check_size(sink_messages(k->second), 4);
}

/* RFC 5321 5.1, 6.3: mail does not go to ourselves, whatever the DNS says. */
static void loops(void **state) {
    kit *k = *state;
    k->config.allow_loopback = false;
    kit_first(k, &(sink_script){0});
    kit_try(k, "x@example.test"); /* both on loopback */
    check_said(k, 0, SAID_NEVER, "5.4.6");
    kit_try(k, "x@[127.0.0.2]");
    check_said(k, 0, SAID_NEVER, "5.4.6");
    kit_try(k, "x@self.example.test");
    check_said(k, 0, SAID_NEVER, "5.4.6");
    check_size(sink_connections(k->first), 0);
}

/* An attempt may hold several domains: each goes its own way, or all the smarthost's. */
static void several_domains(void **state) {
    static const char recipients[] =
        "a@example.test b@null.example.test c@alone.example.test d@example.test e@half.example.test";
    kit *k = *state;
    kit_first(k, &(sink_script){0});
    kit_second(k, &(sink_script){0});
    kit_try(k, recipients);
    check_size(k->n, 5);
    size_t never = 0;
    for (size_t i = 0; i < 5; i++)
        never += k->said[i].fate == SAID_NEVER && str_eq(k->said[i].status, S("5.1.10"));
    check_size(never, 1);
    check_size(sink_messages(k->first), 2);
    check_size(sink_messages(k->second), 1);
    relay_free(k->relay);
    k->relay = NULL;
    k->config.smarthost = arena_strf(&k->memory, "127.0.0.3:%u", k->config.port);
    kit_try(k, recipients);
    check_size(sink_messages(k->second), 2);
    check_size(sink_message_at(k->second, 1)->rcpts_n, 5);
}

static void most_hosts(void **state) {
    kit *k = *state;
    k->config.max_mx = 1;
    kit_second(k, &(sink_script){0});
    kit_try(k, "x@example.test");
    check_said(k, 0, SAID_LATER, "4.4.1");
    check_size(sink_connections(k->second), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_begin, kit_end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(failover),        TEST(both_fail),    TEST(story_of_all_hosts), TEST(hope_wins), TEST(recipients_apart),
        TEST(last_words_stay), TEST(destinations), TEST(second_address),     TEST(loops),     TEST(most_hosts),
        TEST(several_domains),
    };
    return cmocka_run_group_tests_name("relay_attempt", tests, kit_group_begin, kit_group_end);
}
