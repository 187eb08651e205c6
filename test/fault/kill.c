/* kill -9 under load: whatever was answered OK is there afterwards, whole and once.
 *
 * A child appends and accepts from several threads and writes each OK into a ledger that it syncs; the parent kills it
 * at a random moment, opens the store and compares. */
#include <sys/wait.h>

#include "kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/rand.h"

enum { ROUNDS = 12, WRITERS = 6, ROUND_MS_MOST = 220 };

/* ---- the child ---- */

typedef struct loader {
    kit *k;
    int ledger, number, round;
} loader;

/* Every third has an attachment, so that blobs are at stake too. */
static void print_message_of(buf *out, str id, int number) {
    buf_addf(out, "Subject: %.*s\r\n", STR_ARG(id));
    if (number % 3) {
        buf_addf(out, "\r\nbody of %.*s\r\n", STR_ARG(id));
        return;
    }
    SCOPED_BUF bytes;
    buf_init(&bytes, 100000);
    for (int i = 0; i < 300; i++)
        buf_addf(&bytes, "%.*s line %d of an attachment\n", STR_ARG(id), i);
    buf_add(out, S("Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    base64_encode_lines(out, buf_str(&bytes), 76);
}

static void ledger_line(const loader *l, char what, str id, uint32_t uid) {
    char line[64];
    int n = snprintf(line, sizeof line, "%c %.*s %u\n", what, STR_ARG(id), uid);
    if (write(l->ledger, line, (size_t)n) != n || fdatasync(l->ledger) != 0)
        _exit(3);
}

static void load_one(loader *l, int64_t inbox, int number, arena *a) {
    str id = arena_strf(a, "r%d-w%d-n%d", l->round, l->number, number);
    SCOPED_BUF raw;
    buf_init(&raw, 100000);
    print_message_of(&raw, id, number);
    store_content c;
    store_local local = {l->k->bert, S("INBOX"), S("X-Copy: yes\r\n"), 0};
    store_recipient remote = {S("x@remote.example"), S(""), 0, S("relay")};
    store_accepted m = {.id = id,
                        .content = &c,
                        .locals = &local,
                        .locals_n = 1,
                        .recipients = &remote,
                        .recipients_n = 1,
                        .expires = 1};
    uint32_t uid = 0, v;
    err result = OK;
    if (failed(store_content_of(buf_str(&raw), a, &c)))
        _exit(4);
    bool append = number % 2;
    err e = append ? store_append(l->k->s, &l->k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v)
                   : store_accept(l->k->s, &deliver, &m, &result);
    if (failed(e) || failed(result))
        _exit(5);
    ledger_line(l, append ? 'A' : 'Q', id, uid);
}

static void *load(void *arg) {
    loader *l = arg;
    arena first;
    arena_init(&first, 1 << 20);
    store_mailbox box;
    if (failed(store_mailbox_get(l->k->s, &l->k->as_anna, S("INBOX"), &first, &box)))
        _exit(6);
    arena_free(&first);
    for (int number = 0;; number++) {
        arena a;
        arena_init(&a, 1 << 22);
        load_one(l, box.id, number, &a);
        arena_free(&a);
    }
    return NULL;
}

/* A program of its own, as no thread survives a fork: directory, round, the two accounts. */
static int child(char **args) {
    uint32_t round, anna, bert;
    if (!str_to_u32(str_c(args[1]), 1000, &round) || !str_to_u32(str_c(args[2]), 1000, &anna) ||
        !str_to_u32(str_c(args[3]), 1000, &bert))
        return 2;
    kit k = {.anna = anna, .bert = bert, .as_anna = {ROLE_ACCOUNT, anna}};
    kit_open_at(&k, args[0]);
    char ledger[100];
    snprintf(ledger, sizeof ledger, "%s/ledger", args[0]);
    int fd = open(ledger, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0)
        return 2;
    loader loaders[WRITERS];
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        loaders[i] = (loader){.k = &k, .ledger = fd, .number = i, .round = (int)round};
        pthread_create(&threads[i], NULL, load, &loaders[i]);
    }
    for (;;)
        pause();
}

/* ---- the parent ---- */

static void check_bytes(str raw, str id, str extra) {
    SCOPED_BUF expected;
    buf_init(&expected, 200000);
    buf_add(&expected, extra);
    str digits = str_skip(id, str_rfind(id, 'n') + 1);
    uint32_t number;
    assert_true(str_to_u32(digits, UINT32_MAX, &number));
    print_message_of(&expected, id, (int)number);
    assert_true(str_eq(raw, buf_str(&expected)));
}

static str id_in(str raw) {
    size_t at = str_find_str(raw, S("Subject: "));
    assert_true(at != STR_NONE);
    str rest = str_skip(raw, at + 9);
    return str_sub(rest, 0, str_find(rest, '\r'));
}

/* All messages of a mailbox are whole, and none is there twice; their ids as keys. */
static void read_mailbox(kit *k, const principal *who, str extra, str **ids, size_t *n) {
    int64_t inbox = kit_box(k, who, "INBOX");
    store_message *m = kit_messages(k, who, inbox, 0, n);
    *ids = arena_array(&k->a, *n + 1, sizeof **ids);
    for (size_t i = 0; i < *n; i++) {
        str raw = kit_read(k, who, inbox, m[i].uid);
        (*ids)[i] = id_in(raw);
        check_bytes(raw, (*ids)[i], extra);
    }
}

static int by_text(const void *a, const void *b) { return str_cmp(*(const str *)a, *(const str *)b); }

static bool has(const str *sorted, size_t n, str id) { return n && bsearch(&id, sorted, n, sizeof *sorted, by_text); }

static void no_duplicates(str *ids, size_t n) {
    if (n)
        qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 1; i < n; i++)
        assert_false(str_eq(ids[i - 1], ids[i]));
}

static str *queued(kit *k, size_t *n) {
    str *ids = NULL;
    size_t total = 0, got = 1;
    for (int64_t after = 0; got;) {
        queue_entry *e;
        assert_ok(queue_list(k->s, &admin, &(queue_filter){.state = -1}, after, 1000, &k->a, &e, &got));
        str *grown = arena_array(&k->a, total + got + 1, sizeof *grown);
        if (total)
            memcpy(grown, ids, total * sizeof *ids);
        ids = grown;
        for (size_t i = 0; i < got; i++)
            ids[total++] = e[i].message_id;
        after = got ? e[got - 1].id : 0;
    }
    *n = total;
    return ids;
}

static str read_ledger(kit *k, const char *path) {
    FILE *f = fopen(path, "r");
    if (!f)
        return S("");
    char *text = arena_alloc(&k->a, 8 << 20);
    size_t n = fread(text, 1, 8 << 20, f);
    fclose(f);
    return str_of(text, n);
}

static size_t compare(kit *k, const char *ledger) {
    str *anna, *bert, *entries, lines = read_ledger(k, ledger), line;
    size_t anna_n, bert_n, entries_n, promised = 0;
    read_mailbox(k, &k->as_anna, S(""), &anna, &anna_n);
    read_mailbox(k, &k->as_bert, S("X-Copy: yes\r\n"), &bert, &bert_n);
    entries = queued(k, &entries_n);
    no_duplicates(anna, anna_n);
    no_duplicates(bert, bert_n);
    no_duplicates(entries, entries_n);
    assert_int_equal(bert_n, entries_n); /* one transaction: both or neither */
    for (; str_cut_line(&lines, &line); promised++) {
        str rest = str_skip(line, 2), id;
        assert_true(str_cut(&rest, ' ', &id));
        assert_true(line.p[0] == 'A' ? has(anna, anna_n, id) : has(bert, bert_n, id) && has(entries, entries_n, id));
    }
    kit_check(k);
    return promised;
}

static void become_child(const kit *k, int round) {
    char name[] = "kill", word[] = "child";
    char numbers[3][24], *args[] = {name, word, (char *)k->dir, numbers[0], numbers[1], numbers[2], NULL};
    snprintf(numbers[0], sizeof numbers[0], "%d", round);
    snprintf(numbers[1], sizeof numbers[1], "%lld", (long long)k->anna);
    snprintf(numbers[2], sizeof numbers[2], "%lld", (long long)k->bert);
    execv("/proc/self/exe", args);
    _exit(2);
}

static void one_round(kit *k, int round) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become_child(k, round);
    usleep((useconds_t)(40 + rand_below(ROUND_MS_MOST)) * 1000);
    kill(pid, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it failed at nothing by itself */
}

static void nothing_accepted_is_lost(void **state) {
    kit *k = *state;
    char ledger[100];
    size_t promised = 0;
    snprintf(ledger, sizeof ledger, "%s/ledger", k->dir);
    for (int round = 0; round < ROUNDS; round++) {
        kit_close(k);
        one_round(k, round);
        assert_ok(store_open(&k->s, &k->config));
        promised = compare(k, ledger);
        kit_clear(k);
    }
    print_message("# %zu messages promised in %d rounds, none lost\n", promised, ROUNDS);
    assert_true(promised > ROUNDS);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {CASE(nothing_accepted_is_lost)};
    kit_backend = kit_backends[0];
    if (argc == 6)
        return child(argv + 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
