#include "smtpload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char usage[] =
    "usage: smtpload -a 127.0.0.1:PORT [-c SESSIONS] [-n MESSAGES] [-m MESSAGES_A_SESSION] [-s SIZE] [-p] [-t | -i] "
    "[-l]\n"
    "                [-f FROM] [-r RCPT] [-u USERS] [-d STOP_AFTER] [-T SECONDS]\n"
    "  -d  begin no message after so many seconds; -n is only a cap then\n"
    "  -m  0: keep each session for the whole run\n"
    "  -p  PIPELINING: MAIL, RCPT and DATA in one write\n"
    "  -t  STARTTLS on every session; -i TLS from the first byte\n"
    "  -l  LMTP\n"
    "  -r  recipient; %d in it becomes 0 to USERS-1 in turn\n"
    "  -T  end after so many seconds, whatever is under way\n"
    "Latency of a message: from writing MAIL to the reply after the final dot. Prints one line of JSON; status 0 when\n"
    "every message was accepted.\n";

enum { TOTAL = 1000, TOTAL_TIMED = 4000000, EVENTS = 256 };

static void options(load *l, int argc, char **argv) {
    const char *server = NULL;
    for (int o; (o = getopt(argc, argv, "a:c:n:m:s:ptilf:r:u:T:d:")) != -1;) {
        switch (o) {
        case 'a':
            server = optarg;
            break;
        case 'c':
            l->sessions = bench_number(optarg);
            break;
        case 'n':
            l->total = bench_number(optarg);
            break;
        case 'm':
            l->per_session = bench_number(optarg);
            break;
        case 's':
            l->size = (size_t)bench_number(optarg);
            break;
        case 'p':
            l->pipelining = true;
            break;
        case 't':
            l->starttls = true;
            break;
        case 'i':
            l->implicit = true;
            break;
        case 'l':
            l->lmtp = true;
            break;
        case 'f':
            l->from = optarg;
            break;
        case 'r':
            l->to = optarg;
            break;
        case 'u':
            l->users = bench_number(optarg);
            break;
        case 'T':
            l->seconds_most = bench_number(optarg);
            break;
        case 'd':
            l->stop_after = bench_seconds(optarg);
            break;
        default:
            bench_usage(usage);
        }
    }
    if (!server || !l->sessions || !l->users)
        bench_usage(usage);
    l->server = bench_addr(server);
}

static void prepare(load *l) {
    if (!l->total)
        l->total = l->stop_after > 0 ? TOTAL_TIMED : TOTAL;
    if (l->sessions > l->total)
        l->sessions = l->total;
    talk_make_body(l);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!l->starttls && !l->implicit)
        return;
    l->tls = SSL_CTX_new(TLS_client_method());
    if (!l->tls)
        bench_die("SSL_CTX_new");
    SSL_CTX_set_verify(l->tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(l->tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(l->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* Until every session has ended; false when the time was up. */
static bool run(load *l, int64_t begin) {
    struct epoll_event events[EVENTS];
    int64_t deadline = begin + l->seconds_most * 1000000000, stop = begin + (int64_t)(l->stop_after * 1e9);
    while (l->live) {
        int n = epoll_wait(l->epoll, events, EVENTS, 1000);
        int64_t now = bench_now_ns();
        if (now > deadline)
            return false;
        if (l->stop_after > 0 && now > stop && l->started < l->total)
            l->total = l->started;
        if (n == 0 && l->accepted + l->failed >= l->total)
            return true; /* the server does not close after QUIT */
        for (int i = 0; i < n; i++) {
            conn *c = events[i].data.ptr;
            outcome o = c->fd < 0 ? GO_ON : conn_event(c, events[i].events);
            if (o != GO_ON)
                conn_close(c, o);
        }
    }
    return true;
}

static void report(load *l, int64_t begin, bool in_time) {
    int64_t end = l->last_ns ? l->last_ns : bench_now_ns();
    double seconds = (double)(end - begin) / 1e9;
    bench_spread s = bench_times_spread(&l->times);
    printf("{\"tool\":\"smtpload\",\"sessions\":%ld,\"per_session\":%ld,\"size\":%zu,\"pipelining\":%d,\"tls\":%d,"
           "\"lmtp\":%d,\"msgs\":%ld,\"failed\":%ld,\"conn_errors\":%ld,\"timed_out\":%d,\"tls_handshakes\":%ld,",
           l->sessions, l->per_session, l->size, l->pipelining, l->starttls || l->implicit, l->lmtp, l->accepted,
           l->failed, l->broken, !in_time, l->handshakes);
    printf("\"seconds\":%.4f,\"msgs_per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
           "\"client_cpu_s\":%.3f,\"begin_ns\":%lld,\"end_ns\":%lld,\"first_error\":\"%s\"}\n",
           seconds, (double)l->accepted / seconds, s.p50_ms, s.p99_ms, s.max_ms, bench_cpu_s(), (long long)begin,
           (long long)end, l->error);
}

int main(int argc, char **argv) {
    load l = {
        .sessions = 1,
        .users = 1,
        .seconds_most = 120,
        .size = 5120,
        .from = "sender@bench.test",
        .to = "user%d@bench.test",
    };
    options(&l, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    bench_many_files();
    prepare(&l);
    int64_t begin = bench_now_ns();
    conn *all = bench_alloc((size_t)l.sessions, sizeof *all);
    for (long i = 0; i < l.sessions; i++) {
        all[i].of = &l;
        conn_open(&all[i]);
    }
    bool in_time = run(&l, begin);
    report(&l, begin, in_time);
    return l.accepted == l.total && !l.gave_up ? 0 : 1;
}
