#include "store/sweep.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { SWEEP_PORTION = 256 }; /* blobs looked up in one transaction: well under a millisecond */

struct sweep {
    int directory, lock;
    const store_backend *ops;
    void *backend;
    blobs *blobs;
    pthread_t thread;
    bool running;
    atomic_bool stop, doubt;
    bool complete; /* read after the thread ended */
};

static const char clean_name[] = "clean";

/* ---- the walk ---- */

/* All blobs that begin with one byte; false when something failed or it was told to stop. */
static bool sweep_one(sweep *s, unsigned char first) {
    SCOPED_FREE blob_id *found = mem_array(SWEEP_PORTION, sizeof *found);
    blob_id last;
    size_t n = SWEEP_PORTION;
    bool any = false;
    while (n == SWEEP_PORTION && !atomic_load(&s->stop)) {
        blobs_list(s->blobs, first, found, SWEEP_PORTION, any ? &last : NULL, &n);
        err e = n ? s->ops->blob_sweep(s->backend, found, n) : OK;
        if (failed(e)) {
            log_warn("store.sweep_failed", lf_err(&e));
            return false;
        }
        any = n > 0;
        if (any)
            last = found[n - 1];
    }
    return !atomic_load(&s->stop);
}

static void *walk(void *arg) {
    sweep *s = arg;
    blobs_tidy(s->blobs);
    unsigned first = 0;
    while (first < 256 && sweep_one(s, (unsigned char)first))
        first++;
    s->complete = first == 256;
    return NULL;
}

/* ---- ownership ---- */

static err open_lock(sweep *s, str path) {
    SCOPED_FREE char *z = mem_strdup(path);
    s->directory = open(z, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->directory < 0)
        return err_errno("open the store's directory");
    s->lock = openat(s->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return s->lock < 0 ? err_errno("open the store's lock") : OK;
}

static void sweep_free(sweep *s) {
    fd_close_ptr(&s->lock);
    fd_close_ptr(&s->directory);
    free(s);
}

static void start_walk(sweep *s) {
    if (unlinkat(s->directory, clean_name, 0) == 0) {
        s->complete = true;
        return;
    }
    s->running = pthread_create(&s->thread, NULL, walk, s) == 0;
}

err sweep_begin(sweep **out, str path, const store_backend *ops, void *backend, blobs *b) {
    sweep *s = mem_alloc(sizeof *s);
    *s = (sweep){.directory = -1, .lock = -1, .ops = ops, .backend = backend, .blobs = b};
    err e = open_lock(s, path);
    if (failed(e) || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        sweep_free(s);
        return e;
    }
    start_walk(s);
    *out = s;
    return OK;
}

void sweep_stop(sweep *s) {
    if (!s || !s->running)
        return;
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
    s->running = false;
}

void sweep_end(sweep *s) {
    if (!s)
        return;
    int fd = s->complete && !atomic_load(&s->doubt)
                 ? openat(s->directory, clean_name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    fd_close_ptr(&fd);
    sweep_free(s);
}

void sweep_doubt(sweep *s) {
    if (s)
        atomic_store(&s->doubt, true);
}
