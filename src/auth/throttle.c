#include <pthread.h>

#include "auth/throttle.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"

enum {
    SETS = 4096,
    WAYS = 8, /* entries of one set; an entry lies in the set its hash names */
    CLIENT_KEY_MOST = 8,
    NAME_MOST = 512, /* bytes of a name that count */
};

static const int64_t acquaintance_ms = INT64_C(7) * 24 * 3600 * 1000;

typedef struct tally {
    uint64_t key; /* keyed hash; 0 is an empty entry */
    int64_t since_ms;
    uint64_t count;
} tally;

typedef struct tally_table {
    tally *entries;
    int64_t window_ms;
    uint64_t most; /* 0: no limit */
} tally_table;

struct throttle {
    pthread_mutex_t mutex;
    tally_table clients, accounts;
    tally_table acquainted; /* pairs of client and account that have succeeded */
};

static tally_table table_make(uint64_t most, int64_t window_ms) {
    return (tally_table){
        .entries = mem_array((size_t)SETS * WAYS, sizeof(tally)), .window_ms = window_ms, .most = most};
}

throttle *throttle_create(uint64_t per_client, uint64_t per_account, int64_t window_ms) {
    throttle *t = mem_alloc(sizeof *t);
    pthread_mutex_init(&t->mutex, NULL);
    t->clients = table_make(per_client, window_ms);
    t->accounts = table_make(per_account, window_ms);
    t->acquainted = table_make(1, acquaintance_ms);
    return t;
}

void throttle_free(throttle *t) {
    if (!t)
        return;
    free(t->clients.entries);
    free(t->accounts.entries);
    free(t->acquainted.entries);
    pthread_mutex_destroy(&t->mutex);
    free(t);
}

/* ---- one table ---- */

static bool is_over(const tally_table *t, const tally *e, int64_t now) { return now - e->since_ms >= t->window_ms; }

static tally *find(const tally_table *t, uint64_t key, int64_t now) {
    tally *set = &t->entries[key % SETS * WAYS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key && !is_over(t, &set[i], now))
            return &set[i];
    return NULL;
}

/* Whether `a` is the better one to forget: free or ended, then fewer failures, then older. */
static bool matters_less(const tally_table *t, const tally *a, const tally *b, int64_t now) {
    bool a_free = a->key == 0 || is_over(t, a, now), b_free = b->key == 0 || is_over(t, b, now);
    if (a_free != b_free)
        return a_free;
    return a->count != b->count ? a->count < b->count : a->since_ms < b->since_ms;
}

static tally *count(tally_table *t, uint64_t key, int64_t now) {
    tally *e = find(t, key, now);
    if (!e) {
        tally *set = &t->entries[key % SETS * WAYS];
        e = set;
        for (size_t i = 1; i < WAYS; i++)
            if (matters_less(t, &set[i], e, now))
                e = &set[i];
        *e = (tally){.key = key, .since_ms = now};
    }
    e->count++;
    return e;
}

static bool is_full(const tally_table *t, uint64_t key, int64_t now) {
    const tally *e = t->most ? find(t, key, now) : NULL;
    return e && e->count >= t->most;
}

/* ---- keys ---- */

/* A v6 client owns at least a /64. Nothing for Unix sockets: everybody on this machine would share one count. */
static str client_bytes(const addr *client) {
    static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
    if (client->family == ADDR_V4)
        return (str){(const char *)client->ip, 4};
    if (client->family != ADDR_V6)
        return S("");
    if (memcmp(client->ip, mapped, sizeof mapped) == 0)
        return (str){(const char *)client->ip + 12, 4};
    return (str){(const char *)client->ip, CLIENT_KEY_MOST};
}

static uint64_t key_of(str client, str name) {
    char room[1 + CLIENT_KEY_MOST + NAME_MOST];
    name = str_sub(name, 0, NAME_MOST);
    room[0] = (char)client.n;
    if (client.n)
        memcpy(room + 1, client.p, client.n);
    if (name.n)
        memcpy(room + 1 + client.n, name.p, name.n);
    uint64_t key = hash_keyed((str){room, 1 + client.n + name.n});
    return key ? key : 1;
}

/* ---- outside ---- */

bool throttle_refuses(throttle *t, const addr *client, str name) {
    int64_t now = time_mono_ms();
    str ip = client_bytes(client);
    pthread_mutex_lock(&t->mutex);
    bool refuses = (ip.n && is_full(&t->clients, key_of(ip, S("")), now)) ||
                   (is_full(&t->accounts, key_of(S(""), name), now) && !find(&t->acquainted, key_of(ip, name), now));
    pthread_mutex_unlock(&t->mutex);
    return refuses;
}

void throttle_failed(throttle *t, const addr *client, str name) {
    int64_t now = time_mono_ms();
    str ip = client_bytes(client);
    pthread_mutex_lock(&t->mutex);
    uint64_t from = key_of(ip, S(""));
    bool spent = ip.n && is_full(&t->clients, from, now); /* guesses at the same time; one client locks nobody out */
    if (ip.n)
        count(&t->clients, from, now);
    if (!spent)
        count(&t->accounts, key_of(S(""), name), now);
    pthread_mutex_unlock(&t->mutex);
}

void throttle_succeeded(throttle *t, const addr *client, str name) {
    int64_t now = time_mono_ms();
    str ip = client_bytes(client);
    if (!ip.n)
        return;
    pthread_mutex_lock(&t->mutex);
    count(&t->acquainted, key_of(ip, name), now)->since_ms = now;
    pthread_mutex_unlock(&t->mutex);
}
