#include "limits.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 4 }; /* on each side of the handshakes */

static struct sockaddr_in loopback(void) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int accept_one(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        bench_no_delay(fd);
    return fd;
}

/* ---- round trips ---- */

static void *echo(void *arg) {
    static char bytes[65536];
    int fd = accept_one(*(int *)arg);
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        bench_write(fd, bytes, (size_t)n);
    close(fd);
    return NULL;
}

void limit_pingpong(double seconds, size_t bytes) {
    struct sockaddr_in at = loopback();
    int listener = bench_listen(&at, false);
    pthread_t thread;
    if (pthread_create(&thread, NULL, echo, &listener) != 0)
        bench_die("thread");
    int fd = bench_connect(&at, false);
    char *ball = bench_alloc(bytes, 1);
    long n = 0;
    int64_t begin = bench_now_ns(), end = begin + (int64_t)(seconds * 1e9);
    for (; bench_now_ns() < end; n++) {
        bench_write(fd, ball, bytes);
        for (size_t got = 0; got < bytes;) {
            ssize_t r = read(fd, ball, bytes - got);
            if (r <= 0)
                bench_die("read");
            got += (size_t)r;
        }
    }
    double took = (double)(bench_now_ns() - begin) / 1e9;
    printf("{\"tool\":\"limits\",\"what\":\"pingpong\",\"bytes\":%zu,\"ops_per_s\":%.1f}\n", bytes, (double)n / took);
    close(fd);
    pthread_join(thread, NULL);
    free(ball);
}

/* ---- handshakes ---- */

static struct {
    int listener;
    struct sockaddr_in at;
    SSL_CTX *server, *client;
    atomic_bool stop;
    atomic_long done;
} tls;

static SSL *tls_over(SSL_CTX *ctx, int fd) {
    SSL *s = SSL_new(ctx);
    if (!s || SSL_set_fd(s, fd) != 1)
        bench_die("SSL_new");
    return s;
}

static void *tls_server(void *arg) {
    char byte;
    while (!tls.stop) {
        int fd = accept_one(tls.listener);
        if (fd < 0)
            break;
        SSL *s = tls_over(tls.server, fd);
        if (SSL_accept(s) == 1 && SSL_read(s, &byte, 1) == 1)
            SSL_write(s, &byte, 1);
        SSL_free(s);
        close(fd);
    }
    return NULL;
}

static void *tls_client(void *arg) {
    char byte = 'x';
    while (!tls.stop) {
        int fd = bench_connect(&tls.at, false);
        SSL *s = tls_over(tls.client, fd);
        if (SSL_connect(s) == 1 && SSL_write(s, &byte, 1) == 1 && SSL_read(s, &byte, 1) == 1)
            tls.done++;
        SSL_free(s);
        close(fd);
    }
    return NULL;
}

void limit_tls(double seconds, const char *certificate, const char *key) {
    pthread_t thread;
    tls.server = SSL_CTX_new(TLS_server_method());
    tls.client = SSL_CTX_new(TLS_client_method());
    if (!tls.server || !tls.client || SSL_CTX_use_certificate_chain_file(tls.server, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls.server, key, SSL_FILETYPE_PEM) != 1)
        bench_die("certificate");
    SSL_CTX_set_session_cache_mode(tls.server, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_cache_mode(tls.client, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls.server, 0);
    tls.at = loopback();
    tls.listener = bench_listen(&tls.at, false);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, NULL, tls_server, NULL) != 0 ||
            pthread_create(&thread, NULL, tls_client, NULL) != 0)
            bench_die("thread");
    int64_t begin = bench_now_ns();
    double cpu = bench_cpu_s();
    usleep((useconds_t)(seconds * 1e6));
    long done = tls.done;
    double took = (double)(bench_now_ns() - begin) / 1e9;
    printf("{\"tool\":\"limits\",\"what\":\"tls\",\"ops_per_s\":%.1f,\"cpu_ms_both_sides\":%.3f}\n",
           (double)done / took, (bench_cpu_s() - cpu) * 1000 / (double)(done ? done : 1));
    fflush(stdout);
    _exit(0); /* its threads wait for one another */
}
