#include "mail/spool.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../base/check.h"
#include "base/limits.h"

static char directory[] = "/tmp/godwit-spool-XXXXXX";

static int make_directory(void **state) { return mkdtemp(directory) ? 0 : -1; }
static int remove_directory(void **state) { return rmdir(directory); }

static void fill(spool *s, size_t pieces) {
    char piece[100];
    for (size_t i = 0; i < pieces; i++) {
        memset(piece, 'a' + (char)(i % 26), sizeof piece);
        spool_add(s, str_of(piece, sizeof piece));
    }
}

static void expect(spool *s, size_t pieces) {
    str whole;
    assert_false(failed(spool_whole(s, &whole)));
    assert_int_equal(whole.n, pieces * 100);
    for (size_t i = 0; i < whole.n; i++)
        if (whole.p[i] != 'a' + (char)(i / 100 % 26))
            fail();
}

static void small_stays_in_memory(void **state) {
    spool s;
    str whole;
    spool_init(&s, str_c(directory), 1000, 5000);
    assert_false(failed(spool_whole(&s, &whole)));
    assert_int_equal(whole.n, 0);
    fill(&s, 10);
    assert_int_equal(s.fd, -1);
    expect(&s, 10);
    assert_int_equal(spool_headroom(&s), 0);
    spool_free(&s);
    spool_free(&s);
}

static void large_goes_to_an_unnamed_file(void **state) {
    spool s;
    spool_init(&s, str_c(directory), 1000, 5000);
    fill(&s, 11);
    assert_true(s.fd >= 0);
    fill(&s, 0);
    expect(&s, 11);
    spool_free(&s);
    spool_init(&s, str_c(directory), 1000, 1 << 20);
    fill(&s, 10000);
    expect(&s, 10000);
    DIR *d = opendir(directory);
    int names = 0;
    while (readdir(d))
        names++;
    closedir(d);
    assert_int_equal(names, 2); /* "." and ".." */
    spool_free(&s);
}

/* What is written in front and into the message is seen by nobody else and does not grow the file. */
static void headroom_is_writable(void **state) {
    spool s;
    str whole;
    spool_init(&s, str_c(directory), 10, 5000);
    fill(&s, 3);
    assert_false(failed(spool_whole(&s, &whole)));
    size_t room = spool_headroom(&s);
    assert_true(room >= 4096);
    char *before = (char *)(uintptr_t)whole.p - room;
    memset(before, 'x', room + 1);
    assert_int_equal(whole.p[0], 'x');
    assert_int_equal(whole.p[1], 'a');
    struct stat st;
    assert_int_equal(fstat(s.fd, &st), 0);
    assert_int_equal(st.st_size, room + 300);
    spool_free(&s);
}

static void never_more_than_max(void **state) {
    for (int file = 0; file < 2; file++) {
        spool s;
        str whole;
        spool_init(&s, str_c(directory), file ? 10 : 100000, 1000);
        fill(&s, 10);
        assert_false(s.failed);
        spool_add(&s, S("x"));
        assert_true(s.failed);
        fill(&s, 100);
        assert_int_equal(s.size, 11001);
        assert_int_equal(s.memory.cap, 0); /* keeps nothing */
        err e = spool_whole(&s, &whole);
        assert_true(e.kind == ERR_PEER && e.what == ERR_LIMIT);
        spool_free(&s);
    }
}

/* All together have one limit, whatever each alone might keep; what is freed is there again. */
static void memory_has_one_limit(void **state) {
    enum { MANY = 70, EACH = 4 << 20 };
    static spool all[MANY];
    static char block[EACH];
    for (int round = 0; round < 2; round++) {
        size_t in_files = 0;
        for (size_t i = 0; i < MANY; i++) {
            spool_init(&all[i], str_c(directory), EACH, EACH);
            spool_add(&all[i], str_of(block, EACH));
            in_files += all[i].fd >= 0;
        }
        assert_int_equal(in_files, MANY - LIMIT_SPOOL_MEMORY / EACH);
        for (size_t i = 0; i < MANY; i++)
            spool_free(&all[i]);
    }
}

static void no_directory_means_memory(void **state) {
    spool s;
    spool_init(&s, S(""), 10, 5000);
    fill(&s, 50);
    expect(&s, 50);
    assert_int_equal(s.fd, -1);
    spool_free(&s);
}

static void a_failing_disk_is_told(void **state) {
    spool s;
    str whole;
    spool_init(&s, S("/nonexistent/godwit"), 10, 5000);
    fill(&s, 3);
    assert_int_equal(spool_whole(&s, &whole).kind, ERR_TEMP);
    spool_free(&s);
    spool_init(&s, S("/tmp\0/x"), 10, 5000);
    fill(&s, 3);
    assert_int_equal(spool_whole(&s, &whole).kind, ERR_TEMP);
    spool_free(&s);
    /* As a full disk: writes past the file size limit fail. */
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    spool_init(&s, str_c(directory), 10, 1 << 20);
    fill(&s, 2000);
    err e = spool_whole(&s, &whole);
    spool_free(&s);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(e.kind, ERR_TEMP);
    assert_int_equal(s.fd, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_stays_in_memory),  cmocka_unit_test(large_goes_to_an_unnamed_file),
        cmocka_unit_test(headroom_is_writable),   cmocka_unit_test(never_more_than_max),
        cmocka_unit_test(memory_has_one_limit),   cmocka_unit_test(no_directory_means_memory),
        cmocka_unit_test(a_failing_disk_is_told),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
