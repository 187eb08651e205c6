#include "store/list.h"

enum { LIST_FIRST = 8 };

err list_over(void) { return err_make(ERR_PEER, ERR_LIMIT, "too much at once", "arena spent"); }

void *list_push(arena *a, void **items, size_t *n, size_t size) {
    bool at_power = *n >= LIST_FIRST && (*n & (*n - 1)) == 0;
    if (*n == 0 || at_power) {
        void *grown = arena_array(a, *n ? *n * 2 : LIST_FIRST, size);
        if (!grown)
            return NULL;
        if (*n)
            memcpy(grown, *items, *n * size);
        *items = grown;
    }
    return (char *)*items + (*n)++ * size;
}
