/* News: what one session does the others hear, in an order and at moments that RFC 9051 allows, and all end up
 * agreeing. */
#include <openssl/ssl.h>

#include "serve.h"

#include <pthread.h>

static served s;

static int begin(void **state) {
    serve_start(&s, true);
    return 0;
}

static int finish(void **state) {
    serve_stop(&s);
    return 0;
}

/* ---- one change, seen by another session ---- */

static void flags_are_told(void **state) {
    client a, b;
    serve_fill(&s, 3);
    client_select(&a, &s);
    client_select(&b, &s);
    client_exactly(&a, "STORE 2 +FLAGS (\\Flagged)", "* 2 FETCH (FLAGS (\\Flagged))\nOK STORE done");
    client_exactly(&b, "NOOP", "* 2 FETCH (FLAGS (\\Flagged))\nOK NOOP done");
    client_exactly(&b, "NOOP", "OK NOOP done"); /* once */
    client_exactly(&a, "NOOP", "OK NOOP done"); /* and one's own change not again */
    client_exactly(&a, "STORE 1 FLAGS.SILENT (\\Seen)", "OK STORE done");
    client_exactly(&a, "NOOP", "OK NOOP done");
    client_exactly(&b, "NOOP", "* 1 FETCH (FLAGS (\\Seen))\nOK NOOP done");
    client_close(&a);
    client_close(&b);
}

/* RFC 9051 7.5.1: no EXPUNGE during FETCH, STORE or SEARCH by number; the numbers stay as they were meanwhile. */
static void expunges_wait(void **state) {
    client a, b;
    serve_fill(&s, 4);
    client_select(&a, &s);
    client_select(&b, &s);
    client_exactly(&a, "STORE 2 +FLAGS.SILENT (\\Deleted)", "OK STORE done");
    client_exactly(&a, "EXPUNGE", "* 2 EXPUNGE\nOK EXPUNGE done");
    client_exactly(&b, "FETCH 1:4 (UID)",
                   "* 1 FETCH (UID 1)\n* 3 FETCH (UID 3)\n* 4 FETCH (UID 4)\nOK [EXPUNGEISSUED] Some "
                   "messages are no more");
    client_exactly(&b, "STORE 4 +FLAGS.SILENT (\\Draft)", "OK STORE done");
    client_exactly(&b, "STORE 2 +FLAGS.SILENT (\\Draft)", "NO [EXPUNGEISSUED] Some messages are no more");
    client_exactly(&b, "SEARCH ALL", "* SEARCH 1 2 3 4\nOK SEARCH done");
    client_exactly(&b, "UID SEARCH DRAFT", "* SEARCH 4\n* 2 EXPUNGE\nOK SEARCH done");
    client_exactly(&b, "FETCH 3 (UID)", "* 3 FETCH (UID 4)\nOK FETCH done");
    client_close(&a);
    client_close(&b);
}

static void arrivals(void **state) {
    client a;
    client_select(&a, &s);
    serve_fill(&s, 2);
    client_exactly(&a, "NOOP", "* 2 EXISTS\nOK NOOP done");
    serve_append_to(&s, "INBOX", S("Subject: x\r\n\r\n"), FLAG_SEEN);
    client_exactly(&a, "FETCH 1 (UID)", "* 1 FETCH (UID 1)\n* 3 EXISTS\nOK FETCH done");
    client_exactly(&a, "FETCH 3 (FLAGS)", "* 3 FETCH (FLAGS (\\Seen))\nOK FETCH done");
    client_close(&a);
}

/* Many at once, told from the highest down: each number is right when it is said. */
static void many_expunges(void **state) {
    client a, b;
    serve_fill(&s, 1500);
    client_select(&a, &s);
    client_select(&b, &s);
    client_well(&a, "STORE 3:1400 +FLAGS.SILENT (\\Deleted)");
    client_well(&a, "STORE 100 -FLAGS.SILENT (\\Deleted)");
    client_well(&a, "EXPUNGE");
    str got = client_ask(&b, "NOOP");
    uint32_t left = 1500;
    for (str line; str_cut(&got, '\n', &line) && str_ends(line, S(" EXPUNGE"));) {
        uint32_t n;
        assert_true(str_to_u32(str_sub(line, 2, line.n - 10), left, &n));
        left--;
    }
    assert_int_equal(left, 103);
    client_exactly(&b, "FETCH 3:4 (UID)", "* 3 FETCH (UID 100)\n* 4 FETCH (UID 1401)\nOK FETCH done");
    client_close(&a);
    client_close(&b);
}

static void keywords(void **state) {
    client a, b;
    serve_fill(&s, 1);
    client_select(&a, &s);
    client_select(&b, &s);
    str got = client_well(&a, "STORE 1 +FLAGS (work $Junk)");
    assert_true(str_starts(got, S("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work $Junk)\n")));
    assert_true(str_find_str(got, S("* 1 FETCH (FLAGS (work $Junk))\n")) != STR_NONE);
    got = client_well(&b, "FETCH 1 (FLAGS)");
    assert_true(str_starts(got, S("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work $Junk)\n")));
    assert_true(str_find_str(got, S("* 1 FETCH (FLAGS (work $Junk))\n")) != STR_NONE);
    client_close(&a);
    client_close(&b);
}

static void mailbox_vanishes(void **state) {
    client a, b;
    client_log_in(&a, &s);
    client_log_in(&b, &s);
    client_well(&a, "CREATE gone");
    client_well(&a, "SELECT gone");
    client_well(&b, "SELECT gone");
    client_exactly(&a, "DELETE gone", "* OK [CLOSED] The deleted mailbox is closed\nOK DELETE done");
    client_exactly(&a, "CHECK", "BAD CHECK is not possible without a selected mailbox");
    client_exactly(&b, "NOOP", "* BYE [NONEXISTENT] The selected mailbox was deleted\n(closed)");
    client_close(&a);
    client_close(&b);
}

static void renamed(void **state) {
    client a, b;
    client_log_in(&a, &s);
    client_log_in(&b, &s);
    client_well(&a, "CREATE old");
    serve_append_to(&s, "old", S("Subject: x\r\n\r\n"), 0);
    client_well(&b, "SELECT old");
    client_well(&a, "RENAME old new");
    serve_append_to(&s, "new", S("Subject: y\r\n\r\n"), 0);
    client_exactly(&b, "NOOP", "* 2 EXISTS\nOK NOOP done");
    client_close(&a);
    client_close(&b);
}

/* A silent STORE stays silent only when nobody else touched the same message. */
static void silent_but_honest(void **state) {
    client a, b;
    serve_fill(&s, 1);
    client_select(&a, &s);
    client_select(&b, &s);
    client_well(&a, "STORE 1 +FLAGS.SILENT (\\Flagged)");
    client_exactly(&b, "STORE 1 +FLAGS.SILENT (\\Seen)", "* 1 FETCH (FLAGS (\\Seen \\Flagged))\nOK STORE done");
    client_close(&a);
    client_close(&b);
}

/* ---- many sessions at random ---- */

enum { SESSIONS = 6, ROUNDS = 120, MOST = 4000 };

typedef struct model {
    client c;
    uint32_t uid[MOST + 1]; /* by number; 0: not heard yet */
    bool flagged[MOST + 1], known[MOST + 1];
    uint32_t count;
    unsigned seed;
} model;

static void fault(const char *what, str line) {
    fprintf(stderr, "%s: %.*s\n", what, STR_ARG(line));
    abort();
}

static void hear_fetch(model *m, uint32_t n, str rest, str line) {
    size_t at = str_find_str(rest, S("UID "));
    if (n == 0 || n > m->count)
        fault("FETCH of a message that is not there", line);
    if (at != STR_NONE) {
        str digits = str_skip(rest, at + 4);
        uint32_t uid;
        size_t end = 0;
        while (end < digits.n && ascii_digit(digits.p[end]))
            end++;
        if (!str_to_u32(str_sub(digits, 0, end), UINT32_MAX, &uid) || (m->uid[n] && m->uid[n] != uid))
            fault("another UID than before", line);
        m->uid[n] = uid;
    }
    if (str_find_str(rest, S("FLAGS (")) != STR_NONE) {
        m->flagged[n] = str_find_str(rest, S("\\Flagged")) != STR_NONE;
        m->known[n] = true;
    }
}

static void hear_expunge(model *m, uint32_t n, str line, bool allowed) {
    if (!allowed || n == 0 || n > m->count)
        fault("EXPUNGE that cannot be", line);
    memmove(&m->uid[n], &m->uid[n + 1], (m->count - n) * sizeof m->uid[0]);
    memmove(&m->flagged[n], &m->flagged[n + 1], (m->count - n) * sizeof m->flagged[0]);
    memmove(&m->known[n], &m->known[n + 1], (m->count - n) * sizeof m->known[0]);
    m->count--;
}

static void hear_exists(model *m, uint32_t n, str line) {
    if (n < m->count || n > MOST)
        fault("EXISTS that shrinks", line);
    for (; m->count < n; m->count++)
        m->uid[m->count + 1] = m->flagged[m->count + 1] = m->known[m->count + 1] = 0;
}

/* Takes everything the server said into the model. */
static void hear(model *m, str answer, bool expunge_allowed) {
    for (str line; str_cut(&answer, '\n', &line);) {
        str rest = line, word;
        uint32_t n;
        if (!str_starts(line, S("* ")))
            continue;
        rest = str_skip(rest, 2);
        if (!str_cut(&rest, ' ', &word) || !str_to_u32(word, UINT32_MAX, &n))
            continue;
        if (str_starts(rest, S("EXISTS")))
            hear_exists(m, n, line);
        else if (str_starts(rest, S("EXPUNGE")))
            hear_expunge(m, n, line, expunge_allowed);
        else if (str_starts(rest, S("FETCH")))
            hear_fetch(m, n, rest, line);
    }
}

static uint32_t pick(model *m) { return m->count ? 1 + (uint32_t)rand_r(&m->seed) % m->count : 1; }

static void act(model *m) {
    uint32_t a = pick(m), b = pick(m);
    client *c = &m->c;
    if (m->count == 0) {
        hear(m, client_ask(c, "NOOP"), true);
        return;
    }
    switch (rand_r(&m->seed) % 9) {
    case 0:
        hear(m, client_askf(c, "STORE %u:%u +FLAGS (\\Flagged)", a, b), false);
        break;
    case 1:
        hear(m, client_askf(c, "STORE %u:%u -FLAGS (\\Flagged)", a, b), false);
        break;
    case 2:
        hear(m, client_askf(c, "UID STORE %u +FLAGS.SILENT (\\Deleted)", m->uid[a] ? m->uid[a] : 1), true);
        m->known[a] = m->known[a] && m->uid[a];
        break;
    case 3:
        hear(m, client_ask(c, "EXPUNGE"), true);
        break;
    case 4:
        client_send(c, S("z APPEND INBOX (\\Flagged) {14+}\r\nSubject: x\r\n\r\n\r\n"));
        hear(m, client_rest(c, S("z")), true);
        break;
    case 5:
        hear(m, client_askf(c, "FETCH %u:%u (UID FLAGS)", a, b), false);
        break;
    case 6:
        hear(m, client_askf(c, "COPY %u INBOX", a), true);
        break;
    case 7:
        hear(m, client_askf(c, "MOVE %u Archive", a), true);
        break;
    default:
        hear(m, client_ask(c, "NOOP"), true);
    }
}

static void *live(void *arg) {
    model *m = arg;
    for (int i = 0; i < ROUNDS; i++)
        act(m);
    return NULL;
}

/* At the end everybody has the same messages under the same numbers, with the flags they have been told. */
static void compare(model *m, const model *truth) {
    if (m->count != truth->count)
        fail_msg("%u messages, and others see %u", m->count, truth->count);
    for (uint32_t n = 1; n <= m->count; n++) {
        if (m->uid[n] && m->uid[n] != truth->uid[n])
            fail_msg("message %u has UID %u, others see %u", n, m->uid[n], truth->uid[n]);
        if (m->known[n] && m->flagged[n] != truth->flagged[n])
            fail_msg("message %u (UID %u) is told flagged %d", n, truth->uid[n], m->flagged[n]);
    }
}

static void all_agree(void **state) {
    static model models[SESSIONS], truth;
    pthread_t threads[SESSIONS];
    serve_fill(&s, 30);
    for (unsigned i = 0; i < SESSIONS; i++) {
        models[i].seed = 17 * i + 1;
        client_log_in(&models[i].c, &s);
        hear(&models[i], client_ask(&models[i].c, "SELECT INBOX"), false);
    }
    for (unsigned i = 0; i < SESSIONS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live, &models[i]), 0);
    for (unsigned i = 0; i < SESSIONS; i++)
        pthread_join(threads[i], NULL);
    client_log_in(&truth.c, &s);
    hear(&truth, client_ask(&truth.c, "SELECT INBOX"), false);
    hear(&truth, client_ask(&truth.c, "FETCH 1:* (UID FLAGS)"), false);
    for (unsigned i = 0; i < SESSIONS; i++) {
        hear(&models[i], client_ask(&models[i].c, "NOOP"), true);
        compare(&models[i], &truth);
        client_close(&models[i].c);
    }
    client_close(&truth.c);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(flags_are_told),   CASE(expunges_wait), CASE(arrivals),          CASE(many_expunges), CASE(keywords),
        CASE(mailbox_vanishes), CASE(renamed),       CASE(silent_but_honest), CASE(all_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
