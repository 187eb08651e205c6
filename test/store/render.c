/* Damage on the disk is noticed, named and never served. */
#include <sqlite3.h>

#include "kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"

/* A text part and an attachment, both large enough to be several pieces. */
static str make(kit *k) {
    SCOPED_BUF out, bytes;
    buf_init(&out, 4 << 20);
    buf_init(&bytes, 1 << 20);
    buf_add(&out, S("Subject: damage\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"));
    for (int i = 0; i < 12000; i++)
        buf_addf(&out, "Line %d of the text.\r\n", i);
    for (int i = 0; i < 12000; i++)
        buf_addf(&bytes, "Line %d of the attachment.\n", i);
    buf_add(&out, S("--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    base64_encode_lines(&out, buf_str(&bytes), 76);
    buf_add(&out, S("--b--\r\n"));
    return arena_str(&k->a, buf_str(&out));
}

static void change(kit *k, const char *sql) {
    char path[200];
    sqlite3 *db;
    kit_close(k);
    snprintf(path, sizeof path, "%s/store.db", k->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
    k->s = kit_open_second(k, false);
}

static err read_all(kit *k, int64_t box) {
    str out;
    return store_read(k->s, &k->as_anna, box, 1, 0, UINT64_MAX, &k->a, &out);
}

static void damaged_rows(void **state) {
    static const char *const damages[] = {
        "UPDATE content SET head = substr(head, 1, length(head) - 1)",
        "UPDATE content SET head = CAST(replace(head, 'damage', 'domage') AS BLOB)",
        "UPDATE content SET body = zeroblob(length(body))",
        "UPDATE content SET recipe = substr(recipe, 1, length(recipe) - 1)",
        "UPDATE content SET recipe = x'01'",
        "UPDATE content SET recipe = x'7f'",
        "UPDATE content SET size = size + 1",
        "UPDATE content SET header_size = 4000000000",
        "UPDATE chunk SET body = substr(body, 2)",
        "DELETE FROM chunk",
        "DELETE FROM content",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        if (i)
            kit_begin(state);
        kit *k = *state;
        int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
        kit_append(k, &k->as_anna, inbox, make(k));
        change(k, damages[i]);
        err e = read_all(k, inbox);
        if (e.what != ERR_CORRUPT)
            print_message("%s\n", damages[i]);
        assert_err(e, ERR_TEMP, ERR_CORRUPT);
        if (i + 1 < sizeof damages / sizeof *damages)
            kit_end(state);
    }
}

/* The one file in the blob directory. */
static bool blob_path(const char *dir, int depth, char out[1000]) {
    DIR *d = opendir(dir);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        char below[900];
        snprintf(below, sizeof below, "%.600s/%.250s", dir, e->d_name);
        found = depth ? blob_path(below, depth - 1, out) : true;
        if (found && !depth)
            snprintf(out, 1000, "%s", below);
    }
    if (d)
        closedir(d);
    return found;
}

static void damaged_attachments(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str raw = make(k), out;
    char path[1000], byte;
    kit_append(k, &k->as_anna, inbox, raw);
    assert_true(blob_path(k->blobs, 2, path));
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, 100000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 100000), 1);
    assert_err(read_all(k, inbox), ERR_TEMP, ERR_CORRUPT);
    size_t part = str_find_str(raw, S("base64\r\n\r\n"));
    assert_ok(store_read(k->s, &k->as_anna, inbox, 1, 0, part + 2000, &k->a, &out)); /* what is whole is served */
    assert_str(out, str_sub(raw, 0, part + 2000));
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 100000), 1);
    assert_ok(read_all(k, inbox));
    assert_int_equal(ftruncate(fd, 1000), 0);
    assert_err(read_all(k, inbox), ERR_TEMP, ERR_CORRUPT);
    close(fd);
    assert_int_equal(unlink(path), 0);
    assert_err(read_all(k, inbox), ERR_TEMP, ERR_CORRUPT);
    str *faults;
    size_t n;
    assert_ok(store_check(k->s, &admin, &k->a, &faults, &n));
    assert_int_equal(n, 1);
    assert_true(str_find_str(faults[0], S("has no file")) != STR_NONE);
}

static void header_is_read_alone(void **state) {
    kit *k = *state;
    int64_t inbox = kit_box(k, &k->as_anna, "INBOX");
    str out;
    kit_append(k, &k->as_anna, inbox, make(k));
    kit_trace_begin();
    kit_reopen(k);
    assert_ok(store_read(k->s, &k->as_anna, inbox, 1, 0, 60, &k->a, &out));
    assert_int_equal(kit_trace_of("SELECT head FROM content").runs, 1);
    assert_int_equal(kit_trace_of("SELECT body FROM content").runs, 0);
    assert_int_equal(kit_trace_of("SELECT body FROM chunk").runs, 0);
    kit_trace_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {CASE(damaged_rows), CASE(damaged_attachments), CASE(header_is_read_alone)};
    kit_backend = kit_backends[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
