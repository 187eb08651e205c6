#include "app/frame.h"

#include <sys/socket.h>

#include "../base/check.h"

static void pair(int ends[2]) { assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0); }

static void a_frame_arrives_as_it_was_sent(void **state) {
    int ends[2];
    frame_type type;
    SCOPED_BUF got;
    buf_init(&got, 100);
    pair(ends);
    assert_false(failed(frame_send(ends[0], FRAME_STATUS, S("a\0b"))));
    assert_false(failed(frame_send(ends[0], FRAME_POKE, S(""))));
    assert_false(failed(frame_receive(ends[1], &type, &got, deadline_in(1000))));
    assert_int_equal(type, FRAME_STATUS);
    assert_str(buf_str(&got), S("a\0b"));
    assert_false(failed(frame_receive(ends[1], &type, &got, deadline_in(1000))));
    assert_int_equal(type, FRAME_POKE);
    assert_int_equal(got.n, 0);
    close(ends[0]);
    assert_int_equal(frame_receive(ends[1], &type, &got, deadline_in(1000)).what, ERR_CLOSED);
    close(ends[1]);
}

static void a_frame_larger_than_the_buffer_is_refused(void **state) {
    int ends[2];
    frame_type type;
    SCOPED_BUF got;
    buf_init(&got, 4);
    pair(ends);
    assert_false(failed(frame_send(ends[0], FRAME_OK, S("12345"))));
    assert_int_equal(frame_receive(ends[1], &type, &got, deadline_in(1000)).what, ERR_LIMIT);
    close(ends[0]);
    close(ends[1]);
}

static void silence_ends_at_the_deadline(void **state) {
    int ends[2];
    frame_type type;
    SCOPED_BUF got;
    buf_init(&got, 4);
    pair(ends);
    assert_int_equal(write(ends[0], "\1\0", 2), 2); /* half a head */
    assert_int_equal(frame_receive(ends[1], &type, &got, deadline_in(30)).what, ERR_TIMEOUT);
    close(ends[0]);
    close(ends[1]);
}

static void values_come_back_and_nothing_past_the_end(void **state) {
    SCOPED_BUF payload;
    buf_init(&payload, 1000);
    frame_put(&payload, S("one"));
    frame_put(&payload, S(""));
    frame_put(&payload, S("three"));
    for (size_t cut = 0; cut <= payload.n; cut++) {
        str rest = str_sub(buf_str(&payload), 0, cut), value;
        size_t n = 0;
        while (frame_take(&rest, &value))
            n++;
        assert_int_equal(n, cut >= payload.n ? 3 : cut >= 11 ? 2 : cut >= 7 ? 1 : 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_arrives_as_it_was_sent),
        cmocka_unit_test(a_frame_larger_than_the_buffer_is_refused),
        cmocka_unit_test(silence_ends_at_the_deadline),
        cmocka_unit_test(values_come_back_and_nothing_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
