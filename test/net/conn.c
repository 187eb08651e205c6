#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "lines.h"
#include "net/fiber.h"
#include "on_loop.h"
#include "peer.h"

static listener *lines;
static addr at;

static int setup(void **state) {
    (void)state;
    listener_config config = lines_config();
    check_ok(loops_start(2));
    lines = peer_listen(&config);
    at = listener_address(lines);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    listener_close(lines);
    check_size(lines_counts.opened, lines_counts.closed);
    loops_stop();
    check_size(fiber_count(), 0);
    return 0;
}

static int greeted(void) {
    int fd = peer_connect(&at);
    peer_expect(fd, S("hello\n"));
    return fd;
}

/* ---- input ---- */

static void echoes_lines_however_split(void **state) {
    (void)state;
    str text = S("one\ntwo\nthree\n"), answer = S("one!\ntwo!\nthree!\n");
    for (size_t cut = 0; cut <= text.n; cut++) {
        int fd = greeted();
        peer_send(fd, str_sub(text, 0, cut));
        usleep(200);
        peer_send(fd, str_skip(text, cut));
        peer_expect(fd, answer);
        close(fd);
    }
    int fd = greeted();
    for (size_t i = 0; i < text.n; i++)
        peer_send(fd, str_sub(text, i, 1));
    peer_expect(fd, answer);
    peer_send(fd, S("quit\nunread"));
    peer_expect(fd, S("bye\n"));
    peer_expect_end(fd);
    close(fd);
}

static void half_closed_peers_get_their_answers(void **state) {
    (void)state;
    int fd = greeted();
    peer_send(fd, S("sleep 50\ntwo\nno end of line"));
    shutdown(fd, SHUT_WR);
    peer_expect(fd, S("slept\ntwo!\n"));
    peer_expect_end(fd);
    close(fd);
    fd = greeted(); /* and a large one, which needs the cursor */
    peer_send(fd, S("big 5000000\nlast\n"));
    shutdown(fd, SHUT_WR);
    peer_expect_many(fd, 'x', 5000000);
    peer_expect(fd, S("\nlast!\n"));
    peer_expect_end(fd);
    close(fd);
}

static void input_stops_while_a_command_runs(void **state) {
    (void)state;
    int fd = greeted(), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    peer_send(fd, S("sleep 300\n"));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    char line[1000];
    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = '\n';
    size_t sent = 0, whole = 0;
    for (int i = 0; i < 300; i++) {
        ssize_t n = send(fd, line + sent % sizeof line, sizeof line - sent % sizeof line, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0)
            usleep(500);
    }
    fcntl(fd, F_SETFL, 0);
    if (sent % sizeof line)
        peer_send(fd, str_of(line + sent % sizeof line, sizeof line - sent % sizeof line));
    whole = (sent + sizeof line - 1) / sizeof line;
    peer_expect(fd, S("slept\n"));
    for (size_t i = 0; i < whole; i++) {
        peer_expect_many(fd, 'a', sizeof line - 1);
        peer_expect(fd, S("!\n"));
    }
    close(fd);
}

static void endless_input_is_cut_off(void **state) {
    (void)state;
    int fd = greeted();
    char junk[4096];
    memset(junk, 'j', sizeof junk);
    for (int i = 0; i < 100; i++)
        if (send(fd, junk, sizeof junk, MSG_NOSIGNAL) < 0)
            break;
    check(peer_is_gone(fd));
    close(fd);
    await_count(&lines_counts.closed, 1);
}

static void sessions_may_refuse_everything(void **state) {
    (void)state;
    lines_refuse = true;
    int fd = peer_connect(&at);
    peer_expect(fd, S("go away\n"));
    peer_expect_end(fd);
    close(fd);
    while (listener_connections(lines))
        usleep(500);
    lines_counts.opened = 0;
}

/* ---- output ---- */

static void big_answers_wait_for_the_peer(void **state) {
    (void)state;
    int fd = greeted();
    peer_send(fd, S("big 20000000\nnext\n"));
    usleep(50000);
    peer_expect_many(fd, 'x', 20000000);
    peer_expect(fd, S("\nnext!\n"));
    check(lines_counts.drained > 0);
    close(fd);
}

/* Answers pile up for a peer that does not read: then its commands wait too. */
static void peers_that_do_not_read_get_no_more_answers(void **state) {
    (void)state;
    int small = 4096, fd = greeted();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    char line[4096];
    memset(line, 'b', sizeof line);
    line[sizeof line - 1] = '\n';
    size_t refused = 0;
    for (int i = 0; i < 20000 && refused < 20; i++) {
        if (send(fd, line, sizeof line, MSG_NOSIGNAL) == sizeof line) {
            refused = 0;
        } else {
            refused++;
            usleep(5000);
        }
    }
    check_size(refused, 20); /* both directions are full */
    size_t inputs = lines_counts.inputs;
    usleep(20000);
    check_size(lines_counts.inputs, inputs);
    close(fd);
}

static void too_large_answers_end_the_connection(void **state) {
    (void)state;
    int fd = greeted();
    peer_send(fd, S("over\n"));
    check(peer_is_gone(fd));
    close(fd);
    fd = greeted();
    peer_send(fd, S("abort\nnever\n"));
    check(peer_is_gone(fd));
    close(fd);
    await_count(&lines_counts.closed, 2);
}

/* ---- deadlines ---- */

static void deadlines_end_silence(void **state) {
    (void)state;
    int fd = greeted(), other = greeted();
    peer_send(fd, S("deadline 3600000\n"));
    peer_expect(fd, S("ok\n"));
    peer_send(other, S("deadline 7200000\n"));
    peer_expect(other, S("ok\n"));
    time_test_advance(3600000);
    loop_kick();
    peer_expect(fd, S("too late\n"));
    peer_expect_end(fd);
    check_size(lines_counts.expired, 1);
    peer_send(other, S("still here\n"));
    peer_expect(other, S("still here!\n"));
    close(fd);
    close(other);
}

static void a_command_that_sets_a_deadline_saves_itself(void **state) {
    (void)state;
    int fd = greeted();
    peer_send(fd, S("deadline 20\nsleep 60\n"));
    peer_expect(fd, S("ok\nslept\ntoo late\n"));
    close(fd);
    fd = greeted();
    peer_send(fd, S("deadline 30\nsleep 1\ndeadline 60000\nsleep 50\nok\n"));
    peer_expect(fd, S("ok\nslept\nok\nslept\nok!\n"));
    close(fd);
}

/* ---- wakers ---- */

static atomic_bool over;

static void *wake_on(void *arg) {
    while (!over)
        waker_wake(arg);
    return NULL;
}

static void wakers_work_from_anywhere_and_after_the_end(void **state) {
    (void)state;
    int fd = greeted();
    pthread_t thread;
    peer_send(fd, S("waker\n"));
    peer_expect(fd, S("ok\n"));
    waker *w = lines_waker;
    waker_wake(w);
    peer_expect(fd, S("woken\n"));
    peer_send(fd, S("sleep 50\n"));
    usleep(10000);
    for (int i = 0; i < 100; i++) /* while the session is at work: it hears of it once */
        waker_wake(w);
    peer_expect(fd, S("slept\nwoken\n"));
    check(peer_is_silent(fd, 50));

    over = false;
    check(pthread_create(&thread, NULL, wake_on, w) == 0);
    peer_expect(fd, S("woken\nwoken\nwoken\n"));
    close(fd);
    await_count(&lines_counts.closed, 1);
    usleep(5000);
    over = true;
    pthread_join(thread, NULL);
    waker_wake(w);
    waker_release(w);
    waker_release(NULL);
}

/* ---- no fiber free ---- */

static fiber_cond gate;

static void wait_at_gate(void *arg) {
    (void)arg;
    check_ok(fiber_cond_wait(&gate, deadline_in(60000)));
}

static void take_all_fibers(void *arg) {
    (void)arg;
    while (!failed(fiber_start("gate", wait_at_gate, NULL)))
        ;
}

static void open_gate(void *arg) {
    (void)arg;
    fiber_cond_wake_all(&gate);
}

static void without_fibers_commands_wait_and_new_clients_are_refused(void **state) {
    (void)state;
    if (SLOW_SANITIZER)
        return;
    int fd = greeted();
    on_loop(0, take_all_fibers, NULL);
    peer_send(fd, S("patience\n"));
    int late = peer_connect(&at);
    peer_expect(late, S("busy\n"));
    peer_expect_end(late);
    check(peer_is_silent(fd, 50));
    on_loop(0, open_gate, NULL);
    peer_expect(fd, S("patience!\n"));
    close(fd);
    close(late);
    while (listener_connections(lines))
        usleep(500);
}

/* ---- many hard ends ---- */

static void resets_at_any_time_are_survived(void **state) {
    (void)state;
    static const char *const words[] = {"",       "sleep 5\n", "big 3000000\n", "one\n", "deadline 1\n",
                                        "quit\n", "half a li"};
    for (size_t i = 0; i < 200; i++) {
        int fd = peer_connect(&at);
        struct linger hard = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        peer_send(fd, str_c(words[i % 7]));
        if (i % 3)
            usleep((unsigned)i * 20);
        close(fd);
    }
    deadline until = deadline_in(10000);
    while (listener_connections(lines) && !deadline_passed(until))
        usleep(1000);
    check_size(listener_connections(lines), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(echoes_lines_however_split),
        TEST(half_closed_peers_get_their_answers),
        TEST(input_stops_while_a_command_runs),
        TEST(endless_input_is_cut_off),
        TEST(sessions_may_refuse_everything),
        TEST(big_answers_wait_for_the_peer),
        TEST(peers_that_do_not_read_get_no_more_answers),
        TEST(too_large_answers_end_the_connection),
        TEST(deadlines_end_silence),
        TEST(a_command_that_sets_a_deadline_saves_itself),
        TEST(wakers_work_from_anywhere_and_after_the_end),
        TEST(without_fibers_commands_wait_and_new_clients_are_refused),
        TEST(resets_at_any_time_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
