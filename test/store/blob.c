#include "kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "store/blob.h"

typedef struct room {
    char dir[64];
    blobs *b;
} room;

static int begin(void **state) {
    room *r = mem_alloc(sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/blobs-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_ok(blobs_open(&r->b, str_c(r->dir), false));
    *state = r;
    return 0;
}

static int end(void **state) {
    room *r = *state;
    blobs_close(r->b);
    kit_remove_tree(r->dir);
    free(r);
    return 0;
}

static str contents(room *r, str bytes, const blob_id *id) {
    static char back[100];
    int fd;
    assert_ok(blobs_open_file(r->b, &(blob_ref){*id, bytes.n}, &fd));
    ssize_t n = read(fd, back, sizeof back);
    close(fd);
    return str_of(back, (size_t)n);
}

static void put_and_get(void **state) {
    room *r = *state;
    blob_id id, again;
    assert_ok(blobs_put(r->b, S("abc"), &id));
    static const unsigned char sha256[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
    assert_memory_equal(id.bytes, sha256, sizeof sha256);
    assert_true(blobs_present(r->b, &id));
    assert_str(contents(r, S("abc"), &id), S("abc"));
    char path[200];
    struct stat st;
    snprintf(path, sizeof path, "%s/ba/78/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", r->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ino_t inode = st.st_ino;
    assert_ok(blobs_put(r->b, S("abc"), &again));
    assert_memory_equal(id.bytes, again.bytes, BLOB_ID);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_ino == inode); /* not written again */
    blobs_remove(r->b, &id);
    blobs_remove(r->b, &id);
    assert_false(blobs_present(r->b, &id));
    int fd;
    assert_err(blobs_open_file(r->b, &(blob_ref){id, 3}, &fd), ERR_TEMP, ERR_NOT_FOUND);
}

static void a_wrong_size_is_corrupt(void **state) {
    room *r = *state;
    blob_id id;
    int fd;
    assert_ok(blobs_put(r->b, S("abc"), &id));
    assert_err(blobs_open_file(r->b, &(blob_ref){id, 4}, &fd), ERR_TEMP, ERR_CORRUPT);
}

static void a_damaged_one_is_replaced(void **state) {
    room *r = *state;
    blob_id id;
    char path[200];
    assert_ok(blobs_put(r->b, S("abc"), &id));
    snprintf(path, sizeof path, "%s/ba/78/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", r->dir);
    assert_int_equal(truncate(path, 1), 0);
    assert_ok(blobs_put(r->b, S("abc"), &id));
    assert_str(contents(r, S("abc"), &id), S("abc"));
}

static void no_link_is_followed(void **state) {
    room *r = *state;
    blob_id id;
    assert_ok(blobs_put(r->b, S("abc"), &id));
    char path[200];
    snprintf(path, sizeof path, "%s/ba/78/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", r->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    int fd;
    assert_true(failed(blobs_open_file(r->b, &(blob_ref){id, 3}, &fd)));
}

static void listing(void **state) {
    room *r = *state;
    size_t n, total = 0;
    blob_id found[7], last = {0};
    for (int i = 0; i < 300; i++) {
        char text[20];
        blob_id id;
        snprintf(text, sizeof text, "blob %d", i);
        assert_ok(blobs_put(r->b, str_c(text), &id));
    }
    char path[200];
    snprintf(path, sizeof path, "%s/00/not-a-blob", r->dir);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    for (unsigned first = 0; first < 256; first++) {
        bool any = false;
        do {
            blobs_list(r->b, (unsigned char)first, found, 7, any ? &last : NULL, &n);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(found[i].bytes[0], first);
                if (any)
                    assert_true(memcmp(found[i].bytes, last.bytes, BLOB_ID) > 0); /* each once, in order */
                last = found[i];
                any = true;
            }
            total += n;
        } while (n == 7);
    }
    assert_int_equal(total, 300);
}

static void old_temporary_files_go(void **state) {
    room *r = *state;
    char path[2][200];
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/tmp/left%d", r->dir, i);
        close(open(path[i], O_CREAT | O_WRONLY, 0600));
    }
    struct timespec old[2] = {{.tv_sec = time_wall() - 3 * 86400}, {.tv_sec = time_wall() - 3 * 86400}};
    assert_int_equal(utimensat(AT_FDCWD, path[0], old, 0), 0);
    blobs_tidy(r->b);
    assert_int_not_equal(access(path[0], F_OK), 0);
    assert_int_equal(access(path[1], F_OK), 0); /* may be somebody's who is writing it now */
}

static void opening_refuses(void **state) {
    (void)state;
    blobs *b = NULL;
    assert_true(failed(blobs_open(&b, S("/nowhere/at/all"), false)));
    assert_true(failed(blobs_open(&b, S("/nowhere"), true)));
    assert_null(b);
    blobs_close(NULL);
}

#define HERE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        HERE(put_and_get), HERE(a_wrong_size_is_corrupt), HERE(a_damaged_one_is_replaced),   HERE(no_link_is_followed),
        HERE(listing),     HERE(old_temporary_files_go),  cmocka_unit_test(opening_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
