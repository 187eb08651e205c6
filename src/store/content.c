#include "store/content.h"

#include "base/limits.h"
#include "base/mem.h"
#include "mime/part.h"
#include "store/armor.h"
#include "store/crc.h"
#include "store/list.h"
#include "store/pack.h"
#include "store/recipe.h"

enum { TREE_MEMORY = 64 * 1024 * 1024 }; /* LIMIT_MIME_PARTS parts with their parameters need some 10 MB */

size_t content_head(uint32_t header_size) { return header_size < CONTENT_CHUNK ? header_size : CONTENT_CHUNK; }

/* ---- which parts become blobs ---- */

typedef struct splitting {
    str message;
    blobs *blobs;
    uint64_t least;
    arena *a;
    size_t at; /* everything before has its piece */
    buf recipe;
    buf text; /* the inline bytes, once there is a blob */
    blob_ref *refs;
    size_t refs_n;
} splitting;

/* Parts in the order of their bytes, without recursion. */
static const part *next_part(const part *p) {
    if (p->first)
        return p->first;
    while (p && !p->next)
        p = p->parent;
    return p ? p->next : NULL;
}

static bool is_attachment(const part *p) {
    return !str_caseeq(p->type, S("text")) || str_caseeq(p->disposition.value, S("attachment"));
}

static bool is_plain(str encoding) {
    return str_caseeq(encoding, S("7bit")) || str_caseeq(encoding, S("8bit")) || str_caseeq(encoding, S("binary"));
}

static str checksums(str bytes, arena *a) {
    char *p = arena_alloc(a, (size_t)recipe_blocks(bytes.n) * 4);
    size_t n = 0;
    for (size_t at = 0; p && at < bytes.n; at += BLOB_BLOCK) {
        uint32_t crc = store_crc32c(str_sub(bytes, at, BLOB_BLOCK));
        for (int i = 0; i < 4; i++)
            p[n++] = (char)(crc >> 8 * i & 0xFF);
    }
    return (str){p, n};
}

static err add_inline(splitting *s, size_t end) {
    if (end == s->at)
        return OK;
    piece text = {.kind = PIECE_INLINE, .n = end - s->at};
    recipe_add(&s->recipe, &text);
    buf_add(&s->text, str_sub(s->message, s->at, end - s->at));
    s->at = end;
    return s->recipe.over || s->text.over ? list_over() : OK;
}

static err add_ref(splitting *s, const blob_ref *ref) {
    for (size_t i = 0; i < s->refs_n; i++) {
        if (memcmp(s->refs[i].id.bytes, ref->id.bytes, BLOB_ID) == 0)
            return OK;
    }
    blob_ref *one = LIST_PUSH(s->a, &s->refs, &s->refs_n);
    if (!one)
        return list_over();
    *one = *ref;
    return OK;
}

/* p: kind, n and width are set; the part's first n bytes lie at `start`. */
static err add_blob(splitting *s, size_t start, piece *p, str bytes) {
    TRY(add_inline(s, start));
    TRY(blobs_put(s->blobs, bytes, &p->blob.id));
    p->blob.size = bytes.n;
    p->crcs = checksums(bytes, s->a);
    if (!p->crcs.p || !recipe_add(&s->recipe, p))
        return list_over();
    s->at += (size_t)p->n;
    return add_ref(s, &p->blob);
}

static err split_base64(splitting *s, const part *p, str body) {
    SCOPED_BUF bytes;
    buf_init(&bytes, body.n);
    armor how;
    size_t used;
    if (body.n / 4 * 3 < s->least || !armor_open(body, &bytes, &how, &used) || bytes.n < s->least)
        return OK;
    piece made = {.kind = how.lf ? PIECE_BASE64_LF : PIECE_BASE64_CRLF, .n = used, .width = how.width};
    return add_blob(s, p->body_at, &made, buf_str(&bytes));
}

static err split_part(splitting *s, const part *p) {
    str body = str_sub(s->message, p->body_at, p->body_size);
    if (p->multipart || p->message || p->body_at < s->at || body.n == 0)
        return OK;
    if (str_caseeq(p->encoding, S("base64")))
        return split_base64(s, p, body);
    piece whole = {.kind = PIECE_BLOB, .n = body.n};
    return body.n >= s->least && is_attachment(p) && is_plain(p->encoding) ? add_blob(s, p->body_at, &whole, body) : OK;
}

static err split_tree(splitting *s) {
    SCOPED_ARENA memory;
    arena_init(&memory, TREE_MEMORY);
    part_tree tree;
    if (failed(part_tree_parse(s->message, &memory, &tree)))
        return OK; /* one inline body, then */
    for (const part *p = tree.root; p; p = next_part(p))
        TRY(split_part(s, p));
    return s->refs_n ? add_inline(s, s->message.n) : OK;
}

/* ---- packing ---- */

static err pack_one(str plain, buf *scratch, arena *a, str *out) {
    buf_clear(scratch);
    if (!pack_add(scratch, plain))
        return list_over();
    *out = arena_str(a, buf_str(scratch));
    return out->p ? OK : list_over();
}

static err pack_chunks(str text, buf *scratch, arena *a, store_packed *to) {
    size_t n = text.n / CONTENT_CHUNK + (text.n % CONTENT_CHUNK != 0);
    str *chunks = arena_array(a, n, sizeof *chunks);
    if (!chunks)
        return list_over();
    for (size_t i = 0; i < n; i++)
        TRY(pack_one(str_sub(text, i * CONTENT_CHUNK, CONTENT_CHUNK), scratch, a, &chunks[i]));
    to->chunks = chunks;
    to->chunks_n = n;
    return OK;
}

static err pack_pieces(splitting *s, store_packed *to) {
    SCOPED_BUF scratch;
    buf_init(&scratch, CONTENT_CHUNK + PACK_OVERHEAD);
    size_t head = content_head(to->header_size);
    TRY(pack_one(str_sub(s->message, 0, head), &scratch, s->a, &to->head));
    TRY(pack_chunks(s->refs_n ? buf_str(&s->text) : str_skip(s->message, head), &scratch, s->a, to));
    to->recipe = s->refs_n ? arena_str(s->a, buf_str(&s->recipe)) : S("");
    return to->recipe.p ? OK : list_over();
}

static err make(content_pack *out, const store_content *from, blobs *b, uint64_t least) {
    splitting s = {
        .message = from->raw, .blobs = b, .least = least, .a = &out->memory, .at = content_head(from->header_size)};
    buf_init(&s.recipe, from->raw.n / 16 + 4096);
    buf_init(&s.text, from->raw.n);
    recipe_begin(&s.recipe);
    err e = OK;
    if (from->raw.n - s.at >= least)
        e = split_tree(&s);
    if (!failed(e))
        e = pack_pieces(&s, &out->packed);
    out->packed.blobs = s.refs;
    out->packed.blobs_n = s.refs_n;
    buf_free(&s.recipe);
    buf_free(&s.text);
    return e;
}

err content_make(content_pack *out, const store_content *from, blobs *b, uint64_t blob_least) {
    *out = (content_pack){.packed = {
                              .size = from->raw.n,
                              .header_size = from->header_size,
                              .envelope = from->envelope,
                              .structure = from->structure,
                          }};
    arena_init(&out->memory, from->raw.n + from->raw.n / 8 + 1024 * 1024);
    return make(out, from, b, blob_least ? blob_least : 1);
}

void content_free(content_pack *c) { arena_free(&c->memory); }

/* ---- what store.h offers to everybody ---- */

enum { ENVELOPE_MOST = 4 * LIMIT_HEADER_BYTES, STRUCTURE_MOST = 16 * 1024 * 1024 };

static err print_summary(str raw, buf *envelope, buf *structure) {
    SCOPED_ARENA memory;
    arena_init(&memory, TREE_MEMORY);
    part_tree tree;
    TRY(part_tree_parse(raw, &memory, &tree));
    if (!envelope_print(envelope, raw, &memory) || !structure_print(structure, &tree, tree.root, true))
        return err_make(ERR_PEER, ERR_LIMIT, "message header too large", "");
    return OK;
}

err store_content_of(str raw, arena *a, store_content *out) {
    SCOPED_BUF envelope, structure;
    buf_init(&envelope, ENVELOPE_MOST);
    buf_init(&structure, STRUCTURE_MOST);
    if (raw.n > INT32_MAX)
        return err_make(ERR_PEER, ERR_LIMIT, "message too large", "%zu bytes", raw.n);
    TRY(print_summary(raw, &envelope, &structure));
    *out = (store_content){
        .raw = raw,
        .envelope = arena_str(a, buf_str(&envelope)),
        .structure = arena_str(a, buf_str(&structure)),
        .header_size = (uint32_t)header_size(raw),
    };
    return out->envelope.p && out->structure.p ? OK : list_over();
}
