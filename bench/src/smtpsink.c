/* Takes every message by SMTP or LMTP and throws it away: one thread, epoll. */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
    "usage: smtpsink -a 127.0.0.1:PORT [-n COUNT] [-l] [-q] [-S FILE]\n"
    "  -n  end after so many messages (else on SIGTERM)\n"
    "  -l  LMTP\n"
    "  -q  no line of JSON at the end\n"
    "  -S  keep {int64 messages, int64 time of the last in monotonic ns} in that file, to be read meanwhile\n";

enum { EVENTS = 256, DOT_AFTER_LINE = 2 };
static const char end_of_data[] = "\r\n.\r\n";

typedef struct conn {
    int fd;
    bool data;
    int matched; /* bytes of end_of_data seen */
    int recipients;
    size_t line_n;
    char line[4096];
} conn;

typedef struct answer {
    size_t n;
    bool quit;
    char text[16384];
} answer;

static struct {
    bool lmtp;
    long want;
    int epoll, listener;
    int64_t messages, bytes, conns, first_ns, last_ns;
    volatile int64_t *shown; /* the file of -S */
} sink;
static volatile sig_atomic_t stop;

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static void say(answer *a, const char *text) {
    size_t n = strlen(text);
    if (a->n + n > sizeof a->text) {
        a->quit = true; /* more commands at once than any of our clients sends */
        return;
    }
    memcpy(a->text + a->n, text, n);
    a->n += n;
}

static void taken(conn *c, answer *a) {
    sink.last_ns = bench_now_ns();
    if (!sink.first_ns)
        sink.first_ns = sink.last_ns;
    for (int left = sink.lmtp ? c->recipients : 1; left > 0; left--)
        say(a, "250 2.0.0 ok\r\n");
    c->data = false;
    c->recipients = 0;
    sink.messages++;
    sink.shown[1] = sink.last_ns;
    sink.shown[0] = sink.messages;
    if (sink.messages == sink.want)
        stop = 1;
}

/* Bytes of the message at p; *end when its final dot is the last of them. */
static size_t take_data(conn *c, const char *p, size_t n, bool *end) {
    *end = false;
    for (size_t i = 0; i < n;) {
        if (c->matched == 0) {
            const char *cr = memchr(p + i, '\r', n - i);
            if (!cr)
                return n;
            i = (size_t)(cr - p) + 1;
            c->matched = 1;
            continue;
        }
        bool next = p[i] == end_of_data[c->matched];
        c->matched = next ? c->matched + 1 : p[i] == '\r';
        i++;
        if (c->matched == (int)sizeof end_of_data - 1) {
            *end = true;
            c->matched = 0;
            return i;
        }
    }
    return n;
}

static void command(conn *c, answer *a) {
    char first = (char)(c->line[0] & ~32), second = (char)(c->line[1] & ~32);
    bool rcpt = first == 'R' && second == 'C';
    if (first == 'E' || first == 'L')
        say(a, "250-sink.bench.test\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-ENHANCEDSTATUSCODES\r\n"
               "250 8BITMIME\r\n");
    else if (first == 'D')
        say(a, "354 go\r\n");
    else if (first == 'Q')
        say(a, "221 2.0.0 bye\r\n");
    else
        say(a, "250 2.0.0 ok\r\n");
    a->quit = a->quit || first == 'Q';
    c->data = first == 'D';
    c->matched = DOT_AFTER_LINE;
    if (rcpt)
        c->recipients++;
    else if (first != 'D')
        c->recipients = 0;
}

/* Bytes of the command at p; it is run when they end it. */
static size_t take_command(conn *c, const char *p, size_t n, answer *a) {
    const char *lf = memchr(p, '\n', n);
    size_t piece = lf ? (size_t)(lf - p) + 1 : n;
    if (c->line_n + piece > sizeof c->line) {
        a->quit = true;
        return n;
    }
    memcpy(c->line + c->line_n, p, piece);
    c->line_n += piece;
    if (lf) {
        command(c, a);
        c->line_n = 0;
    }
    return piece;
}

static void conn_free(conn *c) {
    close(c->fd);
    free(c);
}

static void readable(conn *c) {
    static char in[65536];
    static answer a;
    ssize_t r = read(c->fd, in, sizeof in);
    if (r < 0 && errno == EAGAIN)
        return;
    a.n = 0;
    a.quit = r <= 0;
    for (size_t at = 0; !a.quit && at < (size_t)r;) {
        bool end = false;
        size_t left = (size_t)r - at;
        size_t n = c->data ? take_data(c, in + at, left, &end) : take_command(c, in + at, left, &a);
        if (end)
            taken(c, &a);
        at += n;
    }
    sink.bytes += r > 0 ? r : 0;
    if ((a.n && write(c->fd, a.text, a.n) < 0) || a.quit)
        conn_free(c);
}

static void accept_all(void) {
    static const char greeting[] = "220 sink.bench.test ESMTP\r\n";
    for (int fd; (fd = accept4(sink.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        conn *c = bench_alloc(1, sizeof *c);
        c->fd = fd;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        bench_no_delay(fd);
        epoll_ctl(sink.epoll, EPOLL_CTL_ADD, fd, &e);
        sink.conns++;
        if (write(fd, greeting, sizeof greeting - 1) < 0)
            conn_free(c);
    }
}

static void show_in(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, 2 * sizeof *sink.shown) != 0)
        bench_die(path);
    void *at = mmap(NULL, 2 * sizeof *sink.shown, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        bench_die(path);
    sink.shown = at;
}

static void serve(struct sockaddr_in at) {
    struct epoll_event events[EVENTS], e = {.events = EPOLLIN, .data.ptr = NULL};
    sink.listener = bench_listen(&at, true);
    sink.epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(sink.epoll, EPOLL_CTL_ADD, sink.listener, &e);
    while (!stop) {
        int n = epoll_wait(sink.epoll, events, EVENTS, 200);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                readable(events[i].data.ptr);
            else
                accept_all();
        }
    }
}

int main(int argc, char **argv) {
    static int64_t nowhere[2];
    const char *at = NULL;
    bool quiet = false;
    sink.shown = nowhere;
    for (int o; (o = getopt(argc, argv, "a:n:lqS:")) != -1;) {
        if (o == 'a')
            at = optarg;
        else if (o == 'n')
            sink.want = bench_number(optarg);
        else if (o == 'l')
            sink.lmtp = true;
        else if (o == 'q')
            quiet = true;
        else if (o == 'S')
            show_in(optarg);
        else
            bench_usage(usage);
    }
    if (!at)
        bench_usage(usage);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    bench_many_files();
    serve(bench_addr(at));
    if (!quiet)
        printf("{\"tool\":\"smtpsink\",\"msgs\":%lld,\"bytes\":%lld,\"conns\":%lld,\"first_ns\":%lld,\"last_ns\":%lld,"
               "\"cpu_s\":%.3f}\n",
               (long long)sink.messages, (long long)sink.bytes, (long long)sink.conns, (long long)sink.first_ns,
               (long long)sink.last_ns, bench_cpu_s());
    return 0;
}
