#include <pthread.h>

#include "auth/cache.h"

#include "auth/scram.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/time.h"

enum { SLOTS = 4096 };

typedef struct cached {
    uint8_t mark[SCRAM_KEY];
    int64_t until_ms; /* 0: empty */
} cached;

struct login_cache {
    pthread_mutex_t mutex;
    int64_t keep_ms;
    uint8_t key[SCRAM_KEY];
    cached slots[SLOTS];
};

login_cache *login_cache_create(int64_t keep_ms) {
    login_cache *c = mem_alloc(sizeof *c);
    pthread_mutex_init(&c->mutex, NULL);
    c->keep_ms = keep_ms;
    rand_bytes(c->key, sizeof c->key);
    return c;
}

void login_cache_free(login_cache *c) {
    if (!c)
        return;
    pthread_mutex_destroy(&c->mutex);
    mem_wipe(c, sizeof *c);
    free(c);
}

/* A chain of HMACs, so that no two triples give the same bytes to hash. */
static void mark_of(const login_cache *c, str name, str credential, str password, uint8_t out[SCRAM_KEY]) {
    scram_hmac((str){(const char *)c->key, SCRAM_KEY}, name, out);
    scram_hmac((str){(const char *)out, SCRAM_KEY}, credential, out);
    scram_hmac((str){(const char *)out, SCRAM_KEY}, password, out);
}

bool login_cache_has(login_cache *c, str name, str credential, str password) {
    uint8_t mark[SCRAM_KEY];
    mark_of(c, name, credential, password, mark);
    int64_t now = time_mono_ms();
    pthread_mutex_lock(&c->mutex);
    const cached *slot = &c->slots[hash_keyed(name) % SLOTS];
    bool has = slot->until_ms > now &&
               mem_equal_ct((str){(const char *)slot->mark, SCRAM_KEY}, (str){(const char *)mark, SCRAM_KEY});
    pthread_mutex_unlock(&c->mutex);
    return has;
}

void login_cache_add(login_cache *c, str name, str credential, str password) {
    if (c->keep_ms <= 0)
        return;
    cached fresh = {.until_ms = time_mono_ms() + c->keep_ms};
    mark_of(c, name, credential, password, fresh.mark);
    pthread_mutex_lock(&c->mutex);
    c->slots[hash_keyed(name) % SLOTS] = fresh;
    pthread_mutex_unlock(&c->mutex);
}
