#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    serve_fill(&s, 2);
    serve_append_to(&s, "INBOX", S("Subject: x\r\n\r\n"), FLAG_SEEN | FLAG_DELETED);
    client_log_in(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void items(void **state) {
    store_mailbox box = serve_look(&s, "INBOX");
    str wanted =
        arena_strf(&c.memory,
                   "* STATUS \"INBOX\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY %u UNSEEN 2 DELETED 1 SIZE %llu RECENT 0"
                   " APPENDLIMIT 67108864 HIGHESTMODSEQ %llu)\nOK STATUS done",
                   box.uidvalidity, (unsigned long long)box.bytes, (unsigned long long)box.modseq);
    assert_str(
        client_ask(&c,
                   "STATUS inbox (HIGHESTMODSEQ APPENDLIMIT RECENT SIZE DELETED UNSEEN UIDVALIDITY UIDNEXT MESSAGES)"),
        wanted);
    client_exactly(&c, "STATUS \"INBOX\" (messages)", "* STATUS \"INBOX\" (MESSAGES 3)\nOK STATUS done");
}

static void wrong(void **state) {
    client_fails(&c, "STATUS nope (MESSAGES)", "NO [NONEXISTENT]");
    client_fails(&c, "STATUS INBOX", "BAD");
    client_fails(&c, "STATUS INBOX ()", "BAD");
    client_fails(&c, "STATUS INBOX (FOO)", "BAD");
    client_fails(&c, "STATUS INBOX (MESSAGES", "BAD");
    client_fails(&c, "STATUS INBOX MESSAGES", "BAD");
}

/* RFC 7162 3.1: asking for a modseq enables CONDSTORE. */
static void enables_condstore(void **state) {
    client_well(&c, "SELECT INBOX");
    str got = client_well(&c, "STATUS Trash (HIGHESTMODSEQ)");
    assert_true(str_starts(got, S("* OK [HIGHESTMODSEQ ")));
    got = client_well(&c, "STORE 1 +FLAGS (\\Seen)");
    assert_true(str_find_str(got, S(" MODSEQ (")) != STR_NONE);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(items), CASE(wrong), CASE(enables_condstore)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
