#include "limits.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 512 };

/* ---- fsync ---- */

typedef struct writer {
    pthread_t thread;
    long number;
    const char *folder;
    size_t bytes;
    bool new_files;
    bench_times times;
} writer;
static atomic_bool stop;

static int open_new(const writer *w, size_t file) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/limits.%ld.%zu", w->folder, w->number, file);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        bench_die(path);
    return fd;
}

static void remove_files(const writer *w) {
    char path[PATH];
    for (size_t i = 0; i <= (w->new_files ? w->times.n : 0); i++) {
        snprintf(path, sizeof path, "%s/limits.%ld.%zu", w->folder, w->number, i);
        unlink(path);
    }
}

static void *write_on(void *arg) {
    writer *w = arg;
    char *bytes = bench_alloc(w->bytes, 1);
    memset(bytes, 'x', w->bytes);
    int fd = w->new_files ? -1 : open_new(w, 0);
    while (!stop) {
        int64_t began = bench_now_ns();
        int to = w->new_files ? open_new(w, w->times.n) : fd;
        bench_write(to, bytes, w->bytes);
        if ((w->new_files ? fsync(to) : fdatasync(to)) != 0)
            bench_die("fsync");
        if (w->new_files)
            close(to);
        bench_times_add(&w->times, began);
    }
    free(bytes);
    return NULL;
}

void limit_fsync(const char *folder, long threads, double seconds, size_t bytes, bool new_files) {
    writer *all = bench_alloc((size_t)threads, sizeof *all);
    bench_times times = {0};
    int64_t begin = bench_now_ns();
    for (long i = 0; i < threads; i++) {
        all[i] = (writer){.number = i, .folder = folder, .bytes = bytes, .new_files = new_files};
        if (pthread_create(&all[i].thread, NULL, write_on, &all[i]) != 0)
            bench_die("thread");
    }
    usleep((useconds_t)(seconds * 1e6));
    stop = true;
    for (long i = 0; i < threads; i++) {
        pthread_join(all[i].thread, NULL);
        bench_times_join(&times, &all[i].times);
    }
    double took = (double)(bench_now_ns() - begin) / 1e9;
    for (long i = 0; i < threads; i++)
        remove_files(&all[i]);
    bench_spread s = bench_times_spread(&times);
    printf("{\"tool\":\"limits\",\"what\":\"%s\",\"threads\":%ld,\"bytes\":%zu,\"ops_per_s\":%.1f,\"p50_ms\":%.3f,"
           "\"p99_ms\":%.3f}\n",
           new_files ? "newfile" : "fsync", threads, bytes, (double)times.n / took, s.p50_ms, s.p99_ms);
}

/* ---- SQLite ---- */

static void check(sqlite3 *db, int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return;
    fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
    exit(2);
}

static void insert_batch(sqlite3 *db, sqlite3_stmt *insert, const char *bytes, size_t n, long batch) {
    check(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    for (long i = 0; i < batch; i++) {
        check(db, sqlite3_bind_blob(insert, 1, bytes, (int)n, SQLITE_STATIC));
        check(db, sqlite3_step(insert));
        check(db, sqlite3_reset(insert));
    }
    check(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
}

void limit_sqlite(const char *folder, double seconds, size_t bytes, long batch) {
    char path[PATH], other[PATH + 8];
    sqlite3 *db;
    sqlite3_stmt *insert;
    snprintf(path, sizeof path, "%s/limits.db", folder);
    check(NULL, sqlite3_open(path, &db));
    check(db, sqlite3_exec(db,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                           "CREATE TABLE m (id INTEGER PRIMARY KEY, recipient TEXT, bytes BLOB)",
                           NULL, NULL, NULL));
    check(db,
          sqlite3_prepare_v2(db, "INSERT INTO m (recipient, bytes) VALUES ('user@bench.test', ?)", -1, &insert, NULL));
    char *row = bench_alloc(bytes, 1);
    memset(row, 'm', bytes);
    long commits = 0;
    int64_t begin = bench_now_ns(), end = begin + (int64_t)(seconds * 1e9);
    for (; bench_now_ns() < end; commits++)
        insert_batch(db, insert, row, bytes, batch);
    double took = (double)(bench_now_ns() - begin) / 1e9;
    printf("{\"tool\":\"limits\",\"what\":\"sqlite\",\"version\":\"%s\",\"bytes\":%zu,\"batch\":%ld,\"ops_per_s\":%.1f,"
           "\"commits_per_s\":%.1f}\n",
           sqlite3_libversion(), bytes, batch, (double)(commits * batch) / took, (double)commits / took);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    free(row);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(other, sizeof other, "%s%s", path, ends[i]);
        unlink(other);
    }
}
