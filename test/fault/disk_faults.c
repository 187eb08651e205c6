/* A disk that fills up, errs or does not sync: nothing that was answered OK is ever lost, nothing that failed is
 * answered OK, and a full disk needs no restart. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "kit.h"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/rand.h"
#include "disk.h"

/* ---- every write and every sync, one after the other ---- */

/* Some of everything; counts what was answered OK. */
typedef struct work {
    kit *k;
    int64_t inbox;
    int appended, accepted, refused;
    uint32_t uids[64];
} work;

static void note(work *w, err e, int *good) {
    if (failed(e)) {
        assert_int_equal(e.kind, ERR_TEMP);
        w->refused++;
    } else {
        ++*good;
    }
}

static void do_work(work *w, int rounds) {
    static const char *const remote[] = {"x@remote.example"};
    for (int i = 0; i < rounds; i++) {
        store_content c = kit_content(w->k, kit_message(w->k, "append"));
        uint32_t uid, v;
        int before = w->appended;
        note(w, store_append(w->k->s, &w->k->as_anna, w->inbox, &c, 0, NULL, 0, 0, 0, &uid, &v), &w->appended);
        if (w->appended > before)
            w->uids[before] = uid;
        note(w, kit_accept(w->k, "id", kit_message(w->k, "accept"), w->k->bert, remote, 1), &w->accepted);
    }
}

static void verify(work *w) {
    store_mailbox box = kit_look(w->k, &w->k->as_anna, w->inbox);
    assert_int_equal(box.messages, w->appended);
    for (int i = 0; i < w->appended; i++)
        assert_str(kit_read(w->k, &w->k->as_anna, w->inbox, w->uids[i]), kit_message(w->k, "append"));
    queue_entry *e;
    size_t n;
    assert_ok(queue_list(w->k->s, &admin, &(queue_filter){.state = -1}, 0, 1000, &w->k->a, &e, &n));
    assert_int_equal(n, w->accepted);
    assert_int_equal(kit_look(w->k, &w->k->as_bert, kit_box(w->k, &w->k->as_bert, "INBOX")).messages, w->accepted);
    kit_check(w->k);
}

static void fail_each(void **state, disk_fault fault) {
    for (long nth = 1; nth <= 40; nth += fault == DISK_SYNC_ERROR ? 1 : 3) {
        kit_begin(state);
        work w = {.k = *state, .inbox = kit_box(*state, &((kit *)*state)->as_anna, "INBOX")};
        do_work(&w, 2);
        disk_fail(fault, nth, false);
        do_work(&w, 4);
        bool reached = disk_calls(fault) >= nth;
        disk_heal();
        if (fault == DISK_SYNC_ERROR &&
            reached) { /* what the disk dropped nobody knows: no more writing until reopened */
            int refused = w.refused;
            assert_true(refused > 0);
            do_work(&w, 1);
            assert_int_equal(w.refused, refused + 2);
        }
        verify(&w); /* reading goes on */
        kit_reopen(w.k);
        do_work(&w, 1);
        verify(&w);
        kit_end(state);
        if (!reached)
            break;
    }
}

static void each_write_finds_the_disk_full(void **state) { fail_each(state, DISK_WRITE_FULL); }
static void each_write_fails(void **state) { fail_each(state, DISK_WRITE_ERROR); }
static void each_sync_fails(void **state) { fail_each(state, DISK_SYNC_ERROR); }

static void a_full_disk_heals_without_restart(void **state) {
    kit_begin(state);
    work w = {.k = *state, .inbox = kit_box(*state, &((kit *)*state)->as_anna, "INBOX")};
    disk_fail(DISK_WRITE_FULL, 1, true);
    store_content c = kit_content(w.k, kit_message(w.k, "x"));
    uint32_t uid, v;
    assert_err(store_append(w.k->s, &w.k->as_anna, w.inbox, &c, 0, NULL, 0, 0, 0, &uid, &v), ERR_TEMP, ERR_FULL);
    do_work(&w, 3);
    assert_int_equal(w.refused, 6);
    verify(&w);
    disk_heal();
    do_work(&w, 3);
    assert_int_equal(w.refused, 6);
    verify(&w);
    kit_end(state);
}

/* ---- the real thing ---- */

static str with_attachment(kit *k, int number) {
    SCOPED_BUF bytes, out;
    buf_init(&bytes, 20000);
    buf_init(&out, 60000);
    rand_bytes(buf_reserve(&bytes, 20000), 20000);
    buf_commit(&bytes, 20000);
    buf_addf(&out, "Subject: %d\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", number);
    base64_encode_lines(&out, buf_str(&bytes), 76);
    return arena_str(&k->a, buf_str(&out));
}

/* Appends until nothing more goes in; then everything that went in is there. */
static void fill(kit *k, int64_t inbox, str *kept, int *n, int most) {
    int refused = 0;
    for (int i = 0; i < most && refused < 5; i++) {
        store_content c = kit_content(k, with_attachment(k, i));
        uint32_t uid, v;
        err e = store_append(k->s, &k->as_anna, inbox, &c, 0, NULL, 0, 0, 0, &uid, &v);
        if (failed(e)) {
            assert_int_equal(e.kind, ERR_TEMP);
            refused++;
        } else {
            kept[(*n)++] = c.raw;
        }
    }
    assert_int_equal(refused, 5);
}

static void read_all(kit *k, int64_t inbox, const str *kept, int n) {
    size_t there;
    store_message *m = kit_messages(k, &k->as_anna, inbox, 0, &there);
    assert_int_equal(there, n);
    for (int i = 0; i < n; i++)
        assert_true(str_eq(kit_read(k, &k->as_anna, inbox, m[i].uid), kept[i]));
    kit_check(k);
}

/* In a process of its own: the limit is the process's. */
static void limited(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    static str kept[2000];
    int n = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {400 * 1024, RLIM_INFINITY};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fill(k, inbox, kept, &n, 2000);
    read_all(k, inbox, kept, n);
    limit.rlim_cur = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    str raw = with_attachment(k, 0);
    kept[n++] = raw;
    kit_append(k, &k->as_anna, inbox, raw); /* without a restart */
    read_all(k, inbox, kept, n);
}

static void files_may_not_grow(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* a program of its own: no thread survives a fork */
        char name[] = "disk", word[] = "limited", *args[] = {name, word, NULL};
        execv("/proc/self/exe", args);
        _exit(2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char small[] = "/tmp/small-XXXXXX";
static bool mounted;

static int mount_small(void **state) {
    (void)state;
    assert_non_null(mkdtemp(small));
    mounted = mount("tmpfs", small, "tmpfs", 0, "size=3m") == 0; /* only root can */
    return 0;
}

static int unmount_small(void **state) {
    (void)state;
    if (mounted)
        umount2(small, MNT_DETACH);
    rmdir(small);
    return 0;
}

static void a_small_file_system_fills_up(void **state) {
    if (!mounted)
        skip();
    const char *before = getenv("TMPDIR");
    setenv("TMPDIR", small, 1);
    kit_begin(state);
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    static str kept[2000];
    int n = 0;
    fill(k, inbox, kept, &n, 2000);
    read_all(k, inbox, kept, n);
    assert_int_equal(mount("tmpfs", small, "tmpfs", MS_REMOUNT, "size=30m"), 0);
    kept[n++] = with_attachment(k, 0);
    kit_append(k, &k->as_anna, inbox, kept[n - 1]);
    read_all(k, inbox, kept, n);
    kit_end(state);
}

int main(int argc, char **argv) {
    (void)argv;
    const struct CMUnitTest limited_tests[] = {CASE(limited)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_write_finds_the_disk_full),
        cmocka_unit_test(each_write_fails),
        cmocka_unit_test(each_sync_fails),
        cmocka_unit_test(a_full_disk_heals_without_restart),
        cmocka_unit_test(files_may_not_grow),
        cmocka_unit_test_setup_teardown(a_small_file_system_fills_up, mount_small, unmount_small),
    };
    kit_backend = kit_backends[0];
    if (argc == 2)
        return freopen("/dev/null", "w", stdout) ? cmocka_run_group_tests(limited_tests, NULL, NULL) : 2;
    disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
