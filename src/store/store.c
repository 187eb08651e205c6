#include "store/store.h"

#include "base/mem.h"
#include "store/dir.h"
#include "store/inside.h"
#include "store/list.h"
#include "store/render.h"

static const store_backend *const backends[] = {&store_sqlite};

/* ---- what the backend asks of us ---- */

static bool blob_present(void *arg, const blob_id *id) { return blobs_present(((store *)arg)->blobs, id); }
static void blob_remove(void *arg, const blob_id *id) { blobs_remove(((store *)arg)->blobs, id); }

static void changed(void *arg, const store_touch *touched, size_t n, bool queue) {
    watches_fire(((store *)arg)->watches, touched, n, queue);
}

static void changed_all(void *arg) { watches_fire_all(((store *)arg)->watches); }

/* ---- opening ---- */

static const store_backend *find_backend(str kind) {
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        if (str_eq(kind, str_c(backends[i]->kind)))
            return backends[i];
    }
    return NULL;
}

static err open_parts(store *s, const store_config *c) {
    s->ops = find_backend(c->kind);
    if (!s->ops)
        return err_make(ERR_PERM, ERR_UNSUPPORTED, "no such kind of store", "kind %.*s", STR_ARG(c->kind));
    if (!c->read_only)
        TRY(dir_make(c->path));
    TRY(blobs_open(&s->blobs, c->blob_path, c->read_only));
    TRY(s->ops->open(&s->backend, c, &s->owner));
    return c->read_only ? OK : sweep_begin(&s->sweep, c->path, s->ops, s->backend, s->blobs);
}

err store_open(store **out, const store_config *c) {
    store *s = mem_alloc(sizeof *s);
    s->owner = (store_owner){s, blob_present, blob_remove, changed, changed_all};
    s->watches = watches_create();
    s->blob_least = c->blob_least;
    s->read_only = c->read_only;
    err e = open_parts(s, c);
    if (failed(e))
        store_close(s);
    else
        *out = s;
    return e;
}

void store_close(store *s) {
    if (!s)
        return;
    sweep_stop(s->sweep);
    if (s->backend)
        s->ops->close(s->backend);
    sweep_end(s->sweep);
    blobs_close(s->blobs);
    watches_free(s->watches);
    free(s);
}

err store_poke(store *s) { return s->ops->poke(s->backend); }

err store_check(store *s, const principal *who, arena *a, str **faults, size_t *n) {
    *n = 0;
    TRY(store_gate(who, CALL_CHECK));
    store_lines lines = {.a = a};
    TRY(s->ops->check(s->backend, &lines));
    *faults = lines.lines;
    *n = lines.n;
    return OK;
}

/* ---- watching ---- */

store_watch *store_watch_add(store *s, const principal *who, int64_t mailbox, void (*fn)(void *arg), void *arg) {
    return store_may(who, CALL_WATCH) ? watches_add(s->watches, who->account, mailbox, fn, arg) : NULL;
}

void queue_watch(store *s, void (*fn)(void *arg), void *arg) { watches_queue(s->watches, fn, arg); }

/* ---- packing ---- */

static err check_content(const store *s, const store_content *c) {
    if (s->read_only)
        return err_make(ERR_PERM, ERR_DENIED, "the store is open for reading only", "");
    if (c->raw.n == 0 || c->raw.n > INT32_MAX || c->header_size > c->raw.n)
        return err_make(ERR_PEER, ERR_LIMIT, "message empty or too large", "%zu bytes", c->raw.n);
    return OK;
}

err store_pack(store *s, const store_content *from, content_pack *out) {
    *out = (content_pack){0};
    TRY(check_content(s, from));
    err e = content_make(out, from, s->blobs, s->blob_least);
    if (failed(e))
        store_unpack(s, out, false);
    return e;
}

void store_unpack(store *s, content_pack *c, bool stored) {
    const store_packed *p = &c->packed;
    if (!stored && p->blobs_n && failed(s->ops->blob_forget(s->backend, p->blobs, p->blobs_n)))
        sweep_doubt(s->sweep);
    content_free(c);
}

/* ---- reading ---- */

err store_render(void *reading, store_source *from) {
    store_reading *r = reading;
    return render_range(from, r->s->blobs, r->offset, r->n, r->a, &r->out);
}

err store_lost(void) { return err_make(ERR_TEMP, ERR_CORRUPT, "local error", "an attachment's file is missing"); }
