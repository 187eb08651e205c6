#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

static int begin(void **state) {
    serve_start(&s, true);
    serve_fill(&s, 4);
    client_select(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void operations(void **state) {
    client_exactly(&c, "STORE 1 FLAGS (\\Seen \\Draft)", "* 1 FETCH (FLAGS (\\Seen \\Draft))\nOK STORE done");
    client_exactly(&c, "STORE 1 +FLAGS \\Answered", "* 1 FETCH (FLAGS (\\Seen \\Answered \\Draft))\nOK STORE done");
    client_exactly(&c, "STORE 1 -flags (\\sEEN \\Draft)", "* 1 FETCH (FLAGS (\\Answered))\nOK STORE done");
    client_exactly(&c, "STORE 1 +FLAGS (\\Answered)", "* 1 FETCH (FLAGS (\\Answered))\nOK STORE done");
    client_exactly(&c, "UID STORE 2:3 FLAGS \\Seen",
                   "* 2 FETCH (UID 2 FLAGS (\\Seen))\n* 3 FETCH (UID 3 FLAGS (\\Seen))\nOK STORE done");
    client_exactly(&c, "STORE 1:3 FLAGS ()",
                   "* 1 FETCH (FLAGS ())\n* 2 FETCH (FLAGS ())\n* 3 FETCH (FLAGS ())\nOK STORE done");
    client_exactly(&c, "STORE 4 +FLAGS.SILENT (\\Deleted)", "OK STORE done");
    client_exactly(&c, "UID STORE 99 +FLAGS (\\Deleted)", "OK STORE done");
    client_exactly(&c, "FETCH 4 FLAGS", "* 4 FETCH (FLAGS (\\Deleted))\nOK FETCH done");
}

static void keywords(void **state) {
    str got = client_well(&c, "STORE 1 FLAGS (work $Forwarded)");
    assert_true(str_find_str(got, S("* 1 FETCH (FLAGS (work $Forwarded))\n")) != STR_NONE);
    client_exactly(&c, "STORE 1 -FLAGS (WORK)", "* 1 FETCH (FLAGS ($Forwarded))\nOK STORE done");
    SCOPED_BUF all;
    buf_init(&all, 65536);
    buf_add(&all, S("STORE 2 +FLAGS.SILENT ("));
    for (int i = 0; i < LIMIT_KEYWORDS; i++)
        buf_addf(&all, "k%d ", i);
    buf_add(&all, S("last)"));
    client_fails(&c, arena_cstr(&c.memory, buf_str(&all)), "NO [LIMIT]");
}

static void wrong(void **state) {
    client_fails(&c, "STORE 1", "BAD");
    client_fails(&c, "STORE 1 FLAGS", "BAD");
    client_fails(&c, "STORE 1 FLAGS (\\Recent)", "BAD");
    client_fails(&c, "STORE 1 FLAGS (\\Foo)", "BAD");
    client_fails(&c, "STORE 1 FLAGS (a", "BAD");
    client_fails(&c, "STORE 1 *FLAGS (a)", "BAD");
    client_fails(&c, "STORE 1 FLAGS.LOUD (a)", "BAD");
    client_fails(&c, "STORE 1 (UNCHANGEDSINCE) FLAGS (a)", "BAD");
    client_fails(&c, "STORE 5 FLAGS (a)", "NO [CLIENTBUG]");
    client_well(&c, "EXAMINE INBOX");
    client_fails(&c, "STORE 1 FLAGS (a)", "NO [NOPERM]");
}

/* RFC 7162 3.1.3 */
static void conditional(void **state) {
    unsigned long long modseq = serve_look(&s, "INBOX").modseq;
    client other;
    client_select(&other, &s);
    client_well(&other, "STORE 2 +FLAGS (\\Flagged)");
    client_close(&other);
    str got = client_askf(&c, "STORE 1:3 (UNCHANGEDSINCE %llu) +FLAGS.SILENT (\\Seen)", modseq);
    str wanted =
        arena_strf(&c.memory,
                   "* OK [HIGHESTMODSEQ %llu] CONDSTORE is enabled\n* 1 FETCH (MODSEQ (%llu))\n* 3 FETCH (MODSEQ"
                   " (%llu))\n* 1 FETCH (FLAGS (\\Seen) MODSEQ (%llu))\n* 2 FETCH (FLAGS (\\Flagged) MODSEQ (%llu))"
                   "\n* 3 FETCH (FLAGS (\\Seen) MODSEQ (%llu))\nOK [MODIFIED 2] Some messages were changed by others",
                   modseq, modseq + 2, modseq + 2, modseq + 2, modseq + 1, modseq + 2);
    assert_str(got, wanted);
    got = client_askf(&c, "UID STORE 1:* (UNCHANGEDSINCE %llu) +FLAGS (\\Draft)", modseq + 1);
    wanted =
        arena_strf(&c.memory,
                   "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Draft) MODSEQ (%llu))\n* 4 FETCH (UID 4 FLAGS (\\Draft) MODSEQ"
                   " (%llu))\nOK [MODIFIED 1,3] Some messages were changed by others",
                   modseq + 3, modseq + 3);
    assert_str(got, wanted);
    client_fails(&c, "STORE 1 (UNCHANGEDSINCE 0) FLAGS ()", "OK [MODIFIED 1]");
}

/* More than one portion. */
static void many(void **state) {
    serve_fill(&s, 2500);
    client_well(&c, "NOOP");
    str got = client_well(&c, "STORE 2:2504 +FLAGS (\\Flagged)");
    uint32_t n = 1;
    for (str line; str_cut(&got, '\n', &line) && line.p[0] == '*';)
        assert_str(line, arena_strf(&c.memory, "* %u FETCH (FLAGS (\\Flagged))", ++n));
    assert_int_equal(n, 2504);
    client_exactly(&c, "SEARCH RETURN (COUNT) FLAGGED", "* ESEARCH (TAG \"t5\") COUNT 2503\nOK SEARCH done");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(operations), CASE(keywords), CASE(wrong), CASE(conditional), CASE(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
