#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    serve_fill(&s, 6);
    client_select(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void copies(void **state) {
    unsigned archive = serve_look(&s, "Archive").uidvalidity;
    client_well(&c, "STORE 2 FLAGS (\\Flagged work)");
    str got = client_ask(&c, "COPY 5,1:3 Archive");
    assert_str(got, arena_strf(&c.memory, "OK [COPYUID %u 1:3,5 1:3,4] COPY done", archive));
    got = client_ask(&c, "UID COPY 6,77 Archive");
    assert_str(got, arena_strf(&c.memory, "OK [COPYUID %u 6 5] COPY done", archive));
    client_exactly(&c, "UID COPY 77 Archive", "OK COPY done, there was nothing to do");
    client_fails(&c, "COPY 7 Archive", "NO [CLIENTBUG]");
    client_exactly(&c, "COPY 1 Nope", "NO [TRYCREATE] There is no such mailbox");
    client_fails(&c, "COPY 1", "BAD");
    client_fails(&c, "COPY x Archive", "BAD");
    client_fails(&c, "COPY 1 Archive x", "BAD");
    client_well(&c, "SELECT Archive");
    got = client_ask(&c, "FETCH 1:* (FLAGS INTERNALDATE)");
    assert_true(
        str_find_str(got, S("* 2 FETCH (FLAGS (\\Flagged work) INTERNALDATE \"14-Nov-2023 23:13:20 +0100\")\n")) !=
        STR_NONE);
}

static void copies_into_itself(void **state) {
    str got = client_ask(&c, "COPY 2:3 INBOX");
    assert_str(got, arena_strf(&c.memory, "* 8 EXISTS\nOK [COPYUID %u 2:3 7:8] COPY done",
                               serve_look(&s, "INBOX").uidvalidity));
}

static void moves(void **state) {
    unsigned trash = serve_look(&s, "Trash").uidvalidity;
    str got = client_ask(&c, "MOVE 2,4:5 Trash");
    assert_str(got,
               arena_strf(&c.memory,
                          "* OK [COPYUID %u 2,4:5 1,2:3] Moved\n* 5 EXPUNGE\n* 4 EXPUNGE\n* 2 EXPUNGE\nOK MOVE done",
                          trash));
    got = client_ask(&c, "UID MOVE 6 Trash");
    assert_str(got, arena_strf(&c.memory, "* OK [COPYUID %u 6 4] Moved\n* 3 EXPUNGE\nOK MOVE done", trash));
    client_exactly(&c, "FETCH 1:* UID", "* 1 FETCH (UID 1)\n* 2 FETCH (UID 3)\nOK FETCH done");
    client_fails(&c, "MOVE 1 Nope", "NO [TRYCREATE]");
    client_well(&c, "EXAMINE INBOX");
    client_fails(&c, "MOVE 1 Trash", "NO [NOPERM]");
    client_well(&c, "COPY 1 Trash");
    assert_int_equal(serve_look(&s, "Trash").messages, 5);
}

/* All or nothing: over the quota nothing is copied. */
static void over_quota(void **state) {
    const store_account full = {.quota_bytes = 400};
    must(store_account_set(s.home.store, &home_admin, s.user.account, ACCOUNT_SET_QUOTA, &full));
    client_fails(&c, "COPY 1:6 Archive", "NO [OVERQUOTA]");
    assert_int_equal(serve_look(&s, "Archive").messages, 0);
    client_well(&c, "MOVE 1:6 Archive"); /* needs no more room */
    assert_int_equal(serve_look(&s, "Archive").messages, 6);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(copies), CASE(copies_into_itself), CASE(moves), CASE(over_quota)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
