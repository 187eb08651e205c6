/* Wakers: the only part of a connection other threads may hold. */
#include <uv.h>

#include "base/mem.h"
#include "net/conn_private.h"

struct waker {
    pthread_mutex_t lock;
    size_t references;
    conn *conn;  /* NULL once it is gone */
    bool posted; /* a wake is on its way */
};

static void let_go(waker *w) { /* with the lock held, which it releases */
    bool last = --w->references == 0;
    pthread_mutex_unlock(&w->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void waker_release(waker *w) {
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    let_go(w);
}

waker *conn_waker(conn *c) {
    if (!c->waker) {
        c->waker = mem_alloc(sizeof *c->waker);
        pthread_mutex_init(&c->waker->lock, NULL);
        c->waker->references = 1;
        c->waker->conn = c;
    }
    waker *w = c->waker;
    pthread_mutex_lock(&w->lock);
    w->references++;
    pthread_mutex_unlock(&w->lock);
    return w;
}

static void arrive(void *arg) {
    waker *w = arg;
    pthread_mutex_lock(&w->lock);
    conn *c = w->conn; /* stays valid: this is its loop */
    w->posted = false;
    let_go(w);
    if (c)
        conn_woken(c);
}

void waker_wake(waker *w) {
    pthread_mutex_lock(&w->lock);
    if (w->conn && !w->posted) {
        w->posted = true;
        w->references++;
        loop_post(w->conn->t.home, arrive, w);
    }
    pthread_mutex_unlock(&w->lock);
}

void waker_disconnect(waker *w) {
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->conn = NULL;
    let_go(w);
}
