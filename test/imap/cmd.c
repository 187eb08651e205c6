/* Commands that are small enough to share a test, and how commands are told apart and answered. */
#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    client_log_in(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static str raw(str tag, str bytes) {
    client_send(&c, bytes);
    return client_rest(&c, tag);
}

static void heads(void **state) {
    assert_str(raw(S("*"), S("\r\n")), S("BAD Expected: tag command arguments"));
    assert_str(raw(S("*"), S("a\r\n")), S("BAD Expected: tag command arguments"));
    assert_str(raw(S("*"), S("a+b NOOP\r\n")), S("BAD Expected: tag command arguments"));
    assert_str(raw(S("*"), S(" NOOP\r\n")), S("BAD Expected: tag command arguments"));
    client_exactly(&c, "FROBNICATE", "BAD There is no such command");
    client_exactly(&c, "UID NOOP", "BAD There is no such command");
    client_exactly(&c, "UID", "BAD There is no such command");
    client_exactly(&c, "NOOP()", "BAD Expected: NOOP");
    client_exactly(&c, "NOOP x", "BAD Expected: NOOP");
    client_exactly(&c, "nOOp  ", "OK NOOP done");
    assert_str(raw(S("A.1]=#"), S("A.1]=# NOOP\n")), S("OK NOOP done"));
}

static void without_arguments(void **state) {
    client_exactly(&c, "NAMESPACE", "* NAMESPACE ((\"\" \"/\")) NIL NIL\nOK NAMESPACE done");
    client_fails(&c, "NAMESPACE x", "BAD");
    client_well(&c, "SELECT INBOX");
    client_exactly(&c, "CHECK", "OK CHECK done");
    client_fails(&c, "CHECK x", "BAD");
    client_fails(&c, "CLOSE x", "BAD");
    client_fails(&c, "UNSELECT x", "BAD");
    client_fails(&c, "EXPUNGE 1", "BAD");
    client_fails(&c, "LOGOUT x", "BAD");
    client_fails(&c, "CAPABILITY x", "BAD");
}

static void capabilities(void **state) {
    str got = client_ask(&c, "CAPABILITY");
    static const char *const wanted[] = {"IMAP4rev1",
                                         "IMAP4rev2",
                                         "LITERAL+",
                                         "IDLE",
                                         "NAMESPACE",
                                         "UIDPLUS",
                                         "MOVE",
                                         "UNSELECT",
                                         "SPECIAL-USE",
                                         "LIST-EXTENDED",
                                         "LIST-STATUS",
                                         "STATUS=SIZE",
                                         "CONDSTORE",
                                         "ESEARCH",
                                         "SEARCHRES",
                                         "ENABLE",
                                         "ID",
                                         "BINARY",
                                         "APPENDLIMIT=67108864",
                                         "CREATE-SPECIAL-USE",
                                         "CHILDREN"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (str_find_str(got, arena_strf(&c.memory, " %s", wanted[i])) == STR_NONE)
            fail_msg("no %s", wanted[i]);
    assert_true(str_find_str(got, S("AUTH=")) == STR_NONE && str_find_str(got, S("STARTTLS")) == STR_NONE);
}

static void identities(void **state) {
    client_exactly(&c, "ID NIL", "* ID (\"name\" \"Godwit\" \"version\" \"1.2.3\")\nOK ID done");
    client_well(&c, "ID (\"name\" \"test\" \"version\" NIL)");
    client_well(&c, "ID ()");
    client_fails(&c, "ID", "BAD");
    client_fails(&c, "ID (\"name\")", "BAD");
    client_fails(&c, "ID (\"name\" \"x\"", "BAD");
    SCOPED_BUF many;
    buf_init(&many, 65536);
    buf_add(&many, S("ID ("));
    for (int i = 0; i < 31; i++)
        buf_add(&many, S("\"a\" \"b\" "));
    buf_add(&many, S(")"));
    client_fails(&c, arena_cstr(&c.memory, buf_str(&many)), "BAD");
}

static void enabling(void **state) {
    client_exactly(&c, "ENABLE X-UNKNOWN condstore", "* ENABLED CONDSTORE\nOK ENABLE done");
    client_exactly(&c, "ENABLE IMAP4rev2 UTF8=ACCEPT", "* ENABLED IMAP4rev2 UTF8=ACCEPT\nOK ENABLE done");
    client_fails(&c, "ENABLE", "BAD");
    client_fails(&c, "ENABLE (x)", "BAD");
    client_well(&c, "CREATE {5+}\r\nE\xc3\xa4&x");
    client_exactly(&c, "LIST \"\" E*", "* LIST (\\HasNoChildren) \"/\" \"E\xc3\xa4&x\"\nOK LIST done");
    str got = client_well(&c, "SELECT \"E\xc3\xa4&x\"");
    assert_true(str_find_str(got, S("* LIST () \"/\" \"E\xc3\xa4&x\"\n")) != STR_NONE);
    assert_true(str_find_str(got, S("RECENT")) == STR_NONE);
}

static void creating(void **state) {
    client_exactly(&c, "CREATE a/b/c", "OK CREATE done");
    client_fails(&c, "CREATE a/b", "NO [ALREADYEXISTS]");
    client_exactly(&c, "CREATE x/", "OK CREATE done");
    client_fails(&c, "CREATE inbox", "NO [ALREADYEXISTS]");
    client_fails(&c, "CREATE \"\"", "NO [CANNOT]");
    client_fails(&c, "CREATE a//b", "NO [CANNOT]");
    client_fails(&c, "CREATE \"a&b\"", "NO [CANNOT]");
    client_fails(&c, "CREATE \"&AGE-\"", "NO [CANNOT]");
    client_fails(&c, "CREATE", "BAD");
    client_fails(&c, "CREATE x y", "BAD");
    client_fails(&c, "CREATE mine (USE (\\Archive))", "NO [USEATTR]"); /* there is one */
    client_well(&c, "DELETE Archive");
    client_exactly(&c, "CREATE mine (USE (\\Archive))", "OK CREATE done");
    client_fails(&c, "CREATE all (USE (\\All))", "NO [USEATTR]");
    client_fails(&c, "CREATE all (USE (\\Nope))", "NO [USEATTR]");
    client_fails(&c, "CREATE all (USE (\\Sent \\Junk))", "NO [USEATTR]");
    client_fails(&c, "CREATE all (USE \\Sent)", "BAD");
}

static void deleting_and_renaming(void **state) {
    client_fails(&c, "DELETE nope", "NO [NONEXISTENT]");
    client_fails(&c, "DELETE INBOX", "NO [NOPERM]");
    client_fails(&c, "DELETE", "BAD");
    client_well(&c, "CREATE a/b");
    client_exactly(&c, "DELETE a", "OK DELETE done"); /* what is below stays */
    client_well(&c, "SELECT a/b");
    client_fails(&c, "RENAME nope x", "NO [NONEXISTENT]");
    client_fails(&c, "RENAME a/b Sent", "NO [ALREADYEXISTS]");
    client_fails(&c, "RENAME a/b", "BAD");
    client_fails(&c, "RENAME a/b a/b/c", "NO [INUSE]");
    client_exactly(&c, "RENAME a/b q/r", "OK RENAME done");
    client_well(&c, "STATUS q/r (MESSAGES)");
    serve_fill(&s, 3);
    client_well(&c, "SELECT INBOX");
    str got = client_well(&c, "RENAME INBOX old"); /* RFC 9051 6.3.6: moves what is in it */
    assert_true(str_starts(got, S("* 3 EXPUNGE\n* 2 EXPUNGE\n* 1 EXPUNGE\n")));
    client_exactly(&c, "STATUS old (MESSAGES)", "* STATUS \"old\" (MESSAGES 3)\nOK STATUS done");
    client_exactly(&c, "STATUS INBOX (MESSAGES)", "* STATUS \"INBOX\" (MESSAGES 0)\nOK STATUS done");
}

static void expunging(void **state) {
    serve_fill(&s, 6);
    client_well(&c, "SELECT INBOX");
    client_well(&c, "STORE 1:4 +FLAGS.SILENT (\\Deleted)");
    client_exactly(&c, "UID EXPUNGE 2:3,6", "* 3 EXPUNGE\n* 2 EXPUNGE\nOK EXPUNGE done");
    client_exactly(&c, "UID EXPUNGE 100", "OK EXPUNGE done, there is no such message");
    client_fails(&c, "UID EXPUNGE", "BAD");
    client_fails(&c, "UID EXPUNGE 1 2", "BAD");
    client_well(&c, "EXAMINE INBOX");
    client_fails(&c, "EXPUNGE", "NO [NOPERM]");
    client_exactly(&c, "CLOSE", "OK CLOSE done"); /* read-only: nothing goes */
    client_well(&c, "SELECT INBOX");
    client_exactly(&c, "FETCH 1:* UID",
                   "* 1 FETCH (UID 1)\n* 2 FETCH (UID 4)\n* 3 FETCH (UID 5)\n* 4 FETCH (UID 6)\nOK FETCH done");
    client_exactly(&c, "CLOSE", "OK CLOSE done");
    client_well(&c, "SELECT INBOX");
    client_exactly(&c, "FETCH 1:* UID", "* 1 FETCH (UID 5)\n* 2 FETCH (UID 6)\nOK FETCH done");
}

/* Commands sent at once are answered in their order, each as if the others were done. */
static void pipelining(void **state) {
    serve_fill(&s, 3);
    str got =
        raw(S("e"),
            S("a SELECT INBOX\r\nb STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\nc EXPUNGE\r\nd FETCH 1:* UID\r\ne NOOP\r\n"));
    assert_true(
        str_ends(got, S("a OK [READ-WRITE] SELECT done\nb OK STORE done\n* 2 EXPUNGE\n* 1 EXPUNGE\nc OK EXPUNGE done\n"
                        "* 1 FETCH (UID 3)\nd OK FETCH done\nOK NOOP done")));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(heads),    CASE(without_arguments),     CASE(capabilities), CASE(identities), CASE(enabling),
        CASE(creating), CASE(deleting_and_renaming), CASE(expunging),    CASE(pipelining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
