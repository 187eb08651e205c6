#include "imapload.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: imapload -a 127.0.0.1:PORT -o OPERATION [-c SESSIONS] [-n OPERATIONS] [-t SECONDS] [-u USER] [-U USERS]\n"
    "                [-P PASS] [-N MAILBOX_SIZE] [-s APPEND_SIZE]\n"
    "  -u  login name; %d in it becomes 0 to USERS-1, by session\n"
    "operations:\n"
    "  fill        APPEND until INBOX has MAILBOX_SIZE messages\n"
    "  login       connect, LOGIN, LOGOUT\n"
    "  noop select NOOP; SELECT INBOX\n"
    "  envelope    FETCH 1:* (FLAGS UID ENVELOPE)      flags    UID FETCH 1:* (FLAGS)\n"
    "  body        FETCH of a random BODY.PEEK[]       bodyall  FETCH 1:* BODY.PEEK[]\n"
    "  store       \\Seen of a random message           append   APPEND to the mailbox \"bench\"\n"
    "  search searchflag searchtext    SEARCH SUBJECT; UNSEEN; BODY with a word that is nowhere\n"
    "  idle        one session IDLEs, another changes a flag: until the first is told\n"
    "One latency a command. Prints one line of JSON; status 0 when all went well.\n";

enum { STACK = 256 * 1024, ERRORS_MOST = 100 };

static struct {
    struct sockaddr_in server;
    long sessions, users, operations, mailbox_size;
    size_t append_size;
    double seconds;
    const char *user, *password;
    const struct operation *op;
    int64_t begin_ns, end_ns; /* end: no command is begun after it */
    pthread_barrier_t ready;
    atomic_long left, serial;
    pthread_mutex_t lock; /* guards what follows */
    bench_times times;
    long errors;
    int64_t received;
    char error[200];
} job = {.sessions = 1,
         .users = 1,
         .operations = 1000,
         .mailbox_size = 10000,
         .append_size = 5120,
         .seconds = 10,
         .user = "user0",
         .password = "pass",
         .lock = PTHREAD_MUTEX_INITIALIZER};

typedef struct operation {
    const char *name;
    const char *command; /* for those that always send the same */
    bool (*run)(imap *c, long session);
    bool (*prepare)(imap *c, long session);
} operation;

static bool log_in(imap *c, long session) {
    char user[128];
    bench_numbered(user, sizeof user, job.user, session % job.users);
    return imap_open(c, &job.server, user, job.password);
}

/* ---- the operations ---- */

static bool run_login(imap *c, long session) {
    bool fine = log_in(c, session) && imap_command(c, "LOGOUT");
    imap_close(c);
    return fine;
}

static bool run_body(imap *c, long session) {
    char text[64];
    snprintf(text, sizeof text, "FETCH %ld BODY.PEEK[]", 1 + imap_random(c, c->exists));
    return imap_command(c, text);
}

static bool run_store(imap *c, long session) {
    char text[64];
    char sign = imap_random(c, 2) ? '+' : '-';
    snprintf(text, sizeof text, "STORE %ld %cFLAGS (\\Seen)", 1 + imap_random(c, c->exists), sign);
    return imap_command(c, text);
}

static bool run_append(imap *c, long session) { return imap_append(c, "bench", job.append_size, job.serial++); }

static bool select_inbox(imap *c, long session) { return log_in(c, session) && imap_command(c, "SELECT INBOX"); }

static bool make_mailbox(imap *c, long session) {
    if (!log_in(c, session))
        return false;
    if (!imap_command(c, "CREATE bench"))
        c->error[0] = 0; /* it is there already */
    return true;
}

static bool rest(imap *c, long session) {
    c->fd = -1;
    return true;
}

static const operation operations[] = {
    {"login", NULL, run_login, rest},
    {"noop", "NOOP", NULL, select_inbox},
    {"select", "SELECT INBOX", NULL, select_inbox},
    {"envelope", "FETCH 1:* (FLAGS UID ENVELOPE)", NULL, select_inbox},
    {"flags", "UID FETCH 1:* (FLAGS)", NULL, select_inbox},
    {"body", NULL, run_body, select_inbox},
    {"bodyall", "FETCH 1:* BODY.PEEK[]", NULL, select_inbox},
    {"store", NULL, run_store, select_inbox},
    {"search", "SEARCH SUBJECT \"message 77\"", NULL, select_inbox},
    {"searchflag", "SEARCH UNSEEN", NULL, select_inbox},
    {"searchtext", "SEARCH BODY \"zzqqx\"", NULL, select_inbox},
    {"append", NULL, run_append, make_mailbox},
    {"fill", NULL, NULL, NULL},
    {"idle", NULL, NULL, NULL},
};

static const operation *operation_of(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    bench_usage(usage);
}

/* ---- sessions ---- */

static void count(const imap *c, const bench_times *times, long errors) {
    pthread_mutex_lock(&job.lock);
    bench_times_join(&job.times, times);
    job.errors += errors;
    job.received += c->received;
    if (c->error[0] && !job.error[0])
        snprintf(job.error, sizeof job.error, "%s", c->error);
    pthread_mutex_unlock(&job.lock);
}

static imap *imap_new(long session) {
    imap *c = bench_alloc(1, sizeof *c);
    c->fd = -1;
    c->random = (unsigned)(session * 7919 + 12345);
    return c;
}

static void *session(void *arg) {
    long number = (long)arg, errors = 0;
    bench_times times = {0};
    imap *c = imap_new(number);
    bool fine = job.op->prepare(c, number);
    errors += !fine;
    if (pthread_barrier_wait(&job.ready) == PTHREAD_BARRIER_SERIAL_THREAD)
        job.begin_ns = bench_now_ns();
    c->received = 0;
    while (fine && errors < ERRORS_MOST && job.left-- > 0 && bench_now_ns() < job.end_ns) {
        int64_t began = bench_now_ns();
        bool done = job.op->command ? imap_command(c, job.op->command) : job.op->run(c, number);
        if (done)
            bench_times_add(&times, began);
        errors += !done;
    }
    count(c, &times, errors);
    if (c->fd >= 0)
        imap_command(c, "LOGOUT");
    imap_close(c);
    free(times.us);
    free(c);
    return NULL;
}

static void run_sessions(void) {
    pthread_t *threads = bench_alloc((size_t)job.sessions, sizeof *threads);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_barrier_init(&job.ready, NULL, (unsigned)job.sessions);
    for (long i = 0; i < job.sessions; i++)
        if (pthread_create(&threads[i], &small, session, (void *)i) != 0)
            bench_die("thread");
    for (long i = 0; i < job.sessions; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

/* Until the session that idles is told of a flag changed by the other. */
static bool told(imap *idler, imap *changer, long turn) {
    char text[64];
    snprintf(text, sizeof text, "STORE %ld %cFLAGS (\\Answered)", 1 + turn / 2 % changer->exists, turn % 2 ? '-' : '+');
    if (!imap_command(changer, text))
        return false;
    do
        if (!imap_line(idler))
            return false;
    while (!strstr(idler->line, "FETCH"));
    return true;
}

static void run_idle(void) {
    imap *idler = imap_new(0), *changer = imap_new(1);
    bench_times times = {0};
    bool fine = select_inbox(idler, 0) && select_inbox(changer, 0) && imap_send(idler, "z IDLE\r\n");
    do
        fine = fine && imap_line(idler);
    while (fine && idler->line[0] != '+');
    usleep(200000);
    job.begin_ns = bench_now_ns();
    for (long i = 0; fine && i < job.operations && bench_now_ns() < job.end_ns; i++) {
        int64_t began = bench_now_ns();
        fine = told(idler, changer, i);
        if (fine)
            bench_times_add(&times, began);
    }
    count(changer, &times, !fine);
    count(idler, &(bench_times){0}, 0);
    imap_close(idler);
    imap_close(changer);
    free(times.us);
    free(idler);
    free(changer);
}

static int run_fill(void) {
    imap *c = imap_new(0);
    int64_t begin = bench_now_ns();
    bool fine = select_inbox(c, 0);
    long first = c->exists, n = first;
    while (fine && n < job.mailbox_size) {
        fine = imap_append(c, "INBOX", job.append_size, n);
        n += fine;
    }
    printf("{\"tool\":\"imapload\",\"op\":\"fill\",\"messages\":%ld,\"msgs_per_s\":%.1f,\"first_error\":\"%s\"}\n", n,
           (double)(n - first) / ((double)(bench_now_ns() - begin) / 1e9), c->error);
    imap_close(c);
    free(c);
    return fine ? 0 : 1;
}

static void report(void) {
    double seconds = (double)(bench_now_ns() - job.begin_ns) / 1e9;
    bench_spread s = bench_times_spread(&job.times);
    printf("{\"tool\":\"imapload\",\"op\":\"%s\",\"sessions\":%ld,\"ops\":%zu,\"errors\":%ld,\"seconds\":%.3f,"
           "\"ops_per_s\":%.2f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"mb_per_s\":%.2f,\"client_cpu_s\":%.3f,"
           "\"first_error\":\"%s\"}\n",
           job.op->name, job.sessions, job.times.n, job.errors, seconds, (double)job.times.n / seconds, s.p50_ms,
           s.p99_ms, s.max_ms, (double)job.received / seconds / 1e6, bench_cpu_s(), job.error);
}

static void options(int argc, char **argv) {
    const char *server = NULL;
    for (int o; (o = getopt(argc, argv, "a:o:c:n:t:u:U:P:N:s:")) != -1;) {
        if (o == 'a')
            server = optarg;
        else if (o == 'o')
            job.op = operation_of(optarg);
        else if (o == 'c')
            job.sessions = bench_number(optarg);
        else if (o == 'n')
            job.operations = bench_number(optarg);
        else if (o == 't')
            job.seconds = bench_seconds(optarg);
        else if (o == 'u')
            job.user = optarg;
        else if (o == 'U')
            job.users = bench_number(optarg);
        else if (o == 'P')
            job.password = optarg;
        else if (o == 'N')
            job.mailbox_size = bench_number(optarg);
        else if (o == 's')
            job.append_size = (size_t)bench_number(optarg);
        else
            bench_usage(usage);
    }
    if (!server || !job.op || !job.sessions || !job.users)
        bench_usage(usage);
    job.server = bench_addr(server);
}

int main(int argc, char **argv) {
    options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    bench_many_files();
    if (strcmp(job.op->name, "fill") == 0)
        return run_fill();
    job.begin_ns = bench_now_ns();
    job.end_ns = job.begin_ns + (int64_t)(job.seconds * 1e9);
    job.left = job.operations;
    job.serial = job.begin_ns / 1000 % 100000000;
    if (strcmp(job.op->name, "idle") == 0)
        run_idle();
    else
        run_sessions();
    report();
    return job.errors ? 1 : 0;
}
