#include "mail/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"

/* In front of the message in its file; a hole that costs no disk. Enough for our header lines. */
enum { HEADROOM = 16384 };

/* Of all spools: ten thousand senders of a megabyte each must not be ten gigabytes. */
static atomic_size_t in_memory;

static void drop_memory(spool *s) {
    atomic_fetch_sub(&in_memory, s->memory.n);
    buf_free(&s->memory);
}

void spool_init(spool *s, str directory, uint64_t least, uint64_t max) {
    *s = (spool){.fd = -1, .least = least, .max = max, .directory = directory};
    buf_init(&s->memory, max < SIZE_MAX ? (size_t)max : SIZE_MAX);
}

static void fail(spool *s, err why) {
    s->failed = true;
    s->why = why;
    drop_memory(s);
    fd_close_ptr(&s->fd);
}

/* O_TMPFILE: no name, so nothing to clean up after a crash and nothing to find for others. */
static int open_unnamed(str directory) {
    char path[PATH_MAX];
    if (directory.n >= sizeof path || str_has_byte(directory, 0)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, directory.p, directory.n);
    path[directory.n] = 0;
    return open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool write_all(int fd, str bytes, uint64_t at) {
    while (bytes.n) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)n);
        at += (uint64_t)n;
    }
    return true;
}

static bool move_to_file(spool *s) {
    s->fd = open_unnamed(s->directory);
    if (s->fd < 0 || !write_all(s->fd, buf_str(&s->memory), HEADROOM))
        return false;
    drop_memory(s);
    return true;
}

static void keep_in_memory(spool *s, str bytes) {
    if (buf_add(&s->memory, bytes))
        atomic_fetch_add(&in_memory, bytes.n);
}

static bool memory_is_for_others(const spool *s, size_t more) {
    return s->size > s->least || atomic_load(&in_memory) + more > LIMIT_SPOOL_MEMORY;
}

void spool_add(spool *s, str bytes) {
    uint64_t before = s->size;
    s->size = bytes.n > UINT64_MAX - before ? UINT64_MAX : before + bytes.n;
    if (s->failed || bytes.n == 0)
        return;
    if (s->size > s->max) {
        fail(s,
             err_make(ERR_PEER, ERR_LIMIT, "Message too large", "message over %llu bytes", (unsigned long long)s->max));
        return;
    }
    if (s->fd < 0 && s->directory.n && memory_is_for_others(s, bytes.n) && !move_to_file(s)) {
        fail(s, err_errno("spool"));
        return;
    }
    if (s->fd < 0)
        keep_in_memory(s, bytes);
    else if (!write_all(s->fd, bytes, HEADROOM + before))
        fail(s, err_errno("spool"));
}

err spool_whole(spool *s, str *out) {
    if (s->failed)
        return s->why;
    if (s->fd < 0) {
        *out = s->size ? buf_str(&s->memory) : S("");
        return OK;
    }
    if (!s->map) {
        void *map = mmap(NULL, (size_t)s->size + HEADROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE, s->fd, 0);
        if (map == MAP_FAILED)
            return err_errno("spool map");
        s->map = map;
    }
    *out = str_of((const char *)s->map + HEADROOM, (size_t)s->size);
    return OK;
}

size_t spool_headroom(const spool *s) { return s->map ? HEADROOM : 0; }

void spool_free(spool *s) {
    if (!s)
        return;
    if (s->map)
        munmap(s->map, (size_t)s->size + HEADROOM);
    s->map = NULL;
    drop_memory(s);
    if (s->fd >= 0)
        fd_close_ptr(&s->fd);
}
