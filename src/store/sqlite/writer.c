#include "store/sqlite/writer.h"

#include <pthread.h>
#include <signal.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/fiber.h"
#include "store/sqlite/reap.h"

enum {
    CHECKPOINT_PAGES = 4000,   /* WAL pages (32 MB) after which they are carried into the database between batches */
    CHECKPOINT_AGAIN = 1000,   /* pages more before the next attempt, when readers held the last one back */
    CHECKPOINT_URGENT = 32000, /* pages (256 MB) after which it waits for readers to let go */
    STOP_REAP_MS = 2000,       /* cleaning at the end; what is left is found at the next start */
};

typedef struct job {
    struct job *next;
    write_fn fn;
    void *arg;
    err result;
    completion done;
} job;

struct writer {
    db d;
    const store_owner *owner;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    job *first, **last;
    size_t waiting;
    bool stopping;
    /* The rest belongs to the thread. */
    tx t;
    bool distrust; /* an fsync failed */
    bool failing;  /* the last batch could not be committed: said once, not for every batch */
    bool litter;   /* reap has work */
    int wal_pages, checkpoint_at;
    int64_t data_version; /* as SQLite counts other connections' commits */
};

void tx_touch(tx *t, int64_t account, int64_t mailbox) {
    for (size_t i = t->touched_n; i-- > 0;) {
        if (t->touched[i].account == account && t->touched[i].mailbox == mailbox)
            return;
        if (t->touched_n - i > 8) /* only near repeats are worth finding */
            break;
    }
    if (t->touched_n == t->touched_cap) {
        t->touched_cap = t->touched_cap ? t->touched_cap * 2 : 64;
        t->touched = mem_grow(t->touched, t->touched_cap, sizeof *t->touched);
    }
    t->touched[t->touched_n++] = (store_touch){account, mailbox};
}

/* ---- running one batch ---- */

static void rollback(writer *w) {
    if (!sqlite3_get_autocommit(w->d.handle))
        (void)sqlite3_exec(w->d.handle, "ROLLBACK", NULL, NULL, NULL);
}

static void begin_notes(writer *w) {
    w->d.broken = 0;
    w->t.touched_n = 0;
    w->t.queue = w->t.litter = false;
}

/* Runs one change. False when the transaction as a whole must be rolled back. */
static bool run_bare(writer *w, job *j) {
    int64_t before = db_total_changes(&w->d);
    j->result = j->fn(&w->t, j->arg);
    if (w->d.broken)
        return false;
    return !failed(j->result) || db_total_changes(&w->d) == before;
}

static bool run_guarded(writer *w, job *j) {
    j->result = DB_RUN(&w->d, "SAVEPOINT change");
    if (failed(j->result))
        return false;
    j->result = j->fn(&w->t, j->arg);
    if (w->d.broken)
        return false;
    err e = OK;
    if (failed(j->result))
        e = DB_RUN(&w->d, "ROLLBACK TO change");
    if (!failed(e))
        e = DB_RUN(&w->d, "RELEASE change");
    return !failed(e);
}

/* The next of the batch; when it is exhausted, what has come to wait since. */
static job *next_job(writer *w, job **tail, size_t *room) {
    if (*room == 0)
        return NULL;
    pthread_mutex_lock(&w->lock);
    job *j = w->first;
    if (j) {
        w->first = j->next;
        if (!w->first)
            w->last = &w->first;
        w->waiting--;
    }
    pthread_mutex_unlock(&w->lock);
    if (j) {
        j->next = NULL;
        if (*tail)
            (*tail)->next = j;
        *tail = j;
        (*room)--;
    }
    return j;
}

static err begin(writer *w, bool *foreign) {
    begin_notes(w);
    TRY(DB_RUN(&w->d, "BEGIN IMMEDIATE"));
    int64_t version = w->data_version;
    TRY(DB_FIRST(&w->d, &version, NULL, "PRAGMA data_version"));
    *foreign |= version != w->data_version && w->data_version != 0;
    w->data_version = version;
    return OK;
}

static err broken_error(writer *w) {
    return w->d.broken ? db_error(&w->d, w->d.broken)
                       : err_make(ERR_BUG, ERR_WHAT_OTHER, "local error", "transaction cannot go on");
}

/* First try: no savepoints. *again when a change failed after it had written. */
static err run_optimistic(writer *w, job **batch, bool *foreign, bool *again) {
    TRY(begin(w, foreign));
    job *tail = NULL;
    size_t room = LIMIT_WRITE_BATCH;
    for (job *j; (j = next_job(w, &tail, &room));) {
        if (!*batch)
            *batch = j;
        if (*again)
            continue; /* it is in the batch, and runs in the second try */
        if (!run_bare(w, j)) {
            if (w->d.broken)
                return broken_error(w);
            *again = true;
        }
    }
    return *again ? OK : DB_RUN(&w->d, "COMMIT");
}

static err run_careful(writer *w, job *batch, bool *foreign) {
    rollback(w);
    TRY(begin(w, foreign));
    for (job *j = batch; j; j = j->next) {
        if (!run_guarded(w, j))
            return broken_error(w);
    }
    return DB_RUN(&w->d, "COMMIT");
}

static bool is_sync_failure(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

static void note_success(writer *w) {
    if (w->failing)
        log_info("store.commit_works_again");
    w->failing = false;
}

static void note_failure(writer *w, err e) {
    if (!w->failing)
        log_error("store.commit_failed", lf_err(&e));
    w->failing = true;
    if (is_sync_failure(w->d.broken) && !w->distrust) {
        w->distrust = true;
        log_error("store.stopped",
                  lf_c("reason", "the disk failed to make a commit durable; nothing is written until restart"));
    }
}

static err distrust_error(void) {
    return err_make(ERR_TEMP, ERR_IO, "local error", "writing has stopped after a failed fsync");
}

static void fail_all(job *batch, err e) {
    for (job *j = batch; j; j = j->next)
        j->result = e;
}

static job *drain(writer *w) {
    job *batch = NULL, *tail = NULL;
    size_t room = LIMIT_WRITE_BATCH;
    for (job *j; (j = next_job(w, &tail, &room));)
        batch = batch ? batch : j;
    return batch;
}

static void tell(writer *w, bool committed, bool foreign) {
    if (foreign)
        w->owner->changed_all(w->owner->arg);
    else if (committed && (w->t.touched_n || w->t.queue))
        w->owner->changed(w->owner->arg, w->t.touched, w->t.touched_n, w->t.queue);
    w->litter |= (committed && w->t.litter) || foreign;
}

static void run_batch(writer *w) {
    job *batch = NULL;
    bool foreign = false, again = false;
    err e = w->distrust ? distrust_error() : run_optimistic(w, &batch, &foreign, &again);
    if (!failed(e) && again)
        e = run_careful(w, batch, &foreign);
    if (failed(e)) {
        rollback(w);
        if (!w->distrust)
            note_failure(w, e);
        if (!batch)
            batch = drain(w);
        fail_all(batch, e);
    } else {
        note_success(w);
    }
    tell(w, !failed(e), foreign);
    while (batch) {
        job *j = batch;
        batch = j->next; /* j is gone once its owner is told */
        completion_signal(&j->done);
    }
}

/* ---- between batches ---- */

static int count_wal(void *arg, sqlite3 *handle, const char *name, int pages) {
    (void)handle;
    (void)name;
    writer *w = arg;
    if (pages < w->wal_pages) /* the WAL was begun anew */
        w->checkpoint_at = CHECKPOINT_PAGES;
    w->wal_pages = pages;
    return SQLITE_OK;
}

/* A failed checkpoint loses nothing: the pages stay in the WAL and are carried over by a later one. */
static void checkpoint(writer *w) {
    if (w->wal_pages < w->checkpoint_at || w->distrust)
        return;
    int mode = w->wal_pages < CHECKPOINT_URGENT ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;
    int code = sqlite3_wal_checkpoint_v2(w->d.handle, NULL, mode, NULL, NULL);
    w->checkpoint_at = w->wal_pages + CHECKPOINT_AGAIN;
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) {
        err e = db_error(&w->d, code);
        log_error("store.checkpoint_failed", lf_err(&e));
    }
}

/* One portion of cleaning as a transaction of its own. */
static void reap_some(writer *w) {
    bool foreign = false, more = false;
    err e = begin(w, &foreign);
    if (!failed(e))
        e = reap_portion(&w->t, &more);
    if (!failed(e))
        e = DB_RUN(&w->d, "COMMIT");
    if (failed(e)) {
        rollback(w);
        note_failure(w, e);
        more = false;
    }
    tell(w, !failed(e), foreign);
    w->litter = more;
}

static bool wait_for_work(writer *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stopping && (!w->litter || w->distrust))
        pthread_cond_wait(&w->more, &w->lock);
    bool work = w->first != NULL;
    pthread_mutex_unlock(&w->lock);
    return work;
}

static void *run(void *arg) {
    writer *w = arg;
    deadline end = {0};
    for (;;) {
        if (wait_for_work(w)) {
            run_batch(w);
            checkpoint(w);
        }
        if (w->litter && !w->distrust)
            reap_some(w);
        pthread_mutex_lock(&w->lock);
        bool over = w->stopping && !w->first;
        pthread_mutex_unlock(&w->lock);
        if (over && end.at_ms == 0)
            end = deadline_in(STOP_REAP_MS);
        if (over && (!w->litter || w->distrust || deadline_passed(end)))
            break;
    }
    return NULL;
}

/* ---- from outside ---- */

static void writer_free(writer *w) {
    db_close(&w->d);
    free(w->t.touched);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* Signals are the main thread's: a thread inherits the mask of who starts it. */
static int start_thread(writer *w) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

err writer_start(writer **out, db *d, const store_owner *owner) {
    writer *w = mem_alloc(sizeof *w);
    w->d = *d;
    *d = (db){0};
    w->owner = owner;
    w->t = (tx){.d = &w->d, .owner = owner};
    w->litter = true; /* what an earlier run left */
    w->last = &w->first;
    w->checkpoint_at = CHECKPOINT_PAGES;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    sqlite3_wal_hook(w->d.handle, count_wal, w);
    int code = start_thread(w);
    if (code != 0) {
        writer_free(w);
        return err_make(ERR_TEMP, ERR_LIMIT, "busy, try again", "no thread for the store's writer: %d", code);
    }
    *out = w;
    return OK;
}

void writer_stop(writer *w) {
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    writer_free(w);
}

err writer_run(writer *w, write_fn fn, void *arg) {
    job j = {.fn = fn, .arg = arg};
    completion_init(&j.done);
    pthread_mutex_lock(&w->lock);
    bool full = w->waiting >= LIMIT_WRITES_WAITING || w->stopping;
    if (!full) {
        *w->last = &j;
        w->last = &j.next;
        w->waiting++;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    if (full)
        return err_make(ERR_TEMP, ERR_LIMIT, "busy, try again", "%d changes wait for the store", LIMIT_WRITES_WAITING);
    completion_wait_done(&j.done);
    return j.result;
}
