#include "store/sqlite/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/offload.h"
#include "store/sqlite/schema.h"

enum { READ_WAIT_MS = 30000 }; /* for a free reader: past it the machine is overloaded and the peer is told so */

typedef struct sqlite_store {
    char *path;
    const store_owner *owner;
    writer *writer; /* NULL: read only */
    offload_pool *readers;
} sqlite_store;

/* ---- readers ---- */

typedef struct reader {
    db d;
    err opened;
} reader;

static void *reader_begin(void *owner) {
    sqlite_store *s = owner;
    reader *r = mem_alloc(sizeof *r);
    r->opened = db_open(&r->d, s->path, DB_READER);
    return r;
}

static void reader_end(void *state) {
    reader *r = state;
    db_close(&r->d);
    free(r);
}

typedef struct reading {
    read_fn fn;
    void *arg;
    err result;
} reading;

static err read_snapshot(reader *r, reading *what) {
    TRY(r->opened);
    r->d.broken = 0;
    TRY(DB_RUN(&r->d, "BEGIN"));
    err e = what->fn(&r->d, what->arg);
    if (!sqlite3_get_autocommit(r->d.handle)) {
        err ended = DB_RUN(&r->d, "COMMIT");
        if (!failed(e))
            e = ended;
    }
    return e;
}

static void read_on_thread(void *thread_state, void *arg) {
    reading *what = arg;
    what->result = read_snapshot(thread_state, what);
}

err sqlite_read(void *b, read_fn fn, void *arg) {
    sqlite_store *s = b;
    reading what = {.fn = fn, .arg = arg};
    TRY(offload(s->readers, read_on_thread, &what, deadline_in(READ_WAIT_MS)));
    return what.result;
}

err sqlite_write(void *b, write_fn fn, void *arg) {
    sqlite_store *s = b;
    if (!s->writer)
        return err_make(ERR_PERM, ERR_DENIED, "the store is open for reading only", "");
    return writer_run(s->writer, fn, arg);
}

const store_owner *sqlite_owner(void *b) { return ((sqlite_store *)b)->owner; }

/* ---- opening ---- */

/* The database is for our eyes alone; SQLite gives its other files the same mode. */
static err make_file(const char *path) {
    SCOPED_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 ? err_errno("open the database") : OK;
}

static err open_writer(sqlite_store *s, const store_owner *owner) {
    TRY(make_file(s->path));
    db d;
    TRY(db_open(&d, s->path, DB_WRITER));
    err e = schema_migrate(&d, schema_steps, schema_steps_n);
    if (failed(e)) {
        db_close(&d);
        return e;
    }
    return writer_start(&s->writer, &d, owner);
}

static err open_reader_only(sqlite_store *s) {
    db d;
    TRY(db_open(&d, s->path, DB_READER));
    err e = schema_expect(&d, schema_steps_n);
    db_close(&d);
    return e;
}

static char *database_path(str directory) {
    SCOPED_BUF b;
    buf_init(&b, 8192);
    buf_add(&b, directory);
    buf_add(&b, S("/store.db"));
    return mem_strdup(buf_str(&b));
}

static void sqlite_close(void *b) {
    sqlite_store *s = b;
    if (!s)
        return;
    offload_pool_destroy(s->readers);
    writer_stop(s->writer);
    free(s->path);
    free(s);
}

static err sqlite_open(void **out, const store_config *c, const store_owner *owner) {
    sqlite_store *s = mem_alloc(sizeof *s);
    s->path = database_path(c->path);
    s->owner = owner;
    err e = c->read_only ? open_reader_only(s) : open_writer(s, owner);
    if (failed(e)) {
        sqlite_close(s);
        return e;
    }
    s->readers = offload_pool_create("store", c->readers ? c->readers : 1, reader_begin, reader_end, s);
    *out = s;
    return OK;
}

/* Every transaction looks whether another process committed; an empty one does nothing else. */
static err look(tx *t, void *arg) {
    (void)t;
    (void)arg;
    return OK;
}

static err sqlite_poke(void *b) {
    sqlite_store *s = b;
    return s->writer ? writer_run(s->writer, look, NULL) : OK;
}

const store_backend store_sqlite = {
    .kind = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .poke = sqlite_poke,
    .check = sqlite_check,
    .domain_add = sqlite_domain_add,
    .domain_get = sqlite_domain_get,
    .domain_list = sqlite_domain_list,
    .domain_remove = sqlite_domain_remove,
    .account_add = sqlite_account_add,
    .account_get = sqlite_account_get,
    .account_list = sqlite_account_list,
    .account_set = sqlite_account_set,
    .account_remove = sqlite_account_remove,
    .address_add = sqlite_address_add,
    .address_get = sqlite_address_get,
    .address_list = sqlite_address_list,
    .address_set = sqlite_address_set,
    .address_remove = sqlite_address_remove,
    .route_find = sqlite_route_find,
    .mailbox_list = sqlite_mailbox_list,
    .mailbox_get = sqlite_mailbox_get,
    .mailbox_get_id = sqlite_mailbox_get_id,
    .mailbox_create = sqlite_mailbox_create,
    .mailbox_rename = sqlite_mailbox_rename,
    .mailbox_remove = sqlite_mailbox_remove,
    .mailbox_subscribe = sqlite_mailbox_subscribe,
    .subscription_list = sqlite_subscription_list,
    .uids = sqlite_uids,
    .messages = sqlite_messages,
    .expunged = sqlite_expunged,
    .read = sqlite_message_read,
    .append = sqlite_append,
    .copy = sqlite_copy,
    .flag = sqlite_flag,
    .expunge = sqlite_expunge,
    .accept = sqlite_accept,
    .settle = sqlite_settle,
    .blob_forget = sqlite_blob_forget,
    .blob_sweep = sqlite_blob_sweep,
    .claim = sqlite_claim,
    .renew = sqlite_renew,
    .recover = sqlite_recover,
    .next = sqlite_next,
    .queue_read = sqlite_queue_read,
    .queue_list = sqlite_queue_list,
    .queue_count = sqlite_queue_count,
    .queue_apply = sqlite_queue_apply,
};
