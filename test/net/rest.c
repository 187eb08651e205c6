/* What a connection costs while it waits for its peer: bytes of the heap, measured over many. */
#include "check.h"

#include <malloc.h>
#include <sys/wait.h>

#include "lines.h"
#include "on_loop.h"
#include "peer.h"
#include "tls_peer.h"

enum {
    PLAIN_CONNECTIONS = 2000,
    PLAIN_BYTES = 1024,
    TLS_CONNECTIONS = 200,
    TLS_BYTES = 16 * 1024,
};

#if defined(__SANITIZE_ADDRESS__)
enum { MEASURED = 0 };
#else
enum { MEASURED = !SLOW_SANITIZER };
#endif

static addr at;

static size_t heap(void) { return mallinfo2().uordblks; }

static void expect_less(const char *what, size_t bytes, size_t n, size_t most) {
    fprintf(stderr, "# %zu bytes for a %s connection at rest\n", bytes / n, what);
    if (MEASURED)
        check(bytes / n < most);
}

static listener *listen_with(tls_server *tls) {
    listener_config config = lines_config();
    config.tls = tls;
    config.implicit_tls = tls != NULL;
    listener *l = peer_listen(&config);
    at = listener_address(l);
    return l;
}

static void plain_connections(void **state) {
    (void)state;
    static int fds[PLAIN_CONNECTIONS];
    check_ok(loops_start(1));
    listener *l = listen_with(NULL);
    int warm = peer_connect(&at);
    peer_expect(warm, S("hello\n"));
    size_t before = heap();
    for (size_t i = 0; i < PLAIN_CONNECTIONS; i++)
        fds[i] = peer_connect(&at);
    for (size_t i = 0; i < PLAIN_CONNECTIONS; i++) {
        peer_send(fds[i], S("one\n"));
        peer_expect(fds[i], S("hello\none!\n"));
    }
    nothing_more_on(0);
    expect_less("plain", heap() - before, PLAIN_CONNECTIONS, PLAIN_BYTES);
    for (size_t i = 0; i < PLAIN_CONNECTIONS; i++)
        close(fds[i]);
    close(warm);
    listener_close(l);
    loops_stop();
}

/* The clients are another process, for OpenSSL takes memory on both sides. */
static pid_t start_clients(int go, int done) {
    pid_t child = fork();
    if (child)
        return child;
    static SSL *all[TLS_CONNECTIONS];
    check(read(go, &at, sizeof at) == sizeof at);
    for (size_t i = 0; i < TLS_CONNECTIONS; i++) {
        all[i] = tls_peer(peer_connect(&at), NULL);
        tls_peer_send(all[i], S("one\n"));
        tls_peer_expect(all[i], S("hello\none!\n"));
    }
    check(write(done, "", 1) == 1);
    char end;
    _exit(read(go, &end, 1) < 0);
}

static void tls_connections(void **state) {
    (void)state;
    int go[2], done[2], status;
    char byte;
    check(pipe(go) == 0 && pipe(done) == 0);
    pid_t child = start_clients(go[0], done[1]);
    SCOPED_ARENA memory;
    arena_init(&memory, 1 << 20);
    tls_pair pair = tls_test_pair(&memory, "rest.test");
    check_ok(tls_server_create(&lines_tls, &pair, 1));
    check_ok(loops_start(1));
    listener *l = listen_with(lines_tls);
    tls_peer_free(tls_peer(peer_connect(&at), NULL));
    await_count(&lines_counts.closed, 1);
    size_t before = heap();
    check(write(go[1], &at, sizeof at) == sizeof at);
    check(read(done[0], &byte, 1) == 1);
    nothing_more_on(0);
    expect_less("TLS", heap() - before, TLS_CONNECTIONS, TLS_BYTES);
    check(write(go[1], "", 1) == 1);
    check(waitpid(child, &status, 0) == child && status == 0);
    listener_close(l);
    loops_stop();
    tls_server_free(lines_tls);
}

int main(void) {
    mallopt(M_ARENA_MAX, 1); /* so that the measure sees the memory of all threads */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_connections), /* first: it forks, so no thread may have been there */
        cmocka_unit_test(plain_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
