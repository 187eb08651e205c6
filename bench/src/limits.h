/* What the machine can do at all, to read the other numbers by: disk, loopback, TLS, SQLite. Each prints one line of
 * JSON and may use several threads while it runs; once a process. */
#ifndef GODWIT_BENCH_SRC_LIMITS_H
#define GODWIT_BENCH_SRC_LIMITS_H

#include "util.h"

/* Threads that each append `bytes` to a file of their own and fdatasync it, or (new_files) write and fsync a new file
 * each time. */
void limit_fsync(const char *folder, long threads, double seconds, size_t bytes, bool new_files);
/* Commits of one row of `bytes` each in WAL mode with synchronous=FULL, `batch` rows a transaction. */
void limit_sqlite(const char *folder, double seconds, size_t bytes, long batch);
/* Round trips of one connection between two threads. */
void limit_pingpong(double seconds, size_t bytes);
/* Full handshakes, clients and servers in threads of this process. */
void limit_tls(double seconds, const char *certificate, const char *key);

#endif
