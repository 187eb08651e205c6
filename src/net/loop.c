#include <signal.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/loop_private.h"

enum { STOP_TICK_MS = 10, STOP_PATIENCE_MS = 10000 };

/* Written by loops_start and loops_stop alone, while no loop runs; read by tools/gdb/fibers.py too. */
static struct loop *all_loops;
static size_t all_loops_n;
static _Thread_local loop *current;

size_t loops_count(void) { return all_loops_n; }
loop *loop_current(void) { return current; }
struct uv_loop_s *loop_uv(loop *l) { return &l->uv; }

loop *loop_at(size_t i) {
    ASSERT(i < all_loops_n);
    return &all_loops[i];
}

void loop_post(loop *l, void (*fn)(void *arg), void *arg) {
    pthread_mutex_lock(&l->lock);
    if (l->posts_n == l->posts_cap) {
        l->posts_cap = l->posts_cap ? l->posts_cap * 2 : 64;
        l->posts = mem_grow(l->posts, l->posts_cap, sizeof *l->posts);
    }
    l->posts[l->posts_n++] = (loop_post_entry){fn, arg};
    if (l->posts_n == 1 && !l->closed)
        uv_async_send(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

/* Runs what has been posted so far; what it posts itself is for the next turn. */
static void run_posts(loop *l) {
    pthread_mutex_lock(&l->lock);
    loop_post_entry *mine = l->posts;
    size_t n = l->posts_n, cap = l->posts_cap;
    l->posts = l->spare;
    l->posts_cap = l->spare_cap;
    l->posts_n = 0;
    l->spare = NULL;
    l->spare_cap = 0;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < n; i++)
        mine[i].fn(mine[i].arg);
    pthread_mutex_lock(&l->lock);
    l->spare = mine;
    l->spare_cap = cap;
    pthread_mutex_unlock(&l->lock);
}

static void on_wake(uv_async_t *wake) { run_posts(wake->data); }

static void on_idle(uv_idle_t *idle) {
    loop *l = idle->data;
    fibers_run_ready(l);
    if (!l->ready.first)
        uv_idle_stop(idle);
}

void loop_run_ready_soon(loop *l) { uv_idle_start(&l->idle, on_idle); }

static void kicked(void *arg) { timers_run(arg); }

void loop_kick(void) {
    for (size_t i = 0; i < all_loops_n; i++)
        loop_post(&all_loops[i], kicked, &all_loops[i]);
    completion_kick();
}

/* ---- start ---- */

static bool loop_init(loop *l, size_t index) {
    l->index = index;
    if (uv_loop_init(&l->uv) != 0)
        return false;
    if (uv_async_init(&l->uv, &l->wake, on_wake) != 0) {
        uv_loop_close(&l->uv);
        return false;
    }
    uv_timer_init(&l->uv, &l->clock);
    uv_idle_init(&l->uv, &l->idle);
    l->uv.data = l->wake.data = l->clock.data = l->idle.data = l;
    pthread_mutex_init(&l->lock, NULL);
    l->read_bytes = mem_alloc(LOOP_READ_BYTES);
    l->plain_bytes = mem_alloc(LOOP_PLAIN_BYTES);
    return true;
}

static void close_handle(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void loop_finish(loop *l) {
    pthread_mutex_lock(&l->lock);
    l->closed = true;
    pthread_mutex_unlock(&l->lock);
    uv_walk(&l->uv, close_handle, NULL);
    while (uv_run(&l->uv, UV_RUN_ONCE))
        ;
    fiber_stacks_free(l);
    uv_loop_close(&l->uv);
}

static void stop_ticked(timer *t) { timer_set(t, deadline_in(STOP_TICK_MS), stop_ticked); }

static void begin_stop(void *arg) {
    loop *l = arg;
    l->stopping = true;
    stop_ticked(&l->stop_tick);
    transports_abort(l);
    fibers_stop(l);
}

/* Fibers and streams get their chance to end; what refuses is left behind, said in the log. */
static void *loop_main(void *arg) {
    loop *l = current = arg;
    char name[16];
    snprintf(name, sizeof name, "loop-%zu", l->index);
    pthread_setname_np(pthread_self(), name);
    while (!l->stopping)
        uv_run(&l->uv, UV_RUN_ONCE);
    deadline patience = deadline_in(STOP_PATIENCE_MS);
    while ((l->live || l->transports) && !deadline_passed(patience))
        uv_run(&l->uv, UV_RUN_ONCE);
    if (l->live || l->transports) {
        log_error("net.loop_stuck", lf_u64("loop", l->index), lf_bool("fibers", l->live),
                  lf_bool("streams", l->transports));
        return NULL;
    }
    timer_clear(&l->stop_tick);
    loop_finish(l);
    return NULL;
}

/* Signals are for the main thread, so the loops are started with all of them blocked. */
static bool start_thread(loop *l) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&l->thread, NULL, loop_main, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}

static void loop_free(loop *l) {
    /* Posts that came after the end only give back references by now. */
    current = l;
    while (l->posts_n)
        run_posts(l);
    current = NULL;
    free(l->posts);
    free(l->spare);
    free(l->read_bytes);
    free(l->plain_bytes);
    pthread_mutex_destroy(&l->lock);
}

static void drop_from(size_t begun) {
    for (size_t i = 0; i < begun; i++)
        loop_post(&all_loops[i], begin_stop, &all_loops[i]);
    for (size_t i = 0; i < begun; i++)
        pthread_join(all_loops[i].thread, NULL);
    for (size_t i = 0; i < begun; i++)
        loop_free(&all_loops[i]);
    free(all_loops);
    all_loops = NULL;
    all_loops_n = 0;
}

err loops_start(size_t n) {
    ASSERT(n >= 1 && !all_loops);
    signal(SIGPIPE, SIG_IGN); /* a write to a closed peer is an error of that write */
    all_loops = mem_array(n, sizeof *all_loops);
    all_loops_n = n;
    for (size_t i = 0; i < n; i++) {
        loop *l = &all_loops[i];
        bool ready = loop_init(l, i);
        if (ready && start_thread(l))
            continue;
        if (ready) {
            loop_finish(l);
            loop_free(l);
        }
        drop_from(i);
        return err_make(ERR_TEMP, ERR_LIMIT, "local error", "cannot start event loop %zu of %zu", i + 1, n);
    }
    return OK;
}

void loops_stop(void) {
    if (all_loops)
        drop_from(all_loops_n);
}
