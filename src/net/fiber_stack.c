/* Stacks of fibers: mapped with a guard page below, pooled by each loop, last used first so that warm pages
 * are used again. The fiber itself lies at the top. */
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "base/limits.h"
#include "net/fiber_private.h"
#include "net/sanitizer.h"

enum {
    POOL_WARM = 64,   /* stacks kept with their pages */
    POOL_MOST = 4096, /* stacks kept at all; past the first ones without their pages */
};

/* Sanitized frames are several times as large. */
#if defined(NET_ASAN) || defined(NET_TSAN)
enum { STACK_BYTES = 4 * LIMIT_FIBER_STACK };
#else
enum { STACK_BYTES = LIMIT_FIBER_STACK };
#endif

static size_t page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static fiber *map_stack(void) {
    size_t page = page_bytes(), all = STACK_BYTES + page;
    char *map = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (mprotect(map + page, STACK_BYTES, PROT_READ | PROT_WRITE) != 0) {
        munmap(map, all);
        return NULL;
    }
    size_t head = (sizeof(fiber) + 63) & ~(size_t)63;
    fiber *f = (void *)(map + all - head);
    f->stack_low = map + page;
    f->stack_size = STACK_BYTES - head;
    return f;
}

static void unmap_stack(fiber *f) {
    size_t page = page_bytes();
    sanitizer_unpoison(f->stack_low, f->stack_size);
    munmap(f->stack_low - page, STACK_BYTES + page);
}

fiber *fiber_stack_take(loop *l) {
    fiber *f = l->stacks;
    if (!f)
        return map_stack();
    l->stacks = f->free_next;
    l->stacks_n--;
    return f;
}

void fiber_stack_give(loop *l, fiber *f) {
    if (l->stacks_n >= POOL_MOST) {
        unmap_stack(f);
        return;
    }
    /* Frames that were left without returning are still marked in the shadow. */
    sanitizer_unpoison(f->stack_low, f->stack_size);
    if (l->stacks_n >= POOL_WARM)
        madvise(f->stack_low, f->stack_size & ~(page_bytes() - 1), MADV_DONTNEED);
    f->free_next = l->stacks;
    l->stacks = f;
    l->stacks_n++;
}

void fiber_stacks_free(loop *l) {
    while (l->stacks) {
        fiber *f = l->stacks;
        l->stacks = f->free_next;
        unmap_stack(f);
    }
    l->stacks_n = 0;
}
