/* Opens connections, brings them to rest, and holds them until something comes on stdin. */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
    "usage: idleconn -a 127.0.0.1:PORT -n COUNT [-k smtp|imap|imapidle|raw] [-u USER] [-U USERS] [-P PASS]\n"
    "                [-w WINDOW] [-T SECONDS]\n"
    "  -k  rest after: smtp EHLO; imap SELECT; imapidle IDLE; raw the greeting\n"
    "  -u  login name; %d in it becomes 0 to USERS-1 in turn\n"
    "  -w  as many are on their way at once\n"
    "Prints a line of JSON when all are open or SECONDS are over, and another at the end with those still open.\n";

enum { EVENTS = 256, RESTING = -1, LOST = -2 };

/* A line that begins with `want` is answered with `say`; NULL: the connection rests. */
typedef struct step {
    const char *want, *say;
} step;
static const char login[] = "a LOGIN";
static const step smtp_steps[] = {{"220 ", "EHLO client.bench.test\r\n"}, {"250 ", NULL}};
static const step imap_steps[] = {{"* OK", login}, {"a OK", "b SELECT INBOX\r\n"}, {"b OK", NULL}};
static const step idle_steps[] = {{"* OK", login}, {"a OK", "b SELECT INBOX\r\n"}, {"b OK", "c IDLE\r\n"}, {"+", NULL}};
static const step raw_steps[] = {{"", NULL}};

/* Lines that begin with `more` and are not wanted are passed over. */
static const struct {
    const char *name;
    char more;
    const step *steps;
} kinds[] = {
    {"smtp", '2', smtp_steps}, {"imap", '*', imap_steps}, {"imapidle", '*', idle_steps}, {"raw", 0, raw_steps}};

typedef struct conn {
    int fd, at; /* at: the step, or RESTING, LOST */
    size_t line_n;
    char line[512];
} conn;

static struct {
    struct sockaddr_in server;
    long count, window, seconds, users;
    const char *user, *password;
    size_t kind;
    int epoll;
    conn *conns;
    long opened, ready, lost;
    char why[200];
} job = {.count = 1000, .window = 64, .seconds = 120, .users = 1, .user = "user%d", .password = "pass"};

static void lose(conn *c, const char *why) {
    if (c->at == LOST)
        return;
    job.ready -= c->at == RESTING;
    job.lost++;
    c->at = LOST;
    snprintf(job.why, sizeof job.why, "%.150s", why);
    if (c->fd >= 0)
        close(c->fd);
}

static void say(conn *c, const char *text) {
    char line[256], name[128];
    if (text == login) {
        bench_numbered(name, sizeof name, job.user, (long)(c - job.conns) % job.users);
        snprintf(line, sizeof line, "a LOGIN %s %s\r\n", name, job.password);
        text = line;
    }
    if (write(c->fd, text, strlen(text)) < 0)
        lose(c, strerror(errno));
}

static void take_line(conn *c) {
    if (c->at < 0)
        return;
    const step *s = &kinds[job.kind].steps[c->at];
    if (strncmp(c->line, s->want, strlen(s->want)) != 0) {
        if (c->line[0] != kinds[job.kind].more)
            lose(c, c->line);
        return;
    }
    if (s->say) {
        c->at++;
        say(c, s->say);
        return;
    }
    c->at = RESTING;
    job.ready++;
}

static void readable(conn *c) {
    char in[4096];
    ssize_t n = c->at == LOST ? 0 : read(c->fd, in, sizeof in);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        lose(c, "closed by the server");
        return;
    }
    for (ssize_t i = 0; i < n && c->at != LOST; i++) {
        if (in[i] != '\n') {
            if (c->line_n < sizeof c->line - 1)
                c->line[c->line_n++] = in[i];
            continue;
        }
        c->line[c->line_n] = 0;
        c->line_n = 0;
        take_line(c);
    }
}

static void open_next(void) {
    conn *c = &job.conns[job.opened++];
    c->fd = bench_connect(&job.server, false); /* a full backlog makes us wait, not fail */
    if (c->fd < 0) {
        lose(c, strerror(errno));
        return;
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(job.epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void open_all(int64_t end) {
    struct epoll_event events[EVENTS];
    while (job.ready + job.lost < job.count && bench_now_ns() < end) {
        while (job.opened < job.count && job.opened - job.ready - job.lost < job.window)
            open_next();
        int n = epoll_wait(job.epoll, events, EVENTS, 200);
        for (int i = 0; i < n; i++)
            readable(events[i].data.ptr);
    }
}

static long still_open(void) {
    long n = 0;
    for (long i = 0; i < job.opened; i++) {
        char byte;
        ssize_t r = job.conns[i].at == RESTING ? recv(job.conns[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : 0;
        n += r > 0 || (r < 0 && errno == EAGAIN);
    }
    return n;
}

static size_t kind_of(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    bench_usage(usage);
}

static void options(int argc, char **argv) {
    const char *server = NULL;
    for (int o; (o = getopt(argc, argv, "a:n:k:u:U:P:w:T:")) != -1;) {
        if (o == 'a')
            server = optarg;
        else if (o == 'n')
            job.count = bench_number(optarg);
        else if (o == 'k')
            job.kind = kind_of(optarg);
        else if (o == 'u')
            job.user = optarg;
        else if (o == 'U')
            job.users = bench_number(optarg);
        else if (o == 'P')
            job.password = optarg;
        else if (o == 'w')
            job.window = bench_number(optarg);
        else if (o == 'T')
            job.seconds = bench_number(optarg);
        else
            bench_usage(usage);
    }
    if (!server || !job.users)
        bench_usage(usage);
    job.server = bench_addr(server);
}

int main(int argc, char **argv) {
    char byte;
    options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    bench_many_files();
    job.epoll = epoll_create1(EPOLL_CLOEXEC);
    job.conns = bench_alloc((size_t)job.count, sizeof *job.conns);
    int64_t begin = bench_now_ns();
    open_all(begin + job.seconds * 1000000000);
    bench_quote_free(job.why);
    printf("{\"tool\":\"idleconn\",\"kind\":\"%s\",\"wanted\":%ld,\"ready\":%ld,\"bad\":%ld,\"seconds\":%.2f,\"why\":"
           "\"%s\"}\n",
           kinds[job.kind].name, job.count, job.ready, job.lost, (double)(bench_now_ns() - begin) / 1e9, job.why);
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) < 0)
        return 1;
    printf("{\"tool\":\"idleconn\",\"still_open\":%ld}\n", still_open());
    return 0;
}
