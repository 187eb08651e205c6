/* What the programs of the benchmark share: clock, numbers, loopback sockets, latencies.
 *
 * They are programs of their own and use nothing of the server, so that a mistake there cannot hide itself here. Any
 * thread may call these but for bench_times, which belongs to one. What the machine refuses ends the program with
 * status 2 and a word on stderr. */
#ifndef GODWIT_BENCH_SRC_UTIL_H
#define GODWIT_BENCH_SRC_UTIL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t bench_now_ns(void); /* monotonic */
double bench_cpu_s(void);   /* used by this process so far */

_Noreturn void bench_die(const char *what); /* with errno */
_Noreturn void bench_usage(const char *text);
void *bench_alloc(size_t count, size_t size); /* zeroed */

long bench_number(const char *text);    /* 0 or more, else the program ends */
double bench_seconds(const char *text); /* likewise */
void bench_quote_free(char *text);      /* takes out what would need an escape in JSON */
/* The pattern with its "%d" replaced. */
void bench_numbered(char *out, size_t size, const char *pattern, long number);

struct sockaddr_in bench_addr(const char *text); /* "host:port"; in 127.0.0.0/8 only, on purpose */
int bench_connect(const struct sockaddr_in *to, bool nonblocking);
int bench_listen(struct sockaddr_in *at, bool nonblocking); /* port 0: any, written back */
void bench_no_delay(int fd);
void bench_many_files(void);                       /* as many open files as the system allows */
void bench_write(int fd, const void *p, size_t n); /* all of it, or the program ends */

/* Latencies in microseconds. */
typedef struct bench_times {
    uint32_t *us;
    size_t n, cap;
} bench_times;
typedef struct bench_spread {
    double p50_ms, p99_ms, max_ms;
} bench_spread;
void bench_times_add(bench_times *t, int64_t since_ns);
void bench_times_join(bench_times *t, const bench_times *more);
bench_spread bench_times_spread(bench_times *t); /* sorts */

#endif
