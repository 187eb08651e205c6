#include "store/render.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/content.h"
#include "store/crc.h"
#include "store/list.h"
#include "store/pack.h"
#include "store/recipe.h"

/* The window asked for, filled from front to back. */
typedef struct rendering {
    store_source *from;
    blobs *blobs;
    uint64_t at, end; /* what is still missing, as offsets into the content (without prefix) */
    char *to;
    buf scratch; /* a piece of which only a part is wanted */
} rendering;

static err corrupt(const char *why) {
    return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "stored message: %s", why);
}

/* How much of a piece that begins at `start` and has n bytes is wanted now; *skip: from where in it. */
static size_t wanted(const rendering *r, uint64_t start, uint64_t n, uint64_t *skip) {
    if (r->at < start || r->at >= start + n || r->at >= r->end)
        return 0;
    *skip = r->at - start;
    uint64_t left = n - *skip;
    return (size_t)(left < r->end - r->at ? left : r->end - r->at);
}

static void advance(rendering *r, size_t n) {
    r->to += n;
    r->at += n;
}

/* ---- head and inline text ---- */

static err copy_packed(rendering *r, str packed, size_t plain, uint64_t skip, size_t n) {
    if (n == plain) {
        TRY(pack_open(packed, r->to, n));
    } else {
        buf_clear(&r->scratch);
        char *whole = buf_reserve(&r->scratch, plain);
        if (!whole)
            return corrupt("its sizes do not add up");
        TRY(pack_open(packed, whole, plain));
        memcpy(r->to, whole + skip, n);
    }
    advance(r, n);
    return OK;
}

static err render_head(rendering *r, size_t head) {
    uint64_t skip;
    str packed;
    size_t n = wanted(r, 0, head, &skip);
    if (n == 0)
        return OK;
    TRY(r->from->head(r->from, &packed));
    return copy_packed(r, packed, head, skip, n);
}

/* A piece of n bytes at `start` of the message, whose bytes begin at `text` of the inline text of text_all bytes. */
static err render_inline(rendering *r, uint64_t start, uint64_t n, uint64_t text, uint64_t text_all) {
    uint64_t skip;
    for (size_t left; (left = wanted(r, start, n, &skip)) > 0;) {
        uint64_t position = text + skip, number = position / CONTENT_CHUNK, inside = position % CONTENT_CHUNK;
        uint64_t rest = text_all - number * CONTENT_CHUNK;
        size_t plain = rest < CONTENT_CHUNK ? (size_t)rest : CONTENT_CHUNK;
        size_t part = plain - inside < left ? (size_t)(plain - inside) : left;
        str packed;
        TRY(r->from->chunk(r->from, (uint32_t)number, &packed));
        TRY(copy_packed(r, packed, plain, inside, part));
    }
    return OK;
}

/* ---- blobs ---- */

typedef struct blob_reader {
    int fd;
    const piece *p;
    char *block;
    uint64_t number; /* of the block held; UINT64_MAX: none */
    size_t size;
} blob_reader;

static err read_exactly(int fd, char *to, size_t n, uint64_t at) {
    while (n) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("read an attachment");
        if (got == 0)
            return corrupt("an attachment is cut short");
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

static uint32_t known_crc(str crcs, uint64_t number) {
    const unsigned char *p = (const unsigned char *)crcs.p + number * 4;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static err load_block(blob_reader *b, uint64_t number) {
    if (b->number == number)
        return OK;
    uint64_t left = b->p->blob.size - number * BLOB_BLOCK;
    b->size = left < BLOB_BLOCK ? (size_t)left : BLOB_BLOCK;
    b->number = UINT64_MAX;
    TRY(read_exactly(b->fd, b->block, b->size, number * BLOB_BLOCK));
    if (store_crc32c(str_of(b->block, b->size)) != known_crc(b->p->crcs, number))
        return corrupt("an attachment's checksum differs");
    b->number = number;
    return OK;
}

static err read_blob(void *arg, uint64_t at, char *to, size_t n) {
    blob_reader *b = arg;
    while (n) {
        TRY(load_block(b, at / BLOB_BLOCK));
        size_t skip = (size_t)(at % BLOB_BLOCK);
        size_t part = b->size - skip < n ? b->size - skip : n;
        memcpy(to, b->block + skip, part);
        to += part;
        at += part;
        n -= part;
    }
    return OK;
}

static err render_blob(rendering *r, uint64_t start, const piece *p) {
    uint64_t skip;
    size_t n = wanted(r, start, p->n, &skip);
    if (n == 0)
        return OK;
    SCOPED_FD fd = -1;
    TRY(blobs_open_file(r->blobs, &p->blob, &fd));
    SCOPED_FREE char *block = mem_alloc(BLOB_BLOCK);
    blob_reader b = {.fd = fd, .p = p, .block = block, .number = UINT64_MAX};
    armor how = recipe_armor(p);
    if (p->kind == PIECE_BLOB)
        TRY(read_blob(&b, skip, r->to, n));
    else
        TRY(armor_print(&how, p->blob.size, skip, r->to, n, (armor_source){&b, read_blob}));
    advance(r, n);
    return OK;
}

/* ---- the whole ---- */

/* Sums up what the recipe says: all bytes, and those inline. */
static err measure(str pieces, uint64_t *all, uint64_t *text) {
    *all = *text = 0;
    while (pieces.n) {
        piece p;
        TRY(recipe_next(&pieces, &p));
        *all += p.n;
        *text += p.kind == PIECE_INLINE ? p.n : 0;
    }
    return OK;
}

static err render_recipe(rendering *r, uint64_t body_at) {
    str pieces;
    uint64_t all, text_all, start = body_at, text = 0;
    TRY(recipe_open(r->from->recipe, &pieces));
    TRY(measure(pieces, &all, &text_all));
    if (body_at + all != r->from->size)
        return corrupt("its recipe does not add up");
    while (pieces.n && r->at < r->end) {
        piece p;
        TRY(recipe_next(&pieces, &p));
        if (p.kind == PIECE_INLINE)
            TRY(render_inline(r, start, p.n, text, text_all));
        else
            TRY(render_blob(r, start, &p));
        start += p.n;
        text += p.kind == PIECE_INLINE ? p.n : 0;
    }
    return OK;
}

static err render_content(rendering *r) {
    size_t head = content_head(r->from->header_size);
    if (head > r->from->size)
        return corrupt("its sizes do not add up");
    TRY(render_head(r, head));
    if (!str_empty(r->from->recipe))
        return render_recipe(r, head);
    uint64_t body = r->from->size - head;
    return render_inline(r, head, body, 0, body);
}

err render_range(store_source *from, blobs *b, uint64_t offset, uint64_t n, arena *a, str *out) {
    uint64_t size = from->prefix.n + from->size;
    *out = S("");
    if (offset >= size)
        return OK;
    if (n > size - offset)
        n = size - offset;
    char *p = n <= SIZE_MAX ? arena_alloc(a, (size_t)n) : NULL;
    if (!p)
        return list_over();
    str prefix = str_sub(from->prefix, offset < from->prefix.n ? (size_t)offset : from->prefix.n, (size_t)n);
    if (prefix.n)
        memcpy(p, prefix.p, prefix.n);
    uint64_t at = offset > from->prefix.n ? offset - from->prefix.n : 0;
    rendering r = {.from = from, .blobs = b, .at = at, .end = at + (n - prefix.n), .to = p + prefix.n};
    buf_init(&r.scratch, CONTENT_CHUNK);
    err e = render_content(&r);
    buf_free(&r.scratch);
    TRY(e);
    if (r.at != r.end)
        return corrupt("it is shorter than it was");
    *out = str_of(p, (size_t)n);
    return OK;
}
