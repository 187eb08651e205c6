#include "base/mem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <unistd.h>

_Noreturn static void out_of_memory(size_t n) {
    fprintf(stderr, "level=error event=out_of_memory bytes=%zu\n", n);
    abort();
}

bool size_add(size_t a, size_t b, size_t *out) { return !__builtin_add_overflow(a, b, out); }
bool size_mul(size_t a, size_t b, size_t *out) { return !__builtin_mul_overflow(a, b, out); }

void *mem_alloc(size_t n) { return mem_array(1, n); }

void *mem_array(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *mem_grow(void *p, size_t count, size_t size) {
    size_t n;
    void *grown = size_mul(count, size, &n) ? realloc(p, n ? n : 1) : NULL;
    if (!grown)
        out_of_memory(size);
    return grown;
}

char *mem_strdup(str s) {
    size_t n;
    if (!size_add(s.n, 1, &n))
        out_of_memory(s.n);
    char *p = mem_alloc(n);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

void mem_wipe(void *p, size_t n) {
    if (n)
        OPENSSL_cleanse(p, n);
}

bool mem_equal_ct(str a, str b) { return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0); }

void mem_free_ptr(void *pointer_to_pointer) {
    void **p = pointer_to_pointer;
    free(*p);
    *p = NULL;
}

void fd_close_ptr(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool fd_write_all(int fd, str bytes) {
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

int take_fd(int *fd) {
    int taken = *fd;
    *fd = -1;
    return taken;
}
