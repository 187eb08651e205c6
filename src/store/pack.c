#include <zstd.h>

#include "store/pack.h"

#include <pthread.h>

#include "base/mem.h"
#include "store/crc.h"

enum {
    PACK_PLAIN = 0,
    PACK_ZSTD = 1,
    PACK_LEAST = 256, /* bytes below which compression gains nothing */
    PACK_LEVEL = 1,   /* 400 MB/s; level 3 is half as fast for 3 % less */
};

typedef struct contexts {
    ZSTD_CCtx *in;
    ZSTD_DCtx *out;
} contexts;

static pthread_key_t key;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void drop(void *state) {
    contexts *c = state;
    ZSTD_freeCCtx(c->in);
    ZSTD_freeDCtx(c->out);
    free(c);
}

static void make(void) {
    int code = pthread_key_create(&key, drop);
    ASSERT(code == 0);
}

static contexts *of_thread(void) {
    pthread_once(&made, make);
    contexts *c = pthread_getspecific(key);
    if (c)
        return c;
    c = mem_alloc(sizeof *c);
    c->in = ZSTD_createCCtx();
    c->out = ZSTD_createDCtx();
    ASSERT(c->in && c->out);
    pthread_setspecific(key, c);
    return c;
}

static void put_crc(char *p, uint32_t crc) {
    for (int i = 0; i < 4; i++)
        p[i] = (char)(crc >> 8 * i & 0xFF);
}

static uint32_t get_crc(const char *p) {
    uint32_t crc = 0;
    for (int i = 0; i < 4; i++)
        crc |= (uint32_t)(unsigned char)p[i] << 8 * i;
    return crc;
}

/* Compressed bytes when they are at least an eighth fewer, else 0. */
static size_t squeeze(char *to, str plain) {
    if (plain.n < PACK_LEAST)
        return 0;
    size_t n = ZSTD_compressCCtx(of_thread()->in, to, plain.n - plain.n / 8, plain.p, plain.n, PACK_LEVEL);
    return ZSTD_isError(n) ? 0 : n;
}

bool pack_add(buf *out, str plain) {
    char *to = buf_reserve(out, PACK_OVERHEAD + plain.n);
    if (!to)
        return false;
    size_t n = squeeze(to + PACK_OVERHEAD, plain);
    to[0] = n ? PACK_ZSTD : PACK_PLAIN;
    put_crc(to + 1, store_crc32c(plain));
    if (!n && plain.n)
        memcpy(to + PACK_OVERHEAD, plain.p, plain.n);
    buf_commit(out, PACK_OVERHEAD + (n ? n : plain.n));
    return true;
}

static err corrupt(const char *why) { return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "stored text: %s", why); }

err pack_open(str packed, char *to, size_t n) {
    if (packed.n < PACK_OVERHEAD)
        return corrupt("cut short");
    str bytes = str_skip(packed, PACK_OVERHEAD);
    if (packed.p[0] == PACK_PLAIN) {
        if (bytes.n != n)
            return corrupt("wrong length");
        if (n)
            memcpy(to, bytes.p, n);
    } else if (packed.p[0] != PACK_ZSTD || ZSTD_decompressDCtx(of_thread()->out, to, n, bytes.p, bytes.n) != n) {
        return corrupt("cannot be decompressed");
    }
    return store_crc32c(str_of(to, n)) == get_crc(packed.p + 1) ? OK : corrupt("checksum differs");
}
