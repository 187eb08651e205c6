/* base64 bodies: what is taken apart must come back byte for byte, whole and from the middle. */
#include "base/err.h"
#include "base/mem.h"
#include "store/armor.h"

static err from_memory(void *arg, uint64_t at, char *to, size_t n) {
    const buf *b = arg;
    ASSERT(at <= b->n && n <= b->n - at);
    memcpy(to, b->p + at, n);
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str body = str_of((const char *)data, size);
    armor how;
    size_t used;
    SCOPED_BUF bytes;
    buf_init(&bytes, size);
    if (!armor_open(body, &bytes, &how, &used))
        return 0;
    ASSERT(used <= size && armor_size(&how, bytes.n) == used);
    SCOPED_FREE char *back = mem_alloc(used);
    for (size_t at = 0; at < used; at += 1 + used / 7) {
        size_t n = (used - at) / 2 + 1;
        err e = armor_print(&how, bytes.n, at, back, n, (armor_source){&bytes, from_memory});
        ASSERT(!failed(e) && memcmp(back, body.p + at, n) == 0);
    }
    return 0;
}
