/* SELECT and EXAMINE, STATUS, and the box a session holds. */
#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    serve_fill(&s, 3);
    client_log_in(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void describes(void **state) {
    store_mailbox box = serve_look(&s, "INBOX");
    str wanted =
        arena_strf(&c.memory,
                   "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\n"
                   "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that are kept\n"
                   "* 3 EXISTS\n* 0 RECENT\n* OK [UIDVALIDITY %u] UIDs are valid\n"
                   "* OK [UIDNEXT 4] Predicted next UID\n* OK [HIGHESTMODSEQ %llu] Highest\n"
                   "OK [READ-WRITE] SELECT done",
                   box.uidvalidity, (unsigned long long)box.modseq);
    assert_str(client_ask(&c, "SELECT inbox"), wanted);
    str got = client_well(&c, "EXAMINE INBOX (CONDSTORE)");
    assert_true(str_starts(got, S("* OK [CLOSED] ")) && str_ends(got, S("OK [READ-ONLY] EXAMINE done")));
    assert_true(str_find_str(got, S("* OK [PERMANENTFLAGS ()] ")) != STR_NONE);
}

/* RFC 9051 6.3.2: a SELECT that fails leaves nothing selected. */
static void fails(void **state) {
    client_well(&c, "SELECT INBOX");
    str got = client_ask(&c, "SELECT nope");
    assert_true(str_starts(got, S("* OK [CLOSED] The previous mailbox is closed\nNO [NONEXISTENT] ")));
    client_fails(&c, "FETCH 1 UID", "BAD");
    client_fails(&c, "SELECT", "BAD");
    client_fails(&c, "SELECT INBOX (FOO)", "BAD");
    client_fails(&c, "SELECT INBOX x", "BAD");
}

/* Many ranges, then one: numbers and UIDs agree. */
static void fragmented(void **state) {
    serve_fill(&s, 200);
    client_well(&c, "SELECT INBOX");
    for (int i = 2; i <= 200; i += 2)
        client_expect(&c, arena_cstr(&c.memory, arena_strf(&c.memory, "UID STORE %d +FLAGS.SILENT (\\Deleted)", i)),
                      "OK", __FILE__, __LINE__);
    client_well(&c, "EXPUNGE");
    client_well(&c, "SELECT INBOX");
    client_exactly(
        &c, "FETCH 50:52,* UID",
        "* 50 FETCH (UID 99)\n* 51 FETCH (UID 101)\n* 52 FETCH (UID 103)\n* 103 FETCH (UID 203)\nOK FETCH done");
    client_exactly(&c, "UID SEARCH 100:102", "* SEARCH 199 201 202\nOK SEARCH done");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(describes), CASE(fails), CASE(fragmented)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
