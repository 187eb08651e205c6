#include "app/child.h"

#include <signal.h>
#include <sysexits.h>

#include "../base/check.h"

static int answer(void *arg) { return *(const int *)arg; }
static int die(void *arg) { return raise(SIGKILL); }

static void the_answer_comes_back(void **state) {
    int want = 65, code;
    assert_false(failed(child_run(answer, &want, &code)));
    assert_int_equal(code, 65);
    assert_false(failed(child_run(die, NULL, &code)));
    assert_int_equal(code, EX_SOFTWARE);
}

static void the_user_has_a_name(void **state) {
    SCOPED_ARENA a;
    arena_init(&a, 1000);
    assert_true(child_user_name(&a).n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_back),
        cmocka_unit_test(the_user_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
