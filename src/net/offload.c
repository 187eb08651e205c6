#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/offload.h"

/* Lives on the stack of the caller, who does not leave before it is taken back or done. */
typedef struct job {
    struct job *next, *prev;
    void (*fn)(void *thread_state, void *arg);
    void *arg;
    bool begun; /* under the pool's lock */
    completion done;
} job;

struct offload_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    job *first, *last;
    size_t waiting;
    bool ending;
    size_t threads_n;
    pthread_t *threads;
    const char *name;
    void *(*begin)(void *owner);
    void (*end)(void *state);
    void *owner;
};

static void unlink_job(offload_pool *p, job *j) {
    *(j->prev ? &j->prev->next : &p->first) = j->next;
    *(j->next ? &j->next->prev : &p->last) = j->prev;
    p->waiting--;
}

/* The next job, or NULL when the pool ends and nothing is left. */
static job *next_job(offload_pool *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->ending)
        pthread_cond_wait(&p->changed, &p->lock);
    job *j = p->first;
    if (j) {
        unlink_job(p, j);
        j->begun = true;
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void *work(void *arg) {
    offload_pool *p = arg;
    char name[16];
    snprintf(name, sizeof name, "%s", p->name);
    pthread_setname_np(pthread_self(), name);
    void *state = p->begin ? p->begin(p->owner) : NULL;
    for (job *j; (j = next_job(p));) {
        j->fn(state, j->arg);
        completion_signal(&j->done);
    }
    if (p->end)
        p->end(state);
    return NULL;
}

offload_pool *offload_pool_create(const char *name, size_t threads, void *(*begin)(void *owner),
                                  void (*end)(void *state), void *owner) {
    ASSERT(threads >= 1);
    offload_pool *p = mem_alloc(sizeof *p);
    *p = (offload_pool){.name = name, .begin = begin, .end = end, .owner = owner};
    p->threads = mem_array(threads, sizeof *p->threads);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    sigset_t all, before; /* signals are for the main thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (p->threads_n < threads && pthread_create(&p->threads[p->threads_n], NULL, work, p) == 0)
        p->threads_n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(p->threads_n > 0); /* fewer than asked is slow; none is no server */
    return p;
}

void offload_pool_destroy(offload_pool *p) {
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->threads_n; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p);
}

static err enqueue(offload_pool *p, job *j) {
    err e = OK;
    pthread_mutex_lock(&p->lock);
    if (p->waiting >= LIMIT_OFFLOAD_QUEUE || p->ending) {
        e = err_make(ERR_TEMP, ERR_LIMIT, "too busy, try again later", "%zu jobs wait for %s", p->waiting, p->name);
    } else {
        j->prev = p->last;
        *(p->last ? &p->last->next : &p->first) = j;
        p->last = j;
        p->waiting++;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return e;
}

/* Takes a job back that has not begun. */
static bool withdraw(offload_pool *p, job *j) {
    pthread_mutex_lock(&p->lock);
    bool mine = !j->begun;
    if (mine)
        unlink_job(p, j);
    pthread_mutex_unlock(&p->lock);
    return mine;
}

err offload(offload_pool *p, void (*fn)(void *thread_state, void *arg), void *arg, deadline until) {
    job j = {.fn = fn, .arg = arg};
    completion_init(&j.done);
    TRY(enqueue(p, &j));
    err e = completion_wait(&j.done, until);
    if (!failed(e))
        return OK;
    if (withdraw(p, &j))
        return e;
    completion_wait_done(&j.done);
    return OK;
}

static offload_pool *shared, *searches;
static pthread_once_t pools_once = PTHREAD_ONCE_INIT;

static void make_pools(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = cores > 2 ? (size_t)cores : 2;
    shared = offload_pool_create("offload", threads, NULL, NULL, NULL);
    searches = offload_pool_create("search", threads, NULL, NULL, NULL);
}

offload_pool *offload_shared(void) {
    pthread_once(&pools_once, make_pools);
    return shared;
}

offload_pool *offload_searches(void) {
    pthread_once(&pools_once, make_pools);
    return searches;
}
