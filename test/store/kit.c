#include <sqlite3.h>

#include "kit.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

const principal admin = {.role = ROLE_ADMIN}, deliver = {.role = ROLE_DELIVER}, login = {.role = ROLE_LOGIN}, nobody;

const char *const kit_backends[] = {"sqlite", NULL}, *kit_backend;

/* ---- asserting ---- */

void assert_ok_at(err e, const char *expression, const char *file, int line) {
    if (failed(e)) {
        print_message("%s: %s %s: %s (%s)\n", expression, err_kind_name(e.kind), err_what_name(e.what), e.text, e.log);
        _fail(file, line);
    }
}

void assert_err_at(err e, err_kind kind, err_what what, const char *expression, const char *file, int line) {
    if (e.kind != kind || e.what != what) {
        print_message("%s: %s %s (%s), expected %s %s\n", expression, err_kind_name(e.kind), err_what_name(e.what),
                      e.log, err_kind_name(kind), err_what_name(what));
        _fail(file, line);
    }
}

void assert_str_at(str actual, str expected, const char *file, int line) {
    if (!str_eq(actual, expected)) {
        print_message("got %zu bytes \"%.*s\", expected %zu bytes \"%.*s\"\n", actual.n,
                      actual.n > 200 ? 200 : STR_ARG(actual), expected.n, expected.n > 200 ? 200 : STR_ARG(expected));
        _fail(file, line);
    }
}

/* ---- a store in a directory ---- */

static void open_store(kit *k) {
    k->config = (store_config){.kind = str_c(kit_backend),
                               .path = str_c(k->dir),
                               .blob_path = str_c(k->blobs),
                               .blob_least = 4096,
                               .readers = 2};
    assert_ok(store_open(&k->s, &k->config));
}

int kit_begin_empty(void **state) {
    kit *k = mem_alloc(sizeof *k);
    const char *tmp = getenv("TMPDIR");
    snprintf(k->dir, sizeof k->dir, "%.40s/store-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(k->dir));
    snprintf(k->blobs, sizeof k->blobs, "%s/blobs", k->dir);
    arena_init(&k->a, 512 * 1024 * 1024);
    open_store(k);
    *state = k;
    return 0;
}

int kit_begin(void **state) {
    kit_begin_empty(state);
    kit *k = *state;
    int64_t id;
    assert_ok(store_domain_add(k->s, &admin, S("example.org"), &id));
    assert_ok(store_account_add(k->s, &admin, &(store_account){.name = S("anna@example.org"), .credential = S("v1")},
                                &k->anna));
    assert_ok(store_account_add(k->s, &admin, &(store_account){.name = S("bert@example.org"), .credential = S("v2")},
                                &k->bert));
    k->as_anna = (principal){ROLE_ACCOUNT, k->anna};
    k->as_bert = (principal){ROLE_ACCOUNT, k->bert};
    return 0;
}

void kit_remove_tree(const char *path) {
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char below[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (unlink(below) != 0)
            kit_remove_tree(below);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

int kit_end(void **state) {
    kit *k = *state;
    kit_close(k);
    kit_remove_tree(k->dir);
    arena_free(&k->a);
    free(k);
    return 0;
}

void kit_open_at(kit *k, const char *dir) {
    snprintf(k->dir, sizeof k->dir, "%s", dir);
    snprintf(k->blobs, sizeof k->blobs, "%s/blobs", k->dir);
    open_store(k);
}

void kit_close(kit *k) {
    store_close(k->s);
    k->s = NULL;
}

void kit_reopen(kit *k) {
    kit_close(k);
    open_store(k);
}

void kit_clear(kit *k) { arena_free(&k->a); }

store *kit_open_second(const kit *k, bool read_only) {
    store *s = NULL;
    store_config c = k->config;
    c.read_only = read_only;
    assert_ok(store_open(&s, &c));
    return s;
}

/* ---- mailboxes and messages ---- */

int64_t kit_box(kit *k, const principal *who, const char *name) {
    store_mailbox box;
    assert_ok(store_mailbox_get(k->s, who, str_c(name), &k->a, &box));
    return box.id;
}

store_mailbox kit_look(kit *k, const principal *who, int64_t mailbox) {
    store_mailbox box;
    assert_ok(store_mailbox_get_id(k->s, who, mailbox, &k->a, &box));
    return box;
}

str kit_message(kit *k, const char *text) {
    return arena_strf(&k->a, "From: a@example.net\r\nTo: b@example.org\r\nSubject: %s\r\n\r\nThis is %s.\r\n", text,
                      text);
}

store_content kit_content(kit *k, str raw) {
    store_content c;
    assert_ok(store_content_of(raw, &k->a, &c));
    return c;
}

uint32_t kit_append_flags(kit *k, const principal *who, int64_t mailbox, str raw, uint64_t flags) {
    store_content c = kit_content(k, raw);
    uint32_t uid, uidvalidity;
    assert_ok(store_append(k->s, who, mailbox, &c, flags, NULL, 0, 1700000000, 60, &uid, &uidvalidity));
    return uid;
}

uint32_t kit_append(kit *k, const principal *who, int64_t mailbox, str raw) {
    return kit_append_flags(k, who, mailbox, raw, 0);
}

str kit_read(kit *k, const principal *who, int64_t mailbox, uint32_t uid) {
    str out;
    assert_ok(store_read(k->s, who, mailbox, uid, 0, UINT64_MAX, &k->a, &out));
    return out;
}

store_message *kit_messages(kit *k, const principal *who, int64_t mailbox, uint64_t since, size_t *n) {
    store_message *out = NULL;
    assert_ok(store_messages(k->s, who, mailbox, NULL, 0, since, WANT_FLAGS, 1000000, &k->a, &out, n));
    return out;
}

void kit_flag(kit *k, const principal *who, int64_t mailbox, uint32_t uid, store_flag_op op, uint64_t flags) {
    store_flag_change change = {.op = op, .system_flags = flags, .unchanged_since = UINT64_MAX};
    store_range range = {uid, uid}, *conflict;
    store_message *changed;
    size_t n, conflicts;
    assert_ok(store_flag(k->s, who, mailbox, &range, 1, &change, &k->a, &changed, &n, &conflict, &conflicts));
    assert_int_equal(n, 1);
}

err kit_accept(kit *k, const char *id, str raw, int64_t local, const char *const *remote, size_t remote_n) {
    store_content c = kit_content(k, raw);
    store_local one = {.account = local, .mailbox = S("INBOX"), .header = S("Return-Path: <s@example.net>\r\n")};
    store_recipient *recipients = arena_array(&k->a, remote_n, sizeof *recipients);
    for (size_t i = 0; i < remote_n; i++)
        recipients[i] = (store_recipient){.address = str_c(remote[i]), .original = S(""), .target = S("relay")};
    store_accepted m = {.id = str_c(id),
                        .sender = S("s@example.net"),
                        .expires = 5000,
                        .first_try = 1000,
                        .content = &c,
                        .locals = &one,
                        .locals_n = local != 0,
                        .recipients = recipients,
                        .recipients_n = remote_n};
    err result = OK;
    err e = store_accept(k->s, &deliver, &m, &result);
    return failed(e) ? e : result;
}

size_t kit_claim(kit *k, int64_t now, size_t limit, queue_entry **out) {
    size_t n;
    assert_ok(queue_claim(k->s, &deliver, S("node"), now, 60, limit, &k->a, out, &n));
    return n;
}

static size_t count_files(const char *path, int depth) {
    size_t n = 0;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char below[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        n += depth ? count_files(below, depth - 1) : 1;
    }
    if (dir)
        closedir(dir);
    return n;
}

size_t kit_blob_files(const kit *k) { return count_files(k->blobs, 2); }

void kit_check(kit *k) {
    str *faults;
    size_t n;
    assert_ok(store_check(k->s, &admin, &k->a, &faults, &n));
    for (size_t i = 0; i < n; i++)
        print_message("fault: %.*s\n", STR_ARG(faults[i]));
    assert_int_equal(n, 0);
}

void kit_wait_swept(kit *k) {
    char path[100];
    snprintf(path, sizeof path, "%s/clean", k->dir);
    for (useconds_t wait = 10000; wait < 5000000; wait *= 2) {
        usleep(wait);
        kit_close(k);
        bool complete = access(path, F_OK) == 0;
        open_store(k);
        if (complete)
            return;
    }
    fail_msg("the sweep does not end");
}

void kit_wait(bool (*condition)(void *arg), void *arg) {
    for (int i = 0; i < 2000 && !condition(arg); i++)
        usleep(5000);
    assert_true(condition(arg));
}

static sqlite3 *open_behind(const kit *k) {
    char path[100];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/store.db", k->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

void kit_sql(const kit *k, const char *sql) {
    sqlite3 *db = open_behind(k);
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    sqlite3_close(db);
}

int64_t kit_int(const kit *k, const char *sql) {
    sqlite3 *db = open_behind(k);
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

/* ---- what SQLite really did ---- */

enum { TRACED = 1024 };

static struct {
    pthread_mutex_t lock;
    struct {
        char *sql;
        uint64_t runs, scans, steps;
    } rows[TRACED];
    size_t n;
} traced = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int on_profile(unsigned type, void *arg, void *stmt, void *time) {
    (void)type;
    (void)arg;
    (void)time;
    const char *sql = sqlite3_sql(stmt);
    pthread_mutex_lock(&traced.lock);
    size_t i = 0;
    while (i < traced.n && strcmp(traced.rows[i].sql, sql) != 0)
        i++;
    if (i == traced.n && traced.n < TRACED)
        traced.rows[traced.n++].sql = mem_strdup(str_c(sql));
    if (i < TRACED) {
        traced.rows[i].runs++;
        traced.rows[i].scans += (uint64_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
        traced.rows[i].steps += (uint64_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    }
    pthread_mutex_unlock(&traced.lock);
    return 0;
}

static int on_open(sqlite3 *db, char **error, const struct sqlite3_api_routines *api) {
    (void)error;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, on_profile, NULL);
}

void kit_trace_begin(void) {
    kit_trace_reset();
    sqlite3_auto_extension((void (*)(void))on_open);
}

void kit_trace_reset(void) {
    pthread_mutex_lock(&traced.lock);
    for (size_t i = 0; i < traced.n; i++) {
        free(traced.rows[i].sql);
        traced.rows[i].sql = NULL;
        traced.rows[i].runs = traced.rows[i].scans = traced.rows[i].steps = 0;
    }
    traced.n = 0;
    pthread_mutex_unlock(&traced.lock);
}

kit_trace kit_trace_of(const char *sql_part) {
    kit_trace sum = {.sql_part = sql_part};
    pthread_mutex_lock(&traced.lock);
    for (size_t i = 0; i < traced.n; i++) {
        if (!strstr(traced.rows[i].sql, sql_part))
            continue;
        sum.runs += traced.rows[i].runs;
        sum.scans += traced.rows[i].scans;
        sum.steps += traced.rows[i].steps;
        if (getenv("KIT_TRACE"))
            print_message("%llu runs %llu steps %llu scans: %s\n", (unsigned long long)traced.rows[i].runs,
                          (unsigned long long)traced.rows[i].steps, (unsigned long long)traced.rows[i].scans,
                          traced.rows[i].sql);
    }
    pthread_mutex_unlock(&traced.lock);
    return sum;
}

void kit_trace_end(void) {
    sqlite3_cancel_auto_extension((void (*)(void))on_open);
    kit_trace_reset();
}
