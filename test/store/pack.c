#include "kit.h"

#include <pthread.h>

#include "base/rand.h"
#include "store/pack.h"

enum { MOST = 300000 };

static str text(char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        p[i] = "a message like many others. "[i % 28];
    return str_of(p, n);
}

static void check_round_trip(str plain, bool smaller) {
    SCOPED_BUF packed;
    buf_init(&packed, MOST + PACK_OVERHEAD);
    assert_true(pack_add(&packed, plain));
    assert_true(packed.n <= plain.n + PACK_OVERHEAD);
    assert_int_equal(packed.n < plain.n, smaller);
    char *back = test_malloc(plain.n + 1);
    assert_ok(pack_open(buf_str(&packed), back, plain.n));
    assert_memory_equal(back, plain.p, plain.n);
    assert_err(pack_open(buf_str(&packed), back, plain.n + 1), ERR_TEMP, ERR_CORRUPT);
    test_free(back);
}

static void round_trips(void **state) {
    (void)state;
    static char p[MOST], noise[MOST];
    rand_bytes(noise, sizeof noise);
    static const size_t sizes[] = {0, 1, 100, 255, 256, 257, 5000, 131072, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_round_trip(text(p, sizes[i]), sizes[i] >= 256);
        check_round_trip(str_of(noise, sizes[i]), false); /* what does not compress costs no more than the overhead */
    }
}

static void damage_is_noticed(void **state) {
    (void)state;
    char p[1000], back[1000];
    for (int kind = 0; kind < 2; kind++) {
        SCOPED_BUF packed;
        buf_init(&packed, 2000);
        size_t n = kind ? 1000 : 100;
        assert_true(pack_add(&packed, text(p, n)));
        size_t noticed = 0;
        for (size_t i = 0; i < packed.n; i++) {
            packed.p[i] = (char)(packed.p[i] ^ 0x10);
            err e = pack_open(buf_str(&packed), back, n);
            if (failed(e)) /* zstd leaves a bit or two of its frame unused */
                assert_int_equal(e.what, ERR_CORRUPT);
            else
                assert_memory_equal(back, p, n);
            noticed += failed(e);
            packed.p[i] = (char)(packed.p[i] ^ 0x10);
        }
        assert_true(noticed >= packed.n - 2);
        for (size_t i = 0; i < packed.n; i++)
            assert_err(pack_open(str_sub(buf_str(&packed), 0, i), back, n), ERR_TEMP, ERR_CORRUPT);
    }
}

static void a_full_buffer_is_no_piece(void **state) {
    (void)state;
    char p[1000];
    SCOPED_BUF small;
    buf_init(&small, 100);
    assert_false(pack_add(&small, text(p, 1000)));
}

static void *pack_in_thread(void *arg) {
    (void)arg;
    static const char words[1000] = {1, 2, 3};
    check_round_trip(str_of(words, sizeof words), true);
    return NULL;
}

static void threads_have_their_own_contexts(void **state) {
    (void)state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pack_in_thread, NULL), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips), cmocka_unit_test(damage_is_noticed),
                                       cmocka_unit_test(a_full_buffer_is_no_piece),
                                       cmocka_unit_test(threads_have_their_own_contexts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
