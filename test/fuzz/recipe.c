/* The recipe of a stored message, as damage on a disk might leave it. */
#include <stdlib.h>

#include "base/err.h"
#include "store/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest;
    if (failed(recipe_open(str_of((const char *)data, size), &rest)))
        return 0;
    SCOPED_BUF again;
    buf_init(&again, size);
    recipe_begin(&again);
    while (rest.n) {
        piece p;
        if (failed(recipe_next(&rest, &p)))
            return 0;
        recipe_add(&again, &p);
    }
    ASSERT(str_eq(buf_str(&again), str_of((const char *)data, size))); /* what can be read has one form */
    return 0;
}
