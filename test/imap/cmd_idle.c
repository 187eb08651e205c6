#include <openssl/ssl.h>

#include "serve.h"

#include "base/time.h"
#include "imap/cmd.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void idle(void) {
    client_send(&c, S("i IDLE\r\n"));
    client_says(&c, "+ ");
}

static void done(void) {
    client_send(&c, S("DONE\r\n"));
    assert_str(client_rest(&c, S("i")), S("OK IDLE done"));
}

static void tells_at_once(void **state) {
    client_select(&c, &s);
    idle();
    for (uint32_t i = 1; i <= 5; i++) {
        int64_t before = time_mono_ms();
        serve_append(&s, S("Subject: new\r\n\r\n"));
        assert_str(client_line(&c), arena_strf(&c.memory, "* %u EXISTS", i));
        assert_true(time_mono_ms() - before < 1000); /* milliseconds on a machine that is not busy */
    }
    client other;
    client_select(&other, &s);
    client_well(&other, "STORE 2 +FLAGS (\\Deleted \\Flagged)");
    assert_str(client_line(&c), S("* 2 FETCH (FLAGS (\\Flagged \\Deleted))"));
    client_well(&other, "EXPUNGE");
    assert_str(client_line(&c), S("* 2 EXPUNGE"));
    client_close(&other);
    done();
    client_exactly(&c, "FETCH 2 UID", "* 2 FETCH (UID 3)\nOK FETCH done");
}

/* What came between the last command and IDLE is told too, and nothing twice. */
static void what_was_before(void **state) {
    client_select(&c, &s);
    serve_append(&s, S("Subject: new\r\n\r\n"));
    idle();
    assert_str(client_line(&c), S("* 1 EXISTS"));
    assert_true(client_is_silent(&c, 100));
    done();
}

static void without_a_mailbox(void **state) {
    client_log_in(&c, &s);
    idle();
    serve_append(&s, S("Subject: new\r\n\r\n"));
    assert_true(client_is_silent(&c, 50));
    done();
}

static void pipelined(void **state) {
    client_select(&c, &s);
    client_send(&c, S("i IDLE\r\nDONE\r\nn NOOP\r\n"));
    assert_str(client_rest(&c, S("n")), S("+ Idling\ni OK IDLE done\nOK NOOP done"));
}

static void only_done_ends_it(void **state) {
    client_select(&c, &s);
    idle();
    client_send(&c, S("x NOOP\r\n"));
    assert_true(str_starts(client_rest(&c, S("i")), S("BAD ")));
    idle();
    client_send(&c, S("DONE {5}\r\n"));
    assert_true(str_starts(client_rest(&c, S("i")), S("BAD ")));
    client_fails(&c, "IDLE now", "BAD");
    client_well(&c, "NOOP");
}

static void beats_and_ends(void **state) {
    s.service.idle_keepalive_ms = 100;
    s.service.idle_ms = 350;
    client_select(&c, &s);
    idle();
    assert_str(client_line(&c), S("* OK Still here"));
    assert_str(client_line(&c), S("* OK Still here"));
    while (str_eq(client_line(&c), S("* OK Still here")))
        ;
    client_ends(&c);
}

static void mailbox_vanishes(void **state) {
    client_log_in(&c, &s);
    client_well(&c, "CREATE x");
    client_well(&c, "SELECT x");
    idle();
    must(store_mailbox_remove(s.home.store, &s.user, S("x")));
    client_says(&c, "* BYE [NONEXISTENT]");
    client_ends(&c);
}

/* What rests in IDLE: these, a span for each gap in the UIDs, a watch and a waker. */
static void is_small(void **state) {
    assert_true(sizeof(imap_session) + sizeof(imap_box) + sizeof(imap_command) < 768);
}

/* Sessions that idle are many: each hears of each message. */
static void many(void **state) {
    enum { SESSIONS = 50, MESSAGES = 20 };
    static client all[SESSIONS];
    client_select(&c, &s);
    for (size_t i = 0; i < SESSIONS; i++) {
        client_select(&all[i], &s);
        client_send(&all[i], S("i IDLE\r\n"));
        client_says(&all[i], "+ ");
    }
    serve_fill(&s, MESSAGES);
    for (size_t i = 0; i < SESSIONS; i++) {
        uint32_t count = 0;
        while (count < MESSAGES) {
            str line = client_line(&all[i]), number = str_sub(line, 2, str_find(str_skip(line, 2), ' '));
            assert_true(str_ends(line, S(" EXISTS")) && str_to_u32(number, MESSAGES, &count));
        }
        client_close(&all[i]);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(tells_at_once),    CASE(what_was_before),      CASE(without_a_mailbox),
        CASE(pipelined),        CASE(only_done_ends_it),    CASE(beats_and_ends),
        CASE(mailbox_vanishes), cmocka_unit_test(is_small), CASE(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
