#include "store/sqlite/content.h"

static str id_bytes(const blob_id *id) { return str_of((const char *)id->bytes, BLOB_ID); }

/* ---- blobs ---- */

/* A blob somebody owns is there. Any other may just be on its way out, or may have been swept before this change. */
static err blob_check(tx *t, const blob_ref *blob) {
    int64_t refs = 0;
    TRY(DB_FIRST(t->d, &refs, NULL, "SELECT refs FROM blob WHERE hash = ?1", B(id_bytes(&blob->id))));
    if (refs > 0 || t->owner->blob_present(t->owner->arg, &blob->id))
        return OK;
    return err_make(ERR_TEMP, ERR_CONFLICT, "busy, try again", "attachment swept before its first use");
}

err content_check(tx *t, const store_packed *packed) {
    for (size_t i = 0; i < packed->blobs_n; i++)
        TRY(blob_check(t, &packed->blobs[i]));
    return OK;
}

static err blob_own(db *d, int64_t content, const blob_ref *blob) {
    TRY(DB_RUN(
        d, "INSERT INTO blob (hash, size, refs) VALUES (?1, ?2, 1) ON CONFLICT (hash) DO UPDATE SET refs = refs + 1",
        B(id_bytes(&blob->id)), I((int64_t)blob->size)));
    return DB_RUN(d, "INSERT INTO content_blob (content, hash) VALUES (?1, ?2)", I(content), B(id_bytes(&blob->id)));
}

static err blobs_release(tx *t, int64_t content) {
    TRY(DB_RUN(t->d, "UPDATE blob SET refs = refs - 1 WHERE hash IN (SELECT hash FROM content_blob WHERE content = ?1)",
               I(content)));
    t->litter = true;
    return DB_RUN(t->d, "DELETE FROM content_blob WHERE content = ?1", I(content));
}

/* ---- content ---- */

static err add_chunks(db *d, int64_t id, const store_packed *p) {
    for (size_t i = 1; i < p->chunks_n; i++)
        TRY(DB_RUN(d, "INSERT INTO chunk (content, number, body) VALUES (?1, ?2, ?3)", I(id), I((int64_t)i),
                   B(p->chunks[i])));
    return OK;
}

err content_add(tx *t, const store_packed *p, size_t owners, int64_t *out) {
    TRY(DB_RUN(t->d,
               "INSERT INTO content (size, header_size, chunks, recipe, head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
               I((int64_t)p->size), I(p->header_size), I((int64_t)p->chunks_n), B(p->recipe), B(p->head),
               B(p->chunks_n ? p->chunks[0] : S(""))));
    int64_t id = db_last_id(t->d);
    TRY(add_chunks(t->d, id, p));
    TRY(DB_RUN(t->d, "INSERT INTO summary (content, envelope, structure) VALUES (?1, ?2, ?3)", I(id), B(p->envelope),
               B(p->structure)));
    for (size_t i = 0; i < p->blobs_n; i++)
        TRY(blob_own(t->d, id, &p->blobs[i]));
    if (owners > 1)
        TRY(DB_RUN(t->d, "INSERT INTO shared (content, refs) VALUES (?1, ?2)", I(id), I((int64_t)owners)));
    *out = id;
    return OK;
}

err content_share(db *d, int64_t id, size_t more) {
    return DB_RUN(
        d,
        "INSERT INTO shared (content, refs) VALUES (?1, 1 + ?2) ON CONFLICT (content) DO UPDATE SET refs = refs + ?2",
        I(id), I((int64_t)more));
}

static err content_free(tx *t, int64_t id) {
    int64_t chunks = 0, recipe = 0;
    {
        SCOPED_QUERY q = DB_QUERY(t->d, "SELECT chunks, length(recipe) FROM content WHERE id = ?1", I(id));
        if (query_row(&q)) {
            chunks = query_int(&q, 0);
            recipe = query_int(&q, 1);
        }
        TRY(query_end(&q));
    }
    if (chunks > 1)
        TRY(DB_RUN(t->d, "DELETE FROM chunk WHERE content = ?1", I(id)));
    if (recipe > 0)
        TRY(blobs_release(t, id));
    TRY(DB_RUN(t->d, "DELETE FROM summary WHERE content = ?1", I(id)));
    return DB_RUN(t->d, "DELETE FROM content WHERE id = ?1", I(id));
}

err content_release(tx *t, int64_t id) {
    int64_t refs = 1;
    TRY(DB_FIRST(t->d, &refs, NULL, "SELECT refs FROM shared WHERE content = ?1", I(id)));
    if (refs == 1)
        return content_free(t, id);
    if (refs == 2)
        return DB_RUN(t->d, "DELETE FROM shared WHERE content = ?1", I(id));
    return DB_RUN(t->d, "UPDATE shared SET refs = refs - 1 WHERE content = ?1", I(id));
}

/* ---- reading ---- */

typedef struct open_content {
    db *d;
    int64_t id;
    query q;
} open_content;

static err missing(int64_t id) {
    return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "content %lld is incomplete", (long long)id);
}

/* The one row of c->q, kept until the next piece is asked for: the cache has one statement of each kind. */
static err held(open_content *c, str *out) {
    if (query_row(&c->q)) {
        *out = query_str(&c->q, 0);
        return OK;
    }
    TRY(query_end(&c->q));
    return missing(c->id);
}

static err get_head(store_source *from, str *out) {
    open_content *c = from->inside;
    query_close(&c->q);
    c->q = DB_QUERY(c->d, "SELECT head FROM content WHERE id = ?1", I(c->id));
    return held(c, out);
}

static err get_chunk(store_source *from, uint32_t number, str *out) {
    open_content *c = from->inside;
    query_close(&c->q);
    if (number == 0)
        c->q = DB_QUERY(c->d, "SELECT body FROM content WHERE id = ?1", I(c->id));
    else
        c->q = DB_QUERY(c->d, "SELECT body FROM chunk WHERE content = ?1 AND number = ?2", I(c->id), I(number));
    return held(c, out);
}

err content_open(db *d, int64_t id, str prefix, store_source_fn fn, void *arg) {
    SCOPED_QUERY q = DB_QUERY(d, "SELECT size, header_size, recipe FROM content WHERE id = ?1", I(id));
    if (!query_row(&q)) {
        TRY(query_end(&q));
        return missing(id);
    }
    open_content c = {.d = d, .id = id};
    store_source source = {
        .size = (uint64_t)query_int(&q, 0),
        .header_size = (uint32_t)query_int(&q, 1),
        .prefix = prefix,
        .recipe = query_str(&q, 2),
        .inside = &c,
        .head = get_head,
        .chunk = get_chunk,
    };
    err e = fn(arg, &source);
    query_close(&c.q);
    return e;
}
