#include "base/map.h"

#include "base/mem.h"

/* Open addressing with linear probing. A removed entry leaves a mark behind (so that map_each may go on)
 * which the next growth sweeps away. */

enum { CAP_FIRST = 16 };

typedef enum slot_state { SLOT_EMPTY, SLOT_LIVE, SLOT_DEAD } slot_state;

struct map_slot {
    slot_state state;
    uint64_t hash;
    str key;
    void *value;
};

void map_init(map *m, size_t max) { *m = (map){.max = max}; }

static void slot_free_key(struct map_slot *slot) { free((void *)(uintptr_t)slot->key.p); }

void map_free(map *m) {
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].state == SLOT_LIVE)
            slot_free_key(&m->slots[i]);
    free(m->slots);
    *m = (map){.max = m->max};
}

/* The live slot of the key, or NULL. cap is a power of two. */
static struct map_slot *find(const map *m, str key, uint64_t hash) {
    for (size_t at = hash, seen = 0; seen < m->cap; at++, seen++) {
        struct map_slot *slot = &m->slots[at & (m->cap - 1)];
        if (slot->state == SLOT_EMPTY)
            return NULL;
        if (slot->state == SLOT_LIVE && slot->hash == hash && str_eq(slot->key, key))
            return slot;
    }
    return NULL;
}

/* The first slot on the key's way that holds nothing; there always is one. */
static struct map_slot *find_room(const map *m, uint64_t hash) {
    size_t at = hash;
    while (m->slots[at & (m->cap - 1)].state == SLOT_LIVE)
        at++;
    return &m->slots[at & (m->cap - 1)];
}

/* Makes sure that a quarter of the slots is empty, so that every search ends soon. */
static void make_room(map *m) {
    if ((m->used + 1) <= m->cap / 4 * 3)
        return;
    map old = *m;
    if (m->n + 1 > m->cap / 2)
        m->cap = m->cap ? m->cap * 2 : CAP_FIRST;
    m->slots = mem_array(m->cap, sizeof *m->slots);
    m->used = m->n;
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].state == SLOT_LIVE)
            *find_room(m, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

void *map_get(const map *m, str key) {
    if (m->n == 0)
        return NULL;
    struct map_slot *slot = find(m, key, hash_keyed(key));
    return slot ? slot->value : NULL;
}

bool map_put(map *m, str key, void *value) {
    uint64_t hash = hash_keyed(key);
    struct map_slot *slot = find(m, key, hash);
    if (slot) {
        slot->value = value;
        return true;
    }
    if (m->n >= m->max)
        return false;
    make_room(m);
    slot = find_room(m, hash);
    if (slot->state == SLOT_EMPTY)
        m->used++;
    *slot = (struct map_slot){SLOT_LIVE, hash, {mem_strdup(key), key.n}, value};
    m->n++;
    return true;
}

void *map_remove(map *m, str key) {
    struct map_slot *slot = m->n ? find(m, key, hash_keyed(key)) : NULL;
    if (!slot)
        return NULL;
    slot_free_key(slot);
    slot->state = SLOT_DEAD;
    m->n--;
    return slot->value;
}

bool map_each(const map *m, size_t *at, str *key, void **value) {
    for (; *at < m->cap; ++*at) {
        const struct map_slot *slot = &m->slots[*at];
        if (slot->state != SLOT_LIVE)
            continue;
        *key = slot->key;
        *value = slot->value;
        ++*at;
        return true;
    }
    return false;
}
