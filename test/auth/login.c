#include "auth/login.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "../base/check.h"
#include "auth/throttle.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "home.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/offload.h"

static addr client(void) {
    addr a;
    assert_true(addr_parse(S("192.0.2.1"), &a));
    return a;
}

static err log_in(home *h, str name, str password, auth_user *user) {
    addr from = client();
    return auth_login(h->auth, &from, name, password, user);
}

static void expect(home *h, str name, str password, err_what what) {
    auth_user user;
    err e = log_in(h, name, password, &user);
    if (what == ERR_WHAT_OTHER) {
        assert_int_equal(e.kind, ERR_NONE);
        assert_int_equal(user.who.role, ROLE_ACCOUNT);
        return;
    }
    assert_int_equal(e.kind, ERR_PEER);
    assert_int_equal(e.what, what);
    assert_int_equal(user.who.role, ROLE_NOBODY);
    assert_int_equal(user.who.account, 0);
}

static void names(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.default_domain = S("demo.test");
    home_open(&h, &c);
    int64_t id = home_add_password(&h, S("user@demo.test"), S("pass"));
    auth_user user;
    must(log_in(&h, S("User@DEMO.test"), S("pass"), &user));
    assert_int_equal(user.who.account, id);
    assert_string_equal(user.name, "user@demo.test");
    expect(&h, S("user"), S("pass"), ERR_WHAT_OTHER);
    expect(&h, S("user@demo.test."), S("pass"), ERR_WHAT_OTHER);
    expect(&h, S("user@demo.test"), S("Pass"), ERR_DENIED);
    expect(&h, S("user@demo.test"), S(""), ERR_DENIED);
    const str nobody[] = {S(""),
                          S("@"),
                          S("other"),
                          S("user@other.test"),
                          S("user@demo.test\0"),
                          S("user\0@demo.test"),
                          S("\0"),
                          S("us er@demo.test"),
                          S("<user@demo.test>"),
                          S("user@demo.test,x"),
                          S("\xff\xfe")};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        expect(&h, nobody[i], S("pass"), ERR_DENIED);
    char longest[LIMIT_ADDRESS * 4];
    memset(longest, 'a', sizeof longest);
    expect(&h, (str){longest, sizeof longest}, S("pass"), ERR_DENIED);
    expect(&h, (str){longest, LIMIT_ADDRESS}, S("pass"), ERR_DENIED);
    home_close(&h);
}

static void credentials(void **state) {
    home h;
    auth_config c = home_auth_config();
    home_open(&h, &c);
    home_add(&h, S("none@demo.test"), S(""));
    home_add(&h, S("odd@demo.test"), S("plain text"));
    home_add(&h, S("old@demo.test"), S("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"));
    int64_t gone = home_add_password(&h, S("gone@demo.test"), S("pass"));
    home_disable(&h, gone);
    expect(&h, S("none@demo.test"), S(""), ERR_DENIED);
    expect(&h, S("none@demo.test"), S("pass"), ERR_DENIED);
    expect(&h, S("odd@demo.test"), S("plain text"), ERR_DENIED);
    expect(&h, S("old@demo.test"), S("Hello world!"), ERR_WHAT_OTHER);
    expect(&h, S("old@demo.test"), S("Hello world"), ERR_DENIED);
    expect(&h, S("gone@demo.test"), S("pass"), ERR_DENIED);
    home_close(&h);
}

/* One text, whatever is wrong. */
static void one_text(void **state) {
    home h;
    auth_config c = home_auth_config();
    home_open(&h, &c);
    home_disable(&h, home_add_password(&h, S("gone@demo.test"), S("pass")));
    home_add_password(&h, S("user@demo.test"), S("pass"));
    auth_user user;
    err wrong = log_in(&h, S("user@demo.test"), S("guess"), &user);
    err unknown = log_in(&h, S("nobody@demo.test"), S("guess"), &user);
    err disabled = log_in(&h, S("gone@demo.test"), S("pass"), &user);
    assert_string_equal(wrong.text, unknown.text);
    assert_string_equal(wrong.text, disabled.text);
    home_close(&h);
}

/* The least of a few runs, in microseconds. */
static int64_t takes(home *h, str name, str password) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        auth_user user;
        int64_t began = time_mono_us();
        err e = log_in(h, name, password, &user);
        int64_t took = time_mono_us() - began;
        assert_true(e.kind == ERR_NONE || e.kind == ERR_PEER);
        least = took < least ? took : least;
    }
    return least;
}

static void same_time(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.scram_iterations = 60000;
    home_open(&h, &c);
    str credential;
    must(password_make(S("pass"), c.scram_iterations, &h.memory, &credential));
    home_add(&h, S("user@demo.test"), credential);
    home_disable(&h, home_add(&h, S("gone@demo.test"), credential));
    home_add(&h, S("none@demo.test"), S(""));
    int64_t right = takes(&h, S("user@demo.test"), S("pass"));
    const str others[] = {S("user@demo.test"), S("nobody@demo.test"), S("gone@demo.test"), S("none@demo.test"),
                          S("no address")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(takes(&h, others[i], S("guess")) > right / 8); /* without hashing it were a hundredth */
    home_close(&h);
}

static void cached(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.cache_ms = 60000;
    home_open(&h, &c);
    str slow, other;
    must(password_make(S("pass"), 200000, &h.memory, &slow));
    must(password_make(S("new"), 1000, &h.memory, &other));
    int64_t id = home_add(&h, S("user@demo.test"), slow);
    int64_t wrong = takes(&h, S("user@demo.test"), S("guess"));
    int64_t right = takes(&h, S("user@demo.test"), S("pass")); /* all but the first are remembered */
    assert_true(right < wrong / 4);
    expect(&h, S("user@demo.test"), S("guess"), ERR_DENIED);
    home_set_credential(&h, id, other);
    expect(&h, S("user@demo.test"), S("pass"), ERR_DENIED);
    expect(&h, S("user@demo.test"), S("new"), ERR_WHAT_OTHER);
    home_disable(&h, id);
    expect(&h, S("user@demo.test"), S("new"), ERR_DENIED);
    home_close(&h);
}

static void throttled(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.failures_per_client = 3;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    for (int i = 0; i < 3; i++)
        expect(&h, i == 1 ? S("nobody@demo.test") : S("user@demo.test"), S("guess"), ERR_DENIED);
    expect(&h, S("user@demo.test"), S("guess"), ERR_LIMIT);
    expect(&h, S("user@demo.test"), S("pass"), ERR_LIMIT);
    expect(&h, S("nobody@demo.test"), S("pass"), ERR_LIMIT);
    time_test_advance(60000);
    expect(&h, S("user@demo.test"), S("pass"), ERR_WHAT_OTHER);
    home_close(&h);
}

/* Names of nobody are counted like others. */
static void throttled_names(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.failures_per_account = 2;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    const str each[] = {S("user@demo.test"), S("nobody@demo.test"), S("no address")};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        expect(&h, each[i], S("guess"), ERR_DENIED);
        expect(&h, each[i], S("guess"), ERR_DENIED);
        expect(&h, each[i], S("guess"), ERR_LIMIT);
    }
    expect(&h, S("USER@demo.test"), S("pass"), ERR_LIMIT);
    home_close(&h);
}

/* Many guesses at once do not get past the limit: a right one among them is refused when the others have failed
 * meanwhile. */
static void throttled_meanwhile(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.failures_per_client = 2;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    addr from = client();
    login l;
    must(login_begin(&l, h.auth, &from, S("test"), S("user@demo.test")));
    expect(&h, S("user@demo.test"), S("guess"), ERR_DENIED);
    expect(&h, S("user@demo.test"), S("guess"), ERR_DENIED);
    auth_user user;
    err e = login_end(&l, true, "", &user);
    assert_int_equal(e.what, ERR_LIMIT);
    assert_int_equal(user.who.role, ROLE_NOBODY);
    home_close(&h);
}

typedef struct delayed {
    home *home;
    int64_t wrong_ms, right_ms;
    completion done;
} delayed;

static void log_in_twice(void *arg) {
    delayed *d = arg;
    auth_user user;
    int64_t began = time_mono_ms();
    err e = log_in(d->home, S("user@demo.test"), S("guess"), &user);
    d->wrong_ms = failed(e) ? time_mono_ms() - began : -1;
    began = time_mono_ms();
    must(log_in(d->home, S("user@demo.test"), S("pass"), &user));
    d->right_ms = time_mono_ms() - began;
    completion_signal(&d->done);
}

static void start_fiber(void *arg) { must(fiber_start("test", log_in_twice, arg)); }

static void delays(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.failure_delay_ms = 700;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    must(loops_start(1));
    delayed d = {.home = &h};
    completion_init(&d.done);
    loop_post(loop_at(0), start_fiber, &d);
    must(completion_wait(&d.done, deadline_in(20000)));
    loops_stop();
    assert_true(d.wrong_ms >= 700);
    assert_true(d.right_ms < d.wrong_ms);
    home_close(&h);
}

/* ---- one hostile client among many good ones, all at once and all at one account ---- */

enum { CROWD = 100 };

typedef struct member {
    home *home;
    addr from;
    str password;
    err result;
    completion done;
} member;

static void log_in_as_member(void *arg) {
    member *m = arg;
    auth_user user;
    m->result = auth_login(m->home->auth, &m->from, S("user@demo.test"), m->password, &user);
    completion_signal(&m->done);
}

static void start_member(void *arg) { must(fiber_start("test", log_in_as_member, arg)); }

static void isolation(void **state) {
    static member good[CROWD], bad[CROWD];
    home h;
    auth_config c = home_auth_config();
    c.failures_per_client = 5;
    c.failures_per_account = 20;
    c.failure_delay_ms = 50;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    must(loops_start(2));
    for (int i = 0; i < CROWD; i++) {
        good[i] = (member){.home = &h, .from = client(), .password = S("pass")};
        good[i].from.ip[2] = 1;
        good[i].from.ip[3] = (uint8_t)i;
        bad[i] = (member){.home = &h, .from = client(), .password = S("guess")};
        completion_init(&good[i].done);
        completion_init(&bad[i].done);
        loop_post(loop_at(1), start_member, &bad[i]);
        loop_post(loop_at(i % 2), start_member, &good[i]);
    }
    for (int i = 0; i < CROWD; i++) {
        must(completion_wait(&good[i].done, deadline_in(20000)));
        must(completion_wait(&bad[i].done, deadline_in(20000)));
        must(good[i].result);
        assert_true(failed(bad[i].result));
    }
    loops_stop();
    home_close(&h);
}

/* ---- nobody can hash ---- */

enum { BLOCKERS = 300 }; /* more than the shared pool has threads */

static sem_t unblock;

static void hold_thread(void *thread, void *arg) { sem_wait(&unblock); }

static void *block(void *arg) {
    err e = offload(offload_shared(), hold_thread, NULL, deadline_in(60 * 60 * 1000));
    assert_false(failed(e));
    return NULL;
}

static void *log_in_meanwhile(void *arg) {
    home *h = arg;
    auth_user user;
    static err e;
    e = log_in(h, S("user@demo.test"), S("pass"), &user);
    return &e;
}

/* A login waits so long for a thread, then is told to come back: it is no failure of the client. */
static void overloaded(void **state) {
    home h;
    auth_config c = home_auth_config();
    pthread_t blockers[BLOCKERS], client_thread;
    void *said;
    c.failures_per_client = 1;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("pass"));
    must(loops_start(1));
    sem_init(&unblock, 0, 0);
    for (int i = 0; i < BLOCKERS; i++)
        assert_int_equal(pthread_create(&blockers[i], NULL, block, NULL), 0);
    usleep(50000);
    assert_int_equal(pthread_create(&client_thread, NULL, log_in_meanwhile, &h), 0);
    usleep(50000); /* it waits by now */
    time_test_advance(11000);
    loop_kick();
    pthread_join(client_thread, &said);
    const err *e = said;
    assert_int_equal(e->kind, ERR_TEMP);
    assert_int_equal(e->what, ERR_UNAVAILABLE);
    assert_string_equal(e->text, "Temporary authentication failure");
    for (int i = 0; i < BLOCKERS; i++)
        sem_post(&unblock);
    for (int i = 0; i < BLOCKERS; i++)
        pthread_join(blockers[i], NULL);
    expect(&h, S("user@demo.test"), S("pass"), ERR_WHAT_OTHER);
    loops_stop();
    home_close(&h);
}

static void logs(void **state) {
    home h;
    auth_config c = home_auth_config();
    c.failures_per_account = 1;
    home_open(&h, &c);
    home_add_password(&h, S("user@demo.test"), S("sesame-1"));
    FILE *file = tmpfile();
    assert_non_null(file);
    log_setup(LOG_LOGFMT, LOG_INFO, fileno(file));
    expect(&h, S("user@demo.test"), S("sesame-1"), ERR_WHAT_OTHER);
    expect(&h, S("nobody@demo.test"), S("sesame-2"), ERR_DENIED);
    expect(&h, S("nobody@demo.test"), S("sesame-2"), ERR_LIMIT);
    log_setup(LOG_LOGFMT, LOG_INFO, 2);
    static char text[4096];
    rewind(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    str rest = {text, n}, line;
    static const char *const events[] = {"auth.ok", "auth.failed", "auth.failed"};
    static const char *const parts[][4] = {
        {"name=user@demo.test", "client=192.0.2.1", "mechanism=password", ""},
        {"name=nobody@demo.test", "client=192.0.2.1", "mechanism=password", "no such account"},
        {"name=nobody@demo.test", "client=192.0.2.1", "mechanism=password", "throttled"},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_true(str_cut_line(&rest, &line));
        assert_int_not_equal(str_find_str(line, str_c(events[i])), STR_NONE);
        for (size_t k = 0; k < 4; k++)
            assert_int_not_equal(str_find_str(line, str_c(parts[i][k])), STR_NONE);
        assert_int_equal(str_find_str(line, S("sesame")), STR_NONE);
    }
    assert_int_equal(rest.n, 0);
    home_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),     cmocka_unit_test(credentials),     cmocka_unit_test(one_text),
        cmocka_unit_test(same_time), cmocka_unit_test(cached),          cmocka_unit_test(throttled),
        cmocka_unit_test(delays),    cmocka_unit_test(throttled_names), cmocka_unit_test(throttled_meanwhile),
        cmocka_unit_test(logs),      cmocka_unit_test(isolation),       cmocka_unit_test(overloaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
