#include <openssl/ssl.h>

#include "serve.h"

static served s;
static client c;

/* 1 plain, 2 encoded words and UTF-8, 3 multipart with base64 text, 4 a large one with a Bcc, 5 without anything */
static const char *const mails[] = {
    "From: Anna Berg <anna@x.test>\r\nTo: Bert <bert@y.test>\r\nSubject: Meeting on Monday\r\n"
    "Date: Mon, 7 Feb 1994 23:52:25 -0800\r\nMessage-ID: <one@x.test>\r\nX-Tag: Blue\r\n\r\nThe agenda is "
    "attached.\r\n",
    "From: =?utf-8?q?J=C3=B6rg?= <j@x.test>\r\nCc: anna@x.test\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?= aus\r\n "
    "=?utf-8?q?K=C3=B6ln?=\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=F6ne "
    "=C4pfel\r\n",
    "From: c@z.test\r\nSubject: parts\r\nContent-Type: multipart/mixed; "
    "boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n"
    "\r\nc2VjcmV0IHdvcmRz\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\nnotsearched\r\n--b--\r\n",
    "From: d@z.test\r\nBcc: hidden@z.test\r\nSubject: Meeting again\r\nDate: Tue, 1 Mar 2005 00:00:00 +0000\r\n\r\n",
    "\r\n",
};

static int begin(void **state) {
    serve_start(&s, true);
    for (size_t i = 0; i < 5; i++)
        serve_append_to(&s, "INBOX", str_c(mails[i]), i == 1 ? FLAG_SEEN : i == 2 ? FLAG_SEEN | FLAG_FLAGGED : 0);
    client_select(&c, &s);
    return 0;
}

static int finish(void **state) {
    client_close(&c);
    serve_stop(&s);
    return 0;
}

static void finds_at(const char *keys, const char *numbers, int line) {
    str got = client_askf(&c, "SEARCH %s", keys);
    str wanted = arena_strf(&c.memory, "* SEARCH%s%s\nOK SEARCH done", numbers[0] ? " " : "", numbers);
    if (!str_eq(got, wanted))
        fail_msg("line %d: SEARCH %s found %.*s", line, keys, STR_ARG(got));
}
#define finds(keys, numbers) finds_at(keys, numbers, __LINE__)

static void flags_and_sets(void **state) {
    finds("ALL", "1 2 3 4 5");
    finds("SEEN", "2 3");
    finds("UNSEEN", "1 4 5");
    finds("SEEN UNFLAGGED", "2");
    finds("OR FLAGGED 5", "3 5");
    finds("NOT (SEEN OR 2 5)", "1 3 4 5");
    finds("NOT 2:4", "1 5");
    finds("UID 2,4:77", "2 4 5");
    finds("UID 99", "");
    finds("*", "5");
    finds("9", "");
    finds("NEW", "");
    finds("OLD 1", "1");
    finds("RECENT", "");
    finds("KEYWORD work", "");
    finds("UNKEYWORD work 1:2", "1 2");
    client_well(&c, "STORE 2 +FLAGS (Work)");
    finds("KEYWORD wORK", "2");
    finds("DELETED", "");
    finds("DRAFT", "");
    finds("UNANSWERED 3", "3");
}

static void numbers_and_dates(void **state) {
    finds("LARGER 200", "2 3");
    finds("SMALLER 3", "5");
    finds("ON 14-Nov-2023", "1 2 3 4 5"); /* +0100: there it is still the 14th */
    finds("SINCE 15-Nov-2023", "");
    finds("BEFORE 15-Nov-2023", "1 2 3 4 5");
    finds("SENTON 7-Feb-1994", "1"); /* as written, whatever day it was in Greenwich */
    finds("SENTBEFORE 1-Mar-2005", "1");
    finds("SENTSINCE 1-Mar-2005 SENTBEFORE 2-Mar-2005", "4");
    finds("OLDER 1000000", "1 2 3 4 5");
    finds("YOUNGER 1000000", "");
}

static void envelopes(void **state) {
    finds("SUBJECT meeting", "1 4");
    finds("SUBJECT \"ON MON\"", "1");
    finds("FROM anna", "1");
    finds("FROM \"Anna Berg <anna@\"", "1");
    finds("TO y.test", "1");
    finds("CC anna", "2");
    finds("BCC hidden", "4");
    finds("FROM {5+}\r\nJ\xc3\xb6rg", "2");
    finds("CHARSET UTF-8 SUBJECT \"gr\xc3\xbc\xc3\x9f"
          "e\"",
          "2");
    finds("CHARSET UTF-8 SUBJECT \"GR\xc3\x9cSSE AUS K\xc3\x96LN\"", "2"); /* folded: SS is sharp s */
    finds("SUBJECT \"\"", "1 2 3 4 5");
}

static void headers_and_texts(void **state) {
    finds("HEADER X-Tag blue", "1");
    finds("HEADER X-Tag \"\"", "1");
    finds("HEADER X-Nope \"\"", "");
    finds("HEADER Message-ID <ONE@", "1");
    finds("NOT HEADER X-Tag blue", "2 3 4 5");
    finds("BODY agenda", "1");
    finds("BODY \"Secret Words\"", "3");
    finds("BODY notsearched", "");
    finds("CHARSET UTF-8 BODY \"SCH\xc3\x96NE \xc3\xa4PFEL\"", "2");
    finds("TEXT meeting", "1 4");
    finds("TEXT anna", "1 2");
    finds("TEXT \"gr\xc3\xbc\xc3\x9f"
          "e aus k\xc3\xb6ln\"",
          "2");
    finds("NOT TEXT meeting UNSEEN", "5");
    finds("OR BODY agenda BODY secret", "1 3");
    finds("BODY \"\"", "1 2 3 4 5");
}

static void extended(void **state) {
    client_exactly(&c, "SEARCH RETURN (MIN MAX COUNT) UNSEEN",
                   "* ESEARCH (TAG \"t3\") MIN 1 MAX 5 COUNT 3\nOK SEARCH done");
    client_exactly(&c, "UID SEARCH RETURN () 2:5", "* ESEARCH (TAG \"t4\") UID ALL 2:5\nOK SEARCH done");
    client_exactly(&c, "SEARCH RETURN (ALL) KEYWORD none", "* ESEARCH (TAG \"t5\")\nOK SEARCH done");
    client_exactly(&c, "SEARCH RETURN (COUNT) KEYWORD none", "* ESEARCH (TAG \"t6\") COUNT 0\nOK SEARCH done");
    client_exactly(&c, "SEARCH RETURN (MIN) UNSEEN", "* ESEARCH (TAG \"t7\") MIN 1\nOK SEARCH done");
    client_well(&c, "ENABLE IMAP4rev2");
    client_exactly(&c, "SEARCH UNSEEN", "* ESEARCH (TAG \"t9\") ALL 1,4:5\nOK SEARCH done");
}

static void saved(void **state) {
    client_exactly(&c, "SEARCH RETURN (SAVE) UNSEEN", "OK SEARCH done, and saved");
    client_exactly(&c, "FETCH $ UID", "* 1 FETCH (UID 1)\n* 4 FETCH (UID 4)\n* 5 FETCH (UID 5)\nOK FETCH done");
    client_exactly(&c, "SEARCH RETURN (COUNT) $ SUBJECT meeting", "* ESEARCH (TAG \"t5\") COUNT 2\nOK SEARCH done");
    client_well(&c, "STORE 1:3 +FLAGS.SILENT (\\Deleted)");
    client_well(&c, "EXPUNGE");
    client_exactly(&c, "UID FETCH $ FLAGS", "* 1 FETCH (FLAGS () UID 4)\n* 2 FETCH (FLAGS () UID 5)\nOK FETCH done");
    client_exactly(&c, "UID SEARCH RETURN (SAVE MIN) ALL", "* ESEARCH (TAG \"t9\") UID MIN 4\nOK SEARCH done");
    client_exactly(&c, "FETCH $ UID", "* 1 FETCH (UID 4)\nOK FETCH done");
    client_exactly(&c, "SEARCH RETURN (SAVE) KEYWORD x", "OK SEARCH done, and saved");
    client_exactly(&c, "FETCH $ UID", "OK FETCH done");
    client_well(&c, "SELECT INBOX");
    client_exactly(&c, "FETCH $ UID", "OK FETCH done");
}

static void modseqs(void **state) {
    client_well(&c, "ENABLE CONDSTORE");
    unsigned long long modseq = serve_look(&s, "INBOX").modseq;
    client_well(&c, "STORE 2 +FLAGS.SILENT (\\Answered)");
    client_well(&c, "STORE 4 +FLAGS.SILENT (\\Answered)");
    str got = client_askf(&c, "SEARCH MODSEQ %llu", modseq + 1);
    assert_str(got, arena_strf(&c.memory, "* SEARCH 2 4 (MODSEQ %llu)\nOK SEARCH done", modseq + 2));
    got = client_askf(&c, "SEARCH OR MODSEQ %llu 1", modseq + 2);
    assert_str(got, arena_strf(&c.memory, "* SEARCH 1 4 (MODSEQ %llu)\nOK SEARCH done", modseq + 2));
    got = client_askf(&c, "SEARCH MODSEQ %llu", modseq + 3);
    assert_str(got, S("* SEARCH\nOK SEARCH done"));
    got = client_askf(&c, "SEARCH RETURN (MIN) MODSEQ %llu", modseq + 1);
    assert_true(
        str_starts(got, arena_strf(&c.memory, "* ESEARCH (TAG \"t%u\") MIN 2 MODSEQ %llu\n", c.tags, modseq + 1)));
}

static void refused(void **state) {
    client_exactly(&c, "SEARCH CHARSET KOI8-R SUBJECT x",
                   "NO [BADCHARSET (US-ASCII UTF-8)] The charset is not known here");
    client_fails(&c, "SEARCH", "BAD");
    client_fails(&c, "SEARCH SUBJECT", "BAD");
    client_fails(&c, "SEARCH SUBJECT \"\xff\"", "BAD");
    client_fails(&c, "SEARCH ((((((((((((((((((((((((((((((((((((ALL))))))))))))))))))))))))))))))))))))", "BAD");
}

/* More than one page, and an answer of many numbers. */
static void many(void **state) {
    serve_fill(&s, 1200);
    client_well(&c, "NOOP");
    client_well(&c, "STORE 600:1000 +FLAGS.SILENT (\\Flagged)");
    client_exactly(&c, "SEARCH RETURN (ALL) FLAGGED", "* ESEARCH (TAG \"t5\") ALL 3,600:1000\nOK SEARCH done");
    client_exactly(&c, "SEARCH RETURN (COUNT) SUBJECT 11", "* ESEARCH (TAG \"t6\") COUNT 120\nOK SEARCH done");
    client_exactly(&c, "UID SEARCH 900:1000 BODY \"body 99\"", "* SEARCH 995 996 997 998 999 1000\nOK SEARCH done");
    str got = client_well(&c, "SEARCH UNSEEN");
    assert_int_equal(str_rfind(str_sub(got, 0, str_find(got, '\n')), ' '), str_find(got, '\n') - 5);
    assert_true(str_ends(str_sub(got, 0, str_find(got, '\n')), S(" 1205")));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(flags_and_sets),    CASE(numbers_and_dates), CASE(envelopes),
        CASE(headers_and_texts), CASE(extended),          CASE(saved),
        CASE(modseqs),           CASE(refused),           CASE(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
