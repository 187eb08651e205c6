#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/limits.h"
#include "check.h"

/* A pipe in place of stderr. */
static int pipe_ends[2];

static int open_pipe(void **state) {
    unsetenv("JOURNAL_STREAM");
    return pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK);
}

static int close_pipe(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, STDERR_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}

/* What was logged since the last call. */
static str logged(void) {
    static char text[70000];
    ssize_t n = read(pipe_ends[0], text, sizeof text);
    return (str){text, n > 0 ? (size_t)n : 0};
}

static void formats(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    log_info("smtp.accepted", lf_str("from", S("a@b")), lf_u64("size", 5));
    str line = logged();
    assert_true(str_starts(line, S("time=20")));
    assert_true(str_ends(line, S("Z level=info event=smtp.accepted from=a@b size=5\n")));
    log_setup(LOG_JSON, LOG_INFO, pipe_ends[1]);
    log_warn("smtp.accepted");
    line = logged();
    assert_true(str_starts(line, S("{\"time\":\"20")));
    assert_true(str_ends(line, S("Z\",\"level\":\"warn\",\"event\":\"smtp.accepted\"}\n")));
}

static void levels(void **state) {
    log_setup(LOG_LOGFMT, LOG_WARN, pipe_ends[1]);
    log_debug("a");
    log_info("b");
    assert_str(logged(), S(""));
    log_warn("c");
    assert_true(str_ends(logged(), S("level=warn event=c\n")));
    log_error("d");
    assert_true(str_ends(logged(), S("level=error event=d\n")));
    log_setup(LOG_LOGFMT, LOG_DEBUG, pipe_ends[1]);
    log_debug("e");
    assert_true(str_ends(logged(), S("level=debug event=e\n")));
}

static void errors_as_fields(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    err with_log = err_make(ERR_TEMP, ERR_IO, "local error", "disk %d", 7),
        without = err_make(ERR_PEER, ERR_SYNTAX, "bad", "%s", "");
    log_info("x", lf_err(&with_log));
    assert_true(str_ends(logged(), S(" error=\"disk 7\"\n")));
    log_info("x", lf_err(&without));
    assert_true(str_ends(logged(), S(" error=bad\n")));
    log_info("x", lf_c("name", NULL));
    assert_true(str_ends(logged(), S(" name=\"\"\n")));
}

static void errno_survives(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, -1); /* every write fails */
    errno = ENOSPC;
    log_info("x");
    assert_int_equal(errno, ENOSPC);
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    log_info("y");
    logged();
}

/* Nobody reads: lines are dropped and counted, nobody waits, and the next line that goes out says so. */
static void drops_are_told(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    char filler[4096] = {0};
    while (write(pipe_ends[1], filler, sizeof filler) > 0)
        ;
    for (int i = 0; i < 3; i++)
        log_info("lost");
    while (logged().n)
        ;
    log_info("after");
    str text = logged(), first;
    assert_true(str_cut_line(&text, &first));
    assert_true(str_ends(first, S("level=warn event=log.dropped lines=3\n")));
    assert_true(str_ends(text, S("level=info event=after\n")));
    log_info("later");
    assert_int_equal(str_find_str(logged(), S("dropped")), STR_NONE);
}

enum { THREADS = 4, LINES = 40 };

static void *log_lines(void *arg) {
    for (int i = 0; i < LINES; i++)
        log_info("thread", lf_c("text", "some words to fill the line"), lf_i64("line", i));
    return NULL;
}

static void lines_never_mix(void **state) {
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_lines, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    str rest = logged(), line;
    int lines = 0;
    for (; str_cut_line(&rest, &line); lines++) {
        assert_true(str_starts(line, S("time=")));
        assert_int_equal(str_find_str(str_skip(line, 1), S("time=")), STR_NONE);
    }
    assert_int_equal(lines, THREADS * LINES);
}

/* A socket of our own in journald's place. */
static int listen_at(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void name_journal_stream(uint64_t inode_off_by) {
    struct stat st;
    char name[64];
    fstat(pipe_ends[1], &st);
    snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino + inode_off_by);
    setenv("JOURNAL_STREAM", name, 1);
}

static void to_the_journal(void **state) {
    char folder[] = "/tmp/godwit-log-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    int journal = listen_at(path);
    log_test_journal(path);

    name_journal_stream(1); /* somebody else's stream */
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    log_info("x");
    assert_true(str_starts(logged(), S("time=")));

    name_journal_stream(0);
    log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
    log_warn("smtp.accepted", lf_str("from", S("a@b")));
    char datagram[4096];
    ssize_t n = recv(journal, datagram, sizeof datagram, 0);
    assert_true(n > 0);
    assert_true(str_starts((str){datagram, (size_t)n},
                           S("PRIORITY=4\nSYSLOG_IDENTIFIER=godwit\nGODWIT_EVENT=smtp.accepted\n")));
    assert_str(logged(), S(""));

    close(journal); /* journald restarts: its stream takes the line, with the priority in front */
    log_error("y");
    str line = logged();
    assert_true(str_starts(line, S("<3>time=")));
    assert_true(str_ends(line, S(" level=error event=y\n")));
    unlink(path);
    journal = listen_at(path);
    log_error("z");
    assert_true(recv(journal, datagram, sizeof datagram, 0) > 0);

    close(journal);
    unlink(path);
    rmdir(folder);
    unsetenv("JOURNAL_STREAM");
}

static void bad_journal_names(void **state) {
    static const char *const names[] = {"", ":", "1", "1:", "a:b", "1:2:3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("JOURNAL_STREAM", names[i], 1);
        log_setup(LOG_LOGFMT, LOG_INFO, pipe_ends[1]);
        log_info("x");
        assert_true(str_starts(logged(), S("time=")));
    }
    unsetenv("JOURNAL_STREAM");
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_pipe, close_pipe)
    const struct CMUnitTest tests[] = {
        TEST(formats),        TEST(levels),          TEST(errors_as_fields), TEST(errno_survives),
        TEST(drops_are_told), TEST(lines_never_mix), TEST(to_the_journal),   TEST(bad_journal_names),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
