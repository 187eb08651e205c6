#include "store/watch.h"

#include <pthread.h>

#include "base/mem.h"

enum { BUCKETS = 8192 }; /* 100,000 sessions in IDLE are a dozen a bucket */

struct store_watch {
    store_watch *next, **link;
    watches *registry;
    store_touch what;
    void (*fn)(void *arg);
    void *arg;
};

struct watches {
    pthread_mutex_t lock;
    store_watch *buckets[BUCKETS];
    void (*queue_fn)(void *arg);
    void *queue_arg;
};

watches *watches_create(void) {
    watches *w = mem_alloc(sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    return w;
}

void watches_free(watches *w) {
    if (!w)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        ASSERT(!w->buckets[i]);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* Our own numbers: no peer chooses them. */
static store_watch **bucket(watches *w, store_touch what) {
    uint64_t h = ((uint64_t)what.account * 31 + (uint64_t)what.mailbox) * UINT64_C(0x9E3779B97F4A7C15);
    return &w->buckets[h >> 32 & (BUCKETS - 1)];
}

store_watch *watches_add(watches *w, int64_t account, int64_t mailbox, void (*fn)(void *arg), void *arg) {
    store_watch *one = mem_alloc(sizeof *one);
    *one = (store_watch){.registry = w, .what = {account, mailbox}, .fn = fn, .arg = arg};
    pthread_mutex_lock(&w->lock);
    store_watch **head = bucket(w, one->what);
    one->next = *head;
    one->link = head;
    if (one->next)
        one->next->link = &one->next;
    *head = one;
    pthread_mutex_unlock(&w->lock);
    return one;
}

void store_watch_remove(store_watch *one) {
    if (!one)
        return;
    watches *w = one->registry;
    pthread_mutex_lock(&w->lock);
    *one->link = one->next;
    if (one->next)
        one->next->link = one->link;
    pthread_mutex_unlock(&w->lock);
    free(one);
}

void watches_queue(watches *w, void (*fn)(void *arg), void *arg) {
    pthread_mutex_lock(&w->lock);
    w->queue_fn = fn;
    w->queue_arg = arg;
    pthread_mutex_unlock(&w->lock);
}

static void wake_queue(watches *w) {
    if (w->queue_fn)
        w->queue_fn(w->queue_arg);
}

void watches_fire(watches *w, const store_touch *touched, size_t n, bool queue) {
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < n; i++) {
        for (store_watch *one = *bucket(w, touched[i]); one; one = one->next) {
            if (one->what.account == touched[i].account && one->what.mailbox == touched[i].mailbox)
                one->fn(one->arg);
        }
    }
    if (queue)
        wake_queue(w);
    pthread_mutex_unlock(&w->lock);
}

void watches_fire_all(watches *w) {
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (store_watch *one = w->buckets[i]; one; one = one->next)
            one->fn(one->arg);
    }
    wake_queue(w);
    pthread_mutex_unlock(&w->lock);
}
