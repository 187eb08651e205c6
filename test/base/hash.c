#include "base/map.h"

#include "base/mem.h"
#include "check.h"

/* Values of another implementation of SipHash-1-3, with the key 0. */
static void known_values(void **state) {
    static const uint64_t key[2] = {0, 0};
    assert_true(siphash13(key, S("a")) == UINT64_C(0x407448d2b89b1813));
    assert_true(siphash13(key, S("abcdefg")) == UINT64_C(0x6db12aae9070f506));
    assert_true(siphash13(key, S("abcdefgh")) == UINT64_C(0x3f7b849c0b8e35ea));
    assert_true(siphash13(key, S("sender@example.org")) == UINT64_C(0xc927764860352b46));
    char bytes[512];
    for (int i = 0; i < 512; i++)
        bytes[i] = (char)(i & 255);
    assert_true(siphash13(key, (str){bytes, 512}) == UINT64_C(0x5f7fccf65fb272f4));
}

static void depends_on_everything(void **state) {
    static const uint64_t key[2] = {1, 2}, other[2] = {1, 3};
    assert_true(siphash13(key, S("a")) != siphash13(other, S("a")));
    assert_true(siphash13(key, S("")) != siphash13(key, S("\0")));
    assert_true(siphash13(key, S("\0")) != siphash13(key, S("\0\0")));
    assert_true(siphash13(key, S("")) == siphash13(key, (str){NULL, 0}));
    assert_true(hash_keyed(S("x")) == hash_keyed(S("x")));
    assert_true(hash_keyed(S("x")) != hash_keyed(S("y")));
}

/* The hash of a fresh run of this very program, which prints it when given an argument. */
static str other_process(char *out, size_t n) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "hash", "print", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], out, n);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(got > 0);
    return (str){out, (size_t)got};
}

static void keyed_by_process(void **state) {
    char one[32], two[32];
    str first = other_process(one, sizeof one), second = other_process(two, sizeof two);
    assert_false(str_eq(first, second));
}

int main(int argc, char **argv) {
    if (argc > 1) {
        printf("%016llx\n", (unsigned long long)hash_keyed(S("the same word")));
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(depends_on_everything),
        cmocka_unit_test(keyed_by_process),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
