#include <signal.h>

#include "../base/check.h"
#include "base/codec.h"
#include "dialogue.h"
#include "home.h"
#include "scram_client.h"

static str some_binding = {"0123456789abcdef0123456789abcdef", 32};
static str other_binding = {"0123456789abcdef0123456789abcdeF", 32};

static int open_home(void **state) {
    static home h;
    auth_config c = home_auth_config();
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    home_disable(&h, home_add_password(&h, S("gone@demo.test"), S("pass")));
    home_add(&h, S("old@demo.test"), S("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"));
    home_add(&h, S("none@demo.test"), S(""));
    *state = &h;
    return 0;
}

static int close_home(void **state) {
    home_close(*state);
    return 0;
}

/* What one run of the mechanism is made of. */
typedef struct run {
    str mechanism, gs2, name, password;
    str *server_binding; /* NULL: no TLS */
    str client_binding;
} run;

static const run ordinary = {{"SCRAM-SHA-256", 13}, {"n,,", 3}, {"user@demo.test", 14}, {"pass", 4}, NULL, {"", 0}};

/* To the end; the server must have proved itself to a client that was let in. */
static void play(home *h, const run *r, dialogue *d) {
    scram_client c;
    SCOPED_BUF first = {.max = 10000}, final = {.max = 10000};
    must(dialogue_begin(d, h->auth, r->mechanism, r->server_binding));
    scram_client_begin(&c, r->gs2, r->name, r->password, S("rOprNGfwEbeRWgbNEkqO"), &first);
    dialogue_say(d, buf_str(&first));
    if (d->state == SASL_CONTINUE) {
        assert_true(str_starts(d->challenge, S("r=rOprNGfwEbeRWgbNEkqO")));
        assert_true(scram_client_answer(&c, d->challenge, r->client_binding, &final));
        dialogue_say(d, buf_str(&final));
    }
    if (d->state == SASL_CONTINUE) {
        assert_true(scram_client_trusts(&c, d->challenge));
        assert_int_equal(d->user.who.role, ROLE_NOBODY);
        dialogue_say(d, S(""));
    }
    scram_client_free(&c);
}

static void succeeds(home *h, const run *r) {
    dialogue d;
    play(h, r, &d);
    assert_int_equal(d.state, SASL_DONE);
    assert_string_equal(d.user.name, "user@demo.test");
    assert_int_equal(d.challenge.n, 0);
    dialogue_end(&d);
}

static void fails(home *h, const run *r, err_what what) {
    dialogue d;
    play(h, r, &d);
    assert_int_equal(d.state, SASL_FAILED);
    assert_int_equal(d.why.kind, ERR_PEER);
    assert_int_equal(d.why.what, what);
    assert_int_equal(d.user.who.role, ROLE_NOBODY);
    dialogue_end(&d);
}

static void passwords(void **state) {
    run r = ordinary;
    succeeds(*state, &r);
    r.gs2 = S("n,a=user@demo.test,");
    succeeds(*state, &r);
    r.gs2 = S("n,a=other@demo.test,");
    fails(*state, &r, ERR_DENIED);
    r = ordinary;
    r.password = S("guess");
    fails(*state, &r, ERR_DENIED);
    static const str nobody[] = {
        {"nobody@demo.test", 16}, {"gone@demo.test", 14}, {"old@demo.test", 13}, {"none@demo.test", 14}, {"x", 1}};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        r = ordinary;
        r.name = nobody[i];
        fails(*state, &r, ERR_DENIED);
    }
}

static void bindings(void **state) {
    run r = ordinary;
    r.server_binding = &some_binding;
    succeeds(*state, &r); /* a client that knows nothing of it */
    r.gs2 = S("y,,");
    fails(*state, &r, ERR_DENIED); /* our offer was taken away on the line */
    r.server_binding = NULL;
    succeeds(*state, &r); /* nothing was offered */
    r.gs2 = S("p=tls-exporter,,");
    r.client_binding = some_binding;
    fails(*state, &r, ERR_SYNTAX); /* not with this mechanism */

    r.mechanism = S("SCRAM-SHA-256-PLUS");
    r.server_binding = &some_binding;
    succeeds(*state, &r);
    r.client_binding = other_binding; /* somebody in between */
    fails(*state, &r, ERR_DENIED);
    r.gs2 = S("p=tls-unique,,");
    fails(*state, &r, ERR_UNSUPPORTED);
    r.gs2 = S("n,,");
    fails(*state, &r, ERR_SYNTAX);
    r.gs2 = S("y,,");
    fails(*state, &r, ERR_SYNTAX);
}

/* The words of one exchange do not serve in another. */
static void replayed(void **state) {
    home *h = *state;
    dialogue one, two;
    scram_client c;
    SCOPED_BUF first = {.max = 1000}, final = {.max = 1000};
    must(dialogue_begin(&one, h->auth, ordinary.mechanism, NULL));
    must(dialogue_begin(&two, h->auth, ordinary.mechanism, NULL));
    scram_client_begin(&c, S("n,,"), ordinary.name, ordinary.password, S("abc"), &first);
    dialogue_say(&one, buf_str(&first));
    dialogue_say(&two, buf_str(&first));
    assert_false(str_eq(one.challenge, two.challenge));
    assert_true(scram_client_answer(&c, one.challenge, S(""), &final));
    dialogue_say(&two, buf_str(&final));
    assert_int_equal(two.state, SASL_FAILED);
    assert_int_equal(two.why.what, ERR_DENIED);
    dialogue_say(&one, buf_str(&final));
    assert_int_equal(one.state, SASL_CONTINUE);
    dialogue_say(&one, buf_str(&final)); /* in place of the empty message */
    assert_int_equal(one.state, SASL_FAILED);
    assert_int_equal(one.user.who.role, ROLE_NOBODY);
    dialogue_end(&one);
    dialogue_end(&two);
    scram_client_free(&c);
}

/* Salt and rounds as the server shows them to somebody of that name. */
static str shown(auth *a, str name, arena *memory) {
    dialogue d;
    must(dialogue_begin(&d, a, ordinary.mechanism, NULL));
    dialogue_say(&d, arena_strf(memory, "n,,n=%.*s,r=abc", STR_ARG(name)));
    assert_int_equal(d.state, SASL_CONTINUE);
    str copy = arena_str(memory, str_skip(d.challenge, str_find(d.challenge, ',')));
    dialogue_end(&d);
    return copy;
}

/* Those who do not exist look like those who do, after a restart too; so does who has nothing SCRAM can work with. */
static void unknown(void **state) {
    home *h = *state;
    SCOPED_ARENA a;
    arena_init(&a, 100000);
    str real = shown(h->auth, S("user@demo.test"), &a);
    auth_config same = home_auth_config(), fresh = home_auth_config();
    fresh.secret = S("");
    auth *restarted = auth_create(h->store, &same), *elsewhere = auth_create(h->store, &fresh);
    static const str names[] = {
        {"nobody@demo.test", 16}, {"nobodz@demo.test", 16}, {"old@demo.test", 13}, {"none@demo.test", 14}, {"x", 1}};
    str before = S("");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        str one = shown(h->auth, names[i], &a);
        assert_int_equal(one.n, real.n);
        assert_str(str_skip(one, str_find_str(one, S(",i="))), str_skip(real, str_find_str(real, S(",i="))));
        assert_str(shown(h->auth, names[i], &a), one);
        assert_str(shown(restarted, names[i], &a), one);
        assert_false(str_eq(shown(elsewhere, names[i], &a), one));
        assert_false(str_eq(before, one));
        before = one;
    }
    assert_str(shown(h->auth, S("NOBODY@demo.test"), &a), shown(h->auth, S("nobody@demo.test"), &a));
    auth_free(restarted);
    auth_free(elsewhere);
}

static void malformed(void **state) {
    home *h = *state;
    const str firsts[] = {
        S(""), S("n,,"), S("n,,n=user@demo.test"), S("n,,n=a=b,r=abc"), S("\0"), S("n,,m=1,n=user@demo.test,r=abc")};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        dialogue d;
        must(dialogue_begin(&d, h->auth, ordinary.mechanism, NULL));
        dialogue_say(&d, firsts[i]);
        assert_int_equal(d.state, SASL_FAILED);
        assert_int_equal(d.why.what, ERR_SYNTAX);
        dialogue_end(&d);
        must(dialogue_begin(&d, h->auth, ordinary.mechanism, NULL));
        dialogue_listen(&d);
        assert_int_equal(d.state, SASL_CONTINUE);
        assert_int_equal(d.challenge.n, 0);
        dialogue_say(&d, S("n,,n=user@demo.test,r=abc"));
        dialogue_say(&d, firsts[i]);
        assert_int_equal(d.why.what, ERR_SYNTAX);
        dialogue_end(&d);
    }
}

/* ---- another's client: gsasl(1), where it is installed ---- */

typedef struct gsasl {
    pid_t child;
    int to, from;
} gsasl;

static void gsasl_start(gsasl *g, str mechanism, bool binds) {
    int in[2], out[2];
    char name[40];
    snprintf(name, sizeof name, "%.*s", STR_ARG(mechanism));
    assert_int_equal(pipe(in) | pipe(out), 0);
    g->child = fork();
    if (g->child == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execlp("gsasl", "gsasl", "--quiet", "--client", "-m", name, "-a", "user@demo.test", "-p", "pass",
               binds ? "--service=pop" : "--no-cb", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    g->to = in[1];
    g->from = out[0];
}

static void gsasl_say(gsasl *g, str message) {
    SCOPED_BUF line = {.max = 10000};
    base64_encode(&line, message);
    buf_add_byte(&line, '\n');
    assert_int_equal(write(g->to, line.p, line.n), (ssize_t)line.n);
}

/* Its next line as a message; a prompt may stand before it. False when there is none. */
static bool gsasl_listen(gsasl *g, buf *message) {
    SCOPED_BUF line = {.max = 10000};
    char c = 0;
    while (read(g->from, &c, 1) == 1 && c != '\n')
        buf_add_byte(&line, c);
    if (c != '\n')
        return false;
    size_t prompt = str_rfind(buf_str(&line), ' ');
    buf_clear(message);
    return base64_decode(message, str_skip(buf_str(&line), prompt == STR_NONE ? 0 : prompt + 1));
}

static void gsasl_play(home *h, str mechanism, bool binds) {
    gsasl g;
    dialogue d;
    SCOPED_BUF message = {.max = 10000};
    must(dialogue_begin(&d, h->auth, mechanism, binds ? &some_binding : NULL));
    gsasl_start(&g, mechanism, binds);
    gsasl_listen(&g, &message); /* the mechanism's name */
    if (binds)
        gsasl_say(&g, some_binding); /* which it asks for */
    for (int i = 0; i < 2; i++) {
        assert_true(gsasl_listen(&g, &message));
        dialogue_say(&d, buf_str(&message));
        assert_int_equal(d.state, SASL_CONTINUE);
        gsasl_say(&g, d.challenge);
    }
    assert_true(gsasl_listen(&g, &message)); /* our signature was right, or it would have ended */
    dialogue_say(&d, buf_str(&message));
    assert_int_equal(d.state, SASL_DONE);
    dialogue_end(&d);
    close(g.to);
    close(g.from);
    waitpid(g.child, NULL, 0);
}

static void another_client(void **state) {
    if (system("gsasl --version >/dev/null 2>&1") != 0)
        fail_msg("gsasl is not installed; tools/setup.sh test installs it");
    gsasl_play(*state, S("SCRAM-SHA-256"), false);
    gsasl_play(*state, S("SCRAM-SHA-256-PLUS"), true);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords), cmocka_unit_test(bindings),  cmocka_unit_test(replayed),
        cmocka_unit_test(unknown),   cmocka_unit_test(malformed), cmocka_unit_test(another_client),
    };
    return cmocka_run_group_tests(tests, open_home, close_home);
}
