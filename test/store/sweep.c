/* Files that a crash left without an owner go at the next start, and only those. */
#include "kit.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "store/blob.h"

static str with_attachment(kit *k) {
    SCOPED_BUF out, bytes;
    buf_init(&out, 1 << 20);
    buf_init(&bytes, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_addf(&bytes, "line %d\n", i);
    buf_add(&out, S("Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    base64_encode_lines(&out, buf_str(&bytes), 76);
    return arena_str(&k->a, buf_str(&out));
}

static void leave_orphans(kit *k, int n) {
    blobs *b;
    blob_id id;
    assert_ok(blobs_open(&b, str_c(k->blobs), false));
    for (int i = 0; i < n; i++) {
        char text[30];
        snprintf(text, sizeof text, "orphan %d", i);
        assert_ok(blobs_put(b, str_c(text), &id));
    }
    blobs_close(b);
}

static void forget_clean_end(kit *k) {
    char path[100];
    snprintf(path, sizeof path, "%s/clean", k->dir);
    assert_int_equal(unlink(path), 0);
}

static bool one_file(void *arg) { return kit_blob_files(arg) == 1; }

static void orphans_go_after_a_crash(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str raw = with_attachment(k);
    kit_append(k, &k->as_anna, inbox, raw);
    kit_wait_swept(k);
    leave_orphans(k, 30);
    kit_reopen(k); /* a clean end: nobody looks */
    usleep(50000);
    assert_int_equal(kit_blob_files(k), 31);
    kit_close(k);
    forget_clean_end(k);
    k->s = kit_open_second(k, false);
    kit_wait(one_file, k);
    assert_str(kit_read(k, &k->as_anna, inbox, 1), raw);
    kit_check(k);
}

static void only_the_owner_sweeps(void **state) {
    kit *k = *state;
    kit_wait_swept(k);
    leave_orphans(k, 3);
    store *other = kit_open_second(k, false);
    usleep(50000);
    assert_int_equal(kit_blob_files(k), 3);
    store_close(other);
    char path[100];
    snprintf(path, sizeof path, "%s/clean", k->dir);
    assert_int_not_equal(access(path, F_OK), 0); /* the second one says nothing about how the first will end */
}

/* The sweep may find a file between its writing and its first reference: the change notices and writes it again. */
static void a_file_swept_too_early_is_written_again(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str raw = with_attachment(k);
    kit_wait_swept(k);
    for (int i = 0; i < 20; i++) {
        kit_close(k);
        forget_clean_end(k);
        k->s = kit_open_second(k, false); /* its sweep runs while this is stored and removed */
        uint32_t uid = kit_append(k, &k->as_anna, inbox, raw);
        assert_str(kit_read(k, &k->as_anna, inbox, uid), raw);
        store_range *gone;
        size_t n;
        assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
        uid = kit_append(k, &k->as_anna, inbox, raw);
        assert_str(kit_read(k, &k->as_anna, inbox, uid), raw);
        assert_ok(store_expunge(k->s, &k->as_anna, inbox, NULL, 0, true, &k->a, &gone, &n));
        kit_wait_swept(k);
    }
    kit_check(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(orphans_go_after_a_crash), CASE(only_the_owner_sweeps),
                                       CASE(a_file_swept_too_early_is_written_again)};
    kit_backend = kit_backends[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
