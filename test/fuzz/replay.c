/* The main of a fuzz target in an ordinary build: feeds it every file of its corpus folder, every prefix of each,
 * and mutations that are the same on every run. Prints TAP, a line a file. Each input lies at the end of a block of
 * its own, so that a sanitizer sees one byte read too many. An input that kills the target is left as crash-<name>. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    FILE_MOST = 1024 * 1024,
    PREFIXES = 2048,  /* of one file; a longer one is cut in that many places */
    MUTATIONS = 2000, /* of one file */
    SEEDS_MOST = 1000,
};

static uint64_t random_state;

static size_t random_below(size_t bound) { /* splitmix64 */
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bound ? (size_t)((z ^ (z >> 31)) % bound) : 0;
}

static uint8_t *now;
static size_t now_n;
static char crash_path[256];

static void keep_input(int number) {
    int fd = open(crash_path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd >= 0 && write(fd, now, now_n) == (ssize_t)now_n)
        close(fd);
    signal(number, SIG_DFL);
    raise(number);
}

static void feed(str input) {
    now = mem_grow(NULL, input.n, 1);
    now_n = input.n;
    if (input.n)
        memcpy(now, input.p, input.n);
    LLVMFuzzerTestOneInput(now, now_n);
    free(now);
}

static str random_slice(str s) {
    size_t from = random_below(s.n);
    return str_sub(s, from, 1 + random_below(s.n - from < 64 ? s.n - from : 64));
}

/* One small change of a copy of the input, which has room to double. */
static void mutate(buf *b, str other) {
    static const char telling[] = "\0\r\n \t\"\\()<>{}[]=,:;.%@*&~\x7f\x80\xff"
                                  "09";
    size_t at = random_below(b->n);
    str some = random_slice(random_below(2) ? buf_str(b) : other);
    SCOPED_BUF tail;
    buf_init(&tail, b->max);
    switch (random_below(5)) {
    case 0:
        if (b->n)
            b->p[at] = (char)(b->p[at] ^ (1 << random_below(8)));
        break;
    case 1:
        if (b->n)
            b->p[at] = telling[random_below(sizeof telling - 1)];
        break;
    case 2: /* a piece less */
        if (b->n > at + some.n) {
            memmove(b->p + at, b->p + at + some.n, b->n - at - some.n);
            buf_truncate(b, b->n - some.n);
        }
        break;
    default: /* a piece of this or of another input more */
        buf_add(&tail, some);
        buf_add(&tail, str_skip(buf_str(b), at));
        buf_truncate(b, at);
        buf_add(b, buf_str(&tail));
        return;
    }
}

static void run_file(str input, str other) {
    feed(input);
    size_t step = input.n / PREFIXES + 1;
    for (size_t n = 0; n < input.n; n += step)
        feed(str_sub(input, 0, n));
    random_state = input.n;
    for (int i = 0; i < MUTATIONS; i++) {
        SCOPED_BUF b;
        buf_init(&b, 2 * (size_t)FILE_MOST);
        buf_add(&b, input);
        for (size_t changes = 1 + random_below(4); changes; changes--)
            mutate(&b, other);
        feed(buf_str(&b));
    }
}

static bool read_file(int folder, const char *name, buf *out) {
    SCOPED_FD fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    char *to = buf_reserve(out, (size_t)st.st_size);
    if (!to || read(fd, to, (size_t)st.st_size) != st.st_size)
        return false;
    buf_commit(out, (size_t)st.st_size);
    return true;
}

static int only_names(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int main(int argc, char **argv) {
    struct dirent **names;
    int n = argc == 2 ? scandir(argv[1], &names, only_names, alphasort) : -1;
    SCOPED_FD folder = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (n <= 0 || folder < 0) {
        printf("1..1\nnot ok 1 - no corpus folder\n");
        return 1;
    }
    snprintf(crash_path, sizeof crash_path, "crash-%s", strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1]);
    static const int deadly[] = {SIGABRT, SIGFPE, SIGILL, SIGBUS};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], keep_input);
    printf("1..%d\n", n);
    SCOPED_BUF before;
    buf_init(&before, FILE_MOST);
    for (int i = 0; i < n; i++) {
        SCOPED_BUF input;
        buf_init(&input, FILE_MOST);
        bool read_whole = read_file(folder, names[i]->d_name, &input);
        if (read_whole)
            run_file(buf_str(&input), buf_str(&before));
        printf("%sok %d - %s\n", read_whole ? "" : "not ", i + 1, names[i]->d_name);
        fflush(stdout);
        buf_clear(&before);
        buf_add(&before, buf_str(&input));
        free(names[i]);
    }
    free(names);
    return 0;
}
