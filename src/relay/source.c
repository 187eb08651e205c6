#include "relay/inside.h"

enum { WINDOW = 64 * 1024 }; /* bytes read from the store at a time */

void relay_source_init(relay_source *s, store *from, int64_t entry) {
    *s = (relay_source){.store = from, .entry = entry};
    arena_init(&s->window_memory, 4 * WINDOW);
}

void relay_source_free(relay_source *s) { arena_free(&s->window_memory); }

err relay_source_read(void *source, uint64_t offset, size_t max, str *bytes) {
    static const principal rules = {.role = ROLE_DELIVER};
    relay_source *s = source;
    bool inside = s->window.n && offset >= s->window_at && offset < s->window_at + s->window.n;
    if (!inside) {
        s->window = (str){0};
        s->window_at = offset;
        arena_free(&s->window_memory);
        err e = queue_read(s->store, &rules, s->entry, offset, WINDOW, &s->window_memory, &s->window);
        s->failed = failed(e);
        TRY(e);
    }
    *bytes = str_sub(s->window, (size_t)(offset - s->window_at), max);
    return OK;
}
