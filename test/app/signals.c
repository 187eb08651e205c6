#include "app/signals.h"

#include <poll.h>
#include <signal.h>

#include "../base/check.h"

static void signals_come_as_bytes_in_order(void **state) {
    int fd;
    assert_false(failed(signals_open(&fd)));
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_int_equal(signals_next(fd), 0);
    raise(SIGHUP);
    raise(SIGTERM);
    raise(SIGPIPE); /* ignored */
    assert_int_equal(poll(&ready, 1, 1000), 1);
    assert_int_equal(signals_next(fd), SIGHUP);
    assert_int_equal(signals_next(fd), SIGTERM);
    assert_int_equal(signals_next(fd), 0);
}

static void a_flood_does_not_block(void **state) {
    int fd;
    assert_false(failed(signals_open(&fd)));
    for (int i = 0; i < 100000; i++)
        raise(SIGHUP);
    int n = 0;
    while (signals_next(fd) == SIGHUP)
        n++;
    assert_true(n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_come_as_bytes_in_order),
        cmocka_unit_test(a_flood_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
