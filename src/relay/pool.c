#include "base/map.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "relay/inside.h"

/* A connection between two messages. */
typedef struct resting {
    struct resting *next; /* newest first */
    uint64_t hash;
    str key;
    smtp_client *client;
    int64_t until_ms; /* monotonic */
} resting;

struct relay_pool {
    timer expiry; /* first: the timer's function gets it back */
    relay *relay;
    resting *first;
    size_t n;
    size_t leaving;      /* goodbyes under way */
    completion *emptied; /* relay_pools_free waits for it */
};

static relay_pool *pool_here(relay *r) {
    for (size_t i = 0; i < r->pools_n; i++)
        if (loop_at(i) == loop_current())
            return &r->pools[i];
    assert_failed("a pool is used on its loop", __FILE__, __LINE__);
}

/* ---- goodbye ---- */

typedef struct leaver {
    relay_pool *pool;
    smtp_client *client;
} leaver;

static void say_goodbye(void *arg) {
    leaver *l = arg;
    relay_pool *p = l->pool;
    smtp_client_close(l->client);
    free(l);
    p->leaving--;
    if (p->emptied && !p->leaving)
        completion_signal(take(p->emptied));
}

/* QUIT waits for its answer: in a fiber of its own, so that nobody else does. */
static void let_go(relay_pool *p, smtp_client *c) {
    if (!smtp_client_usable(c)) {
        smtp_client_abort(c);
        return;
    }
    leaver *l = mem_alloc(sizeof *l);
    *l = (leaver){p, c};
    p->leaving++;
    err e = fiber_start("relay.goodbye", say_goodbye, l);
    if (failed(e)) {
        smtp_client_abort(c);
        free(l);
        p->leaving--;
    }
}

static smtp_client *unlink_resting(relay_pool *p, resting **at) {
    resting *gone = *at;
    smtp_client *c = gone->client;
    *at = gone->next;
    p->n--;
    free((void *)(uintptr_t)gone->key.p);
    free(gone);
    return c;
}

/* ---- expiry ---- */

static void expired(timer *t);

static void set_expiry(relay_pool *p) {
    int64_t soonest = INT64_MAX;
    for (const resting *r = p->first; r; r = r->next)
        if (r->until_ms < soonest)
            soonest = r->until_ms;
    if (p->first)
        timer_set(&p->expiry, (deadline){soonest}, expired);
    else
        timer_clear(&p->expiry);
}

static void expired(timer *t) {
    relay_pool *p = (relay_pool *)t;
    int64_t now = time_mono_ms();
    for (resting **at = &p->first; *at;) {
        if ((*at)->until_ms <= now || !smtp_client_usable((*at)->client))
            let_go(p, unlink_resting(p, at));
        else
            at = &(*at)->next;
    }
    set_expiry(p);
}

/* ---- take and put ---- */

smtp_client *relay_pool_take(relay *r, str key) {
    relay_pool *p = pool_here(r);
    uint64_t hash = hash_keyed(key);
    for (resting **at = &p->first; *at;) {
        if ((*at)->hash != hash || !str_eq((*at)->key, key)) {
            at = &(*at)->next;
            continue;
        }
        smtp_client *c = unlink_resting(p, at);
        if (smtp_client_usable(c))
            return c;
        smtp_client_abort(c); /* the server has left already */
    }
    return NULL;
}

static size_t resting_with(const relay_pool *p, uint64_t hash, str key) {
    size_t n = 0;
    for (const resting *r = p->first; r; r = r->next)
        n += r->hash == hash && str_eq(r->key, key);
    return n;
}

void relay_pool_drop(relay *r, smtp_client *c) { let_go(pool_here(r), c); }

void relay_pool_put(relay *r, str key, smtp_client *c) {
    relay_pool *p = pool_here(r);
    const relay_config *config = &r->config;
    uint64_t hash = hash_keyed(key);
    bool stays = smtp_client_usable(c) && !p->emptied && smtp_client_transactions(c) < config->pool_messages &&
                 p->n < RELAY_RESTING && config->pool_idle_ms > 0 && resting_with(p, hash, key) < config->pool_per_host;
    if (!stays) {
        let_go(p, c);
        return;
    }
    resting *fresh = mem_alloc(sizeof *fresh);
    *fresh = (resting){p->first, hash, {mem_strdup(key), key.n}, c, time_mono_ms() + config->pool_idle_ms};
    p->first = fresh;
    p->n++;
    set_expiry(p);
}

/* ---- the pools ---- */

void relay_pools_init(relay *r) {
    r->pools_n = loops_count();
    ASSERT(r->pools_n);
    r->pools = mem_array(r->pools_n, sizeof *r->pools);
    for (size_t i = 0; i < r->pools_n; i++)
        r->pools[i].relay = r;
}

typedef struct emptying {
    relay_pool *pool;
    completion done;
} emptying;

static void empty_pool(void *arg) {
    emptying *e = arg;
    relay_pool *p = e->pool;
    timer_clear(&p->expiry);
    p->emptied = &e->done;
    p->leaving++; /* ours, until all are on their way */
    while (p->first)
        let_go(p, unlink_resting(p, &p->first));
    if (--p->leaving == 0)
        completion_signal(take(p->emptied));
}

void relay_pools_free(relay *r) {
    bool running = loops_count() > 0;
    for (size_t i = 0; i < r->pools_n; i++) {
        relay_pool *p = &r->pools[i];
        emptying e = {.pool = p};
        completion_init(&e.done);
        if (running) {
            loop_post(loop_at(i), empty_pool, &e);
            completion_wait_done(&e.done);
        }
        while (p->first) /* the loops have ended, and with them every connection */
            smtp_client_abort(unlink_resting(p, &p->first));
    }
    free(r->pools);
}
