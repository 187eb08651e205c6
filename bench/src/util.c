#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LOOPBACK = 127, BACKLOG = 4096 };

int64_t bench_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

double bench_cpu_s(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void bench_die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

void bench_usage(const char *text) {
    fputs(text, stderr);
    exit(2);
}

void *bench_alloc(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size);
    if (!p)
        bench_die("memory");
    return p;
}

long bench_number(const char *text) {
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0) {
        fprintf(stderr, "%s: not a number\n", text);
        exit(2);
    }
    return n;
}

double bench_seconds(const char *text) {
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end || !(n >= 0)) {
        fprintf(stderr, "%s: not a time in seconds\n", text);
        exit(2);
    }
    return n;
}

void bench_quote_free(char *text) {
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            *text = ' ';
}

void bench_numbered(char *out, size_t size, const char *pattern, long number) {
    const char *at = strstr(pattern, "%d");
    if (at)
        snprintf(out, size, "%.*s%ld%s", (int)(at - pattern), pattern, number, at + 2);
    else
        snprintf(out, size, "%s", pattern);
}

struct sockaddr_in bench_addr(const char *text) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(text, ':');
    int n = colon ? snprintf(host, sizeof host, "%.*s", (int)(colon - text), text) : -1;
    if (n < 0 || n >= (int)sizeof host || inet_pton(AF_INET, host, &a.sin_addr) != 1 ||
        ntohl(a.sin_addr.s_addr) >> 24 != LOOPBACK) {
        fprintf(stderr, "%s: not host:port in 127.0.0.0/8\n", text);
        exit(2);
    }
    a.sin_port = htons((uint16_t)bench_number(colon + 1));
    return a;
}

void bench_no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static int stream(bool nonblocking) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        bench_die("socket");
    return fd;
}

int bench_connect(const struct sockaddr_in *to, bool nonblocking) {
    int fd = stream(nonblocking);
    bench_no_delay(fd);
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 || errno == EINPROGRESS)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int bench_listen(struct sockaddr_in *at, bool nonblocking) {
    int fd = stream(nonblocking), one = 1;
    socklen_t n = sizeof *at;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 || listen(fd, BACKLOG) != 0)
        bench_die("listen");
    getsockname(fd, (struct sockaddr *)at, &n);
    return fd;
}

void bench_many_files(void) {
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
}

void bench_write(int fd, const void *p, size_t n) {
    for (const char *at = p; n > 0;) {
        ssize_t w = write(fd, at, n);
        if (w < 0)
            bench_die("write");
        at += w;
        n -= (size_t)w;
    }
}

/* ---- latencies ---- */

static void room_for(bench_times *t, size_t more) {
    if (t->n + more <= t->cap)
        return;
    t->cap = (t->n + more) * 2 + 4096;
    t->us = realloc(t->us, t->cap * sizeof *t->us);
    if (!t->us)
        bench_die("memory");
}

void bench_times_add(bench_times *t, int64_t since_ns) {
    room_for(t, 1);
    t->us[t->n++] = (uint32_t)((bench_now_ns() - since_ns) / 1000);
}

void bench_times_join(bench_times *t, const bench_times *more) {
    if (!more->n)
        return;
    room_for(t, more->n);
    memcpy(t->us + t->n, more->us, more->n * sizeof *t->us);
    t->n += more->n;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bench_spread bench_times_spread(bench_times *t) {
    if (!t->n)
        return (bench_spread){0};
    qsort(t->us, t->n, sizeof *t->us, by_value);
    return (bench_spread){
        .p50_ms = t->us[(t->n - 1) / 2] / 1000.0,
        .p99_ms = t->us[(size_t)((double)(t->n - 1) * 0.99)] / 1000.0,
        .max_ms = t->us[t->n - 1] / 1000.0,
    };
}
